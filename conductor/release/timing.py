"""How long the smoke jobs of a release took, and which of them were warm."""

from __future__ import annotations

import hashlib
import json
from statistics import median
from typing import Any

from conductor.config.settings import SmokeSettings
from conductor.domain.speed import Sample, is_seconds, read_gpu
from conductor.ports.jobs import JobState


def count_warm(smoke: SmokeSettings) -> int:
    """Return how many warm jobs are wanted."""
    if smoke.performance is not None and smoke.performance.warm_percent is not None:
        return smoke.performance.warm_jobs
    return 1 if smoke.max_warm_s is not None else 0


def is_warm(job: JobState, jobs: list[JobState]) -> bool | None:
    """Tell whether the worker had loaded what it needs: as its answer says, else where it did another of `jobs` before.

    None where neither tells: the first job that is sent here need not be the first that a worker does.
    """
    told = job.output.get("warm") if isinstance(job.output, dict) else None
    if isinstance(told, bool):
        return told
    before = [other.worker_id for other in jobs[: jobs.index(job)]]
    return True if before and (job.worker_id is None or job.worker_id in before) else None


def measure_job(job: JobState, jobs: list[JobState]) -> Sample | None:
    """Return the job's time as evidence keeps it, None where nobody tells it."""
    seconds = time_of(job)
    if seconds is None:
        return None
    clock = "answer" if job.executed_s is None else "queue"
    return Sample(seconds, is_warm(job, jobs), read_gpu(job.output) if isinstance(job.output, dict) else None, clock)


def time_of(job: JobState) -> float | None:
    """Return how many seconds the job ran: as the queue says, else as its answer says."""
    if job.executed_s is not None:
        return job.executed_s
    told = job.output.get("seconds") if isinstance(job.output, dict) else None
    return float(str(told)) if is_seconds(told) else None


def hash_job(body: dict[str, Any]) -> str:
    """Return the sha256 (64 hex digits) of a job: times of another job say nothing about this one."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def describe_warm(warm: list[float], wanted: int) -> str:
    """Return what the smoke line says about warm jobs, empty where none was wanted."""
    if not wanted:
        return ""
    of = f" (median of {len(warm)})" if len(warm) > 1 else ""
    return f", {median(warm):.2g} s warm{of}" if warm else ", no job was warm"
