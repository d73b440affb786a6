"""Enlarge with SeedVR2 on a CUDA GPU: the program of ComfyUI-SeedVR2_VideoUpscaler v2.5.24 in /opt/seedvr2.

The program stays loaded in a child process between jobs (`process.py`, `engine.py`). A video goes to it in chunks that
the host's memory holds (`chunks.py`), each in batches that the GPU's memory holds (`settings.py`); `run.py` takes one
job through them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from worker.backends import Task, weights
from worker.backends.seedvr2 import process
from worker.backends.seedvr2.run import Report, Run, load
from worker.backends.seedvr2.settings import work_size
from worker.contract import MAX_PIXELS, JobError

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

PROGRAM = Path("/opt/seedvr2")


class SeedVR2:
    """The backend `seedvr2`; `open` checks what it needs before a job's video is fetched."""

    def __init__(self, program: Path, folder: Path, dit: str, model: str, *, warm: bool | None = None) -> None:
        self._program = program
        self._folder = folder
        self._dit = dit
        self._report = Report(model)
        self._warm = warm  # None where the program is not loaded yet

    @classmethod
    def open(cls, model: str) -> SeedVR2:
        """Load the program, then find the weights; raises JobError that names the first thing missing.

        In this order: without a GPU there is no use in fetching 7 GB.
        """
        program = Path(os.environ.get("CONDUCTOR_SEEDVR2") or PROGRAM)
        if not (program / "inference_cli.py").is_file():
            raise JobError("backend_failed", f"{program} is not in this image; use the backend `cpu` here")
        dit = weights.dit_of(model)
        with process.borrow(program, dit) as lease:
            warm = lease.warm
            load(lease)
        return cls(program, weights.locate(model).folder, dit, model, warm=warm)

    def gpu(self) -> str | None:
        """Return the GPU's name as CUDA gives it, once the program was loaded."""
        return self._report.gpu

    def warm(self) -> bool:
        """Say whether the program was loaded before this job."""
        return self._report.warm

    def report(self) -> dict[str, Any] | None:
        """Return what the answer says of the run; None before any frame was enlarged."""
        facts = asdict(self._report)
        del facts["gpu"]
        return facts if self._report.chunks else None

    def upscale(self, task: Task) -> Iterator[VideoFrame]:
        """Yield the enlarged frames with the source's times; raises JobError where the program fails."""
        work = work_size(task.source.size, task.target)
        if work.width * work.height > MAX_PIXELS:
            raise JobError("too_large", f"in the video's own ratio, the target {task.target} is {work}: too much")
        with process.borrow(self._program, self._dit) as lease:
            self._report.warm = lease.warm if self._warm is None else self._warm
            yield from Run(task, work, lease, self._folder, self._dit, self._report).frames()
