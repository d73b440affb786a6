"""The ways to enlarge a video, by the name that a job gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from worker.contract import JobError, Size
from worker.video import Source

if TYPE_CHECKING:
    from av.video.frame import VideoFrame


def _nothing(frames: int) -> None:
    """Report progress to nobody."""


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Task:
    """What to enlarge, and how the work reports and is stopped.

    `progress` is called with the number of frames that were finished since the last call, `cancelled` before each
    chunk of frames; `limit_s` is how many seconds the endpoint leaves for the whole job, None where that isn't known.
    """

    source: Source
    target: Size
    seed: int = 42
    progress: Callable[[int], None] = _nothing
    cancelled: Callable[[], bool] = _never
    limit_s: float | None = None

    def stop_if_cancelled(self) -> None:
        """Raise JobError where nobody waits for the job any more."""
        if self.cancelled():
            raise JobError("cancelled", "the job was cancelled, or the worker is told to end")


class Backend(Protocol):
    """Enlarge a video; made for each job, before anything of the job is fetched."""

    def gpu(self) -> str | None:
        """Return the GPU's name, or None where none is used."""

    def warm(self) -> bool:
        """Say whether everything was loaded already when the job began."""

    def report(self) -> dict[str, Any] | None:
        """Return what the answer says of the run on the GPU, or None."""

    def upscale(self, task: Task) -> Iterator[VideoFrame]:
        """Yield a frame of the target's size for each of the source's, in order and with its time; raises JobError."""


def _cpu(_model: str) -> Backend:
    from worker.backends.cpu import Lanczos

    return Lanczos()


def _seedvr2(model: str) -> Backend:
    from worker.backends.seedvr2 import SeedVR2

    return SeedVR2.open(model)


BACKENDS: dict[str, Callable[[str], Backend]] = {"cpu": _cpu, "seedvr2": _seedvr2}
