"""One job on the engine: chunk after chunk, with the settings that fit, and with smaller ones where they did not.

SeedVR2 works on RGB, here with as many bits as the result has, and keeps the ratio of a picture; where the target's is
another one, the result is brought to the exact size with Lanczos. Times are the source's.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from worker.backends.seedvr2.chunks import Chunk, Seam, cut
from worker.backends.seedvr2.process import EngineLost, Facts, Lease, OutOfMemory
from worker.backends.seedvr2.settings import (
    Memory,
    Settings,
    choose,
    even_batch,
    free_host_gib,
    least_seconds,
    limit_seconds,
    shrink,
)
from worker.contract import JobError, Size
from worker.picture import Shaper, as_rgb
from worker.video import count_frames, iterate_frames

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

    from worker.backends import Task
    from worker.backends.seedvr2.chunks import Pictures

SLACK = 1.1  # a forecast that is over the endpoint's limit by less than a tenth is no reason to give up


@dataclass(slots=True)
class Report:
    """What a job's answer says of its run: memory in GiB, counts in frames, `gpu_seconds` without loading."""

    model: str
    gpu: str | None = None
    attention: str = ""
    batch_frames: int = 0
    overlap_frames: int = 0
    chunk_frames: int = 0
    tiled: bool = False
    resident: bool = False
    chunks: int = 0
    retries: int = 0
    warm: bool = False
    free_vram_gib: float | None = None
    peak_vram_gib: float | None = None
    peak_host_gib: float | None = None
    gpu_seconds: float = 0.0


class Run:
    """Takes one video through a lent engine; `report` is filled as it goes."""

    def __init__(self, task: Task, work: Size, lease: Lease, models: Path, dit: str, report: Report) -> None:
        self._task = task
        self._work = work
        self._lease = lease
        self._models = models
        self._dit = dit
        self._report = report
        source = task.source
        self._rgb = as_rgb(source.look, source.result.bits)
        self._to_rgb, self._to_result = Shaper(source.size, self._rgb), Shaper(task.target, source.result)
        self._times: deque[tuple[int | None, int | None, Fraction | None]] = deque()
        self._settings = self._choose(load(lease))

    def frames(self) -> Iterator[VideoFrame]:
        """Yield the enlarged frames in order; raises JobError."""
        settings = self._settings
        seam, forecast = Seam(settings.overlap), Forecast(self._task, self._work)
        for chunk in cut(self._source(), settings.chunk, settings.batch, settings.overlap):
            self._task.stop_if_cancelled()
            forecast.check()
            made = self._enlarge(chunk)
            self._report.chunks += 1
            forecast.note(len(chunk.frames) - chunk.context)
            for picture in seam.add(made, chunk.context, chunk.overlap):
                yield self._finish(picture)
            self._task.progress(len(chunk.frames) - chunk.context)
        for picture in seam.finish():
            yield self._finish(picture)

    def _choose(self, facts: Facts) -> Settings:
        self._report.gpu, self._report.attention = facts.gpu, facts.attention
        self._report.free_vram_gib = facts.free_gib
        gpu = float("inf") if facts.free_gib is None else facts.free_gib
        settings = choose(self._work, self._report.model, Memory(gpu, free_host_gib()))
        self._note_settings(settings)
        return settings

    def _source(self) -> Iterator[VideoFrame]:
        for frame in iterate_frames(self._task.source):
            self._times.append((frame.pts, frame.duration, frame.time_base))
            yield frame

    def _enlarge(self, chunk: Chunk[VideoFrame]) -> Pictures:
        """Return the chunk's pictures; a job has one more try, with smaller settings where the GPU's memory ran out."""
        while True:
            smaller: Settings | None
            try:
                return self._ask(chunk)
            except OutOfMemory as error:
                fault, smaller = self._out_of_memory(error), shrink(self._settings)
            except EngineLost as error:
                fault, smaller = JobError("backend_failed", f"SeedVR2 was lost: {error}"), self._settings
            if self._report.retries or smaller is None:
                raise fault
            self._report.retries += 1
            self._settings = smaller
            self._note_settings(smaller)

    def _ask(self, chunk: Chunk[VideoFrame]) -> Pictures:
        import numpy as np

        given = np.stack([self._to_rgb.shape(frame).to_ndarray() for frame in chunk.frames])
        head = {
            "bits": given.itemsize * 8,
            "shape": list(given.shape),
            "resident": self._settings.resident,
            "options": self._options(len(given)),
        }
        answer, pixels = self._lease.enlarge(head, given.tobytes(), limit_seconds(len(given), self._work))
        made = np.frombuffer(pixels, dtype=given.dtype).reshape(answer["shape"])
        if len(made) != len(given):
            raise JobError("backend_failed", f"SeedVR2 made {len(made)} frames of {len(given)}")
        report = self._report
        report.gpu_seconds = round(report.gpu_seconds + answer["seconds"], 3)
        report.peak_vram_gib = _greater(report.peak_vram_gib, answer["peak_gib"])
        report.peak_host_gib = _greater(report.peak_host_gib, answer["host_gib"])
        return made

    def _options(self, frames: int) -> dict[str, Any]:
        settings = self._settings
        batch = even_batch(frames, settings.batch, settings.overlap)
        return {
            "model_dir": str(self._models),
            "dit_model": self._dit,
            "resolution": min(self._work.width, self._work.height),
            "batch_size": batch,
            "temporal_overlap": settings.overlap if frames > batch else 0,
            "uniform_batch_size": True,  # a last batch of a few frames looks different from the others
            "seed": self._task.seed,
            "color_correction": "lab",
            "attention_mode": self._report.attention,
            "vae_encode_tiled": settings.tiled,
            "vae_decode_tiled": settings.tiled,
            "cache_dit": True,
            "cache_vae": True,
        }

    def _note_settings(self, settings: Settings) -> None:
        report = self._report
        report.batch_frames, report.overlap_frames = settings.batch, settings.overlap
        report.chunk_frames, report.tiled, report.resident = settings.chunk, settings.tiled, settings.resident

    def _out_of_memory(self, error: OutOfMemory) -> JobError:
        free = "an unknown amount" if error.free_gib is None else f"{error.free_gib:.1f} GiB"
        tried = f"{self._work} in batches of {self._settings.batch}{' with tiles' if self._settings.tiled else ''}"
        return JobError(
            "gpu_out_of_memory",
            f"{error.asked or 'more'} asked for and {free} free, at {tried}, "
            f"{'after a try with more' if self._report.retries else 'and nothing smaller is left'}; "
            "ask for a smaller target or take a larger GPU",
        )

    def _finish(self, picture: Pictures) -> VideoFrame:
        from av.video.frame import VideoFrame

        frame = VideoFrame.from_ndarray(picture, self._rgb.format)
        frame.color_primaries, frame.color_trc = self._rgb.primaries, self._rgb.transfer
        pts, duration, time_base = self._times.popleft()
        frame.pts, frame.duration = pts, duration or 0
        if time_base is not None:
            frame.time_base = time_base
        return self._to_result.shape(frame)


def load(lease: Lease) -> Facts:
    """Return what the engine says of itself, started where none runs; raises JobError, also where it has no GPU."""
    try:
        facts = lease.facts()
    except EngineLost as error:
        raise JobError("backend_failed", f"SeedVR2 can't be loaded: {error}") from error
    if facts.gpu is None and os.environ.get("CONDUCTOR_ENGINE_CPU") != "1":
        raise JobError("gpu_missing", "torch sees no CUDA GPU on this machine; use the backend `cpu` here")
    return facts


class Forecast:
    """Compares the time that a job will take with what its endpoint leaves, before the start and after each chunk."""

    def __init__(self, task: Task, work: Size) -> None:
        self._limit = task.limit_s
        self._left = count_frames(task.source.path) if task.limit_s is not None else 0
        self._pace, self._whose = least_seconds(1, work), "on the fastest GPU measured"  # seconds a frame
        self._started = time.monotonic()
        self._last: float | None = None

    def check(self) -> None:
        """Raise JobError where what is left to do takes longer than the endpoint allows."""
        if self._limit is None:
            return
        expected = time.monotonic() - self._started + self._pace * self._left
        if expected > self._limit * SLACK:
            raise JobError(
                "too_long",
                f"it takes {expected:.0f} s {self._whose}, and the endpoint's executionTimeout leaves "
                f"{self._limit:.0f} s; send a shorter video, ask for a smaller target, or raise that limit",
            )

    def note(self, frames: int) -> None:
        """Take down that so many frames were finished; the first chunk's time, which holds the loading, is no pace."""
        now = time.monotonic()
        if self._last is not None:
            self._pace, self._whose = (now - self._last) / max(1, frames), "at the pace of this job"
        self._last, self._left = now, max(0, self._left - frames)


def _greater(first: float | None, second: float | None) -> float | None:
    known = [value for value in (first, second) if value is not None]
    return max(known, default=None)
