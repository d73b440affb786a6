"""Enlarge with swscale's Lanczos filter: a real upscale without a GPU, for rehearsals, tests and the smoke job."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from worker.contract import Size
from worker.picture import Shaper
from worker.video import Source, iterate_frames

if TYPE_CHECKING:
    from av.video.frame import VideoFrame


class Lanczos:
    """The backend `cpu`."""

    def gpu(self) -> str | None:
        """Return None: this backend uses no GPU."""
        return None

    def upscale(self, source: Source, target: Size, scratch: Path) -> Iterator[VideoFrame]:
        """Yield each of the source's frames at the target's size, as the result is encoded."""
        shaper = Shaper(target, source.result)
        for frame in iterate_frames(source):
            yield shaper.shape(frame)
