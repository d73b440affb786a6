"""Enlarge with swscale's Lanczos filter: a real upscale without a GPU, for rehearsals, tests and the smoke job."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from worker.backends import Task
from worker.picture import Shaper
from worker.video import iterate_frames

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

PROGRESS_FRAMES = 100


class Lanczos:
    """The backend `cpu`."""

    def gpu(self) -> str | None:
        """Return None: this backend uses no GPU."""
        return None

    def warm(self) -> bool:
        """Return True: there is nothing to load."""
        return True

    def report(self) -> dict[str, Any] | None:
        """Return None: nothing ran on a GPU."""
        return None

    def upscale(self, task: Task) -> Iterator[VideoFrame]:
        """Yield each of the source's frames at the target's size, as the result is encoded."""
        shaper = Shaper(task.target, task.source.result)
        for index, frame in enumerate(iterate_frames(task.source)):
            if index % PROGRESS_FRAMES == 0:
                task.stop_if_cancelled()
                task.progress(min(index, PROGRESS_FRAMES))
            yield shaper.shape(frame)
