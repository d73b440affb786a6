"""The ways to enlarge a video, by the name that a job gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from worker.contract import Size
from worker.video import Source

if TYPE_CHECKING:
    from av.video.frame import VideoFrame


class Backend(Protocol):
    """Enlarge a video; made for each job, before anything of the job is fetched."""

    def gpu(self) -> str | None:
        """Return the GPU's name, or None where none is used."""

    def upscale(self, source: Source, target: Size, scratch: Path) -> Iterator[VideoFrame]:
        """Yield a frame of the target's size for each of the source's, in order and with its time; raises JobError."""


def _cpu() -> Backend:
    from worker.backends.cpu import Lanczos

    return Lanczos()


def _seedvr2() -> Backend:
    from worker.backends.seedvr2 import SeedVR2

    return SeedVR2.open()


BACKENDS: dict[str, Callable[[], Backend]] = {"cpu": _cpu, "seedvr2": _seedvr2}
