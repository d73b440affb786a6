"""The queue of one endpoint: jobs wait, one worker takes each, results are kept."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass
from typing import Any

ENDED = frozenset({"COMPLETED", "FAILED", "CANCELLED", "TIMED_OUT"})


@dataclass(slots=True)
class Job:
    """One job; times are monotonic seconds."""

    id: str
    input: dict[str, Any]
    submitted: float
    status: str = "IN_QUEUE"
    started: float | None = None
    ended: float | None = None
    output: Any = None
    error: str | None = None
    worker_id: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return what `/status` answers: times in milliseconds, keys only where they have a value."""
        answer: dict[str, Any] = {"id": self.id, "status": self.status}
        if self.started is not None:
            answer["delayTime"] = round((self.started - self.submitted) * 1000)
            answer["workerId"] = self.worker_id
        if self.started is not None and self.ended is not None:
            answer["executionTime"] = round((self.ended - self.started) * 1000)
        if self.output is not None:
            answer["output"] = self.output
        if self.error is not None:
            answer["error"] = self.error
        return answer


class JobQueue:
    """Jobs in the order they came; `changed` is held for every change and notified after it."""

    def __init__(self, changed: threading.Condition) -> None:
        self.changed = changed
        self.jobs: dict[str, Job] = {}

    def submit(self, job_input: dict[str, Any], suffix: str = "") -> Job:
        """Queue a job."""
        job = Job(f"{secrets.token_hex(8)}{suffix}", job_input, time.monotonic())
        with self.changed:
            self.jobs[job.id] = job
            self.changed.notify_all()
        return job

    def take(self, worker_id: str) -> Job | None:
        """Give the oldest waiting job to the worker, or None; the caller holds `changed`."""
        waiting = next((job for job in self.jobs.values() if job.status == "IN_QUEUE"), None)
        if waiting is not None:
            waiting.status, waiting.started, waiting.worker_id = "IN_PROGRESS", time.monotonic(), worker_id
        return waiting

    def is_waiting(self) -> bool:
        """Tell whether a job waits for a worker; the caller holds `changed`."""
        return any(job.status == "IN_QUEUE" for job in self.jobs.values())

    def finish(self, job: Job, answer: dict[str, Any]) -> None:
        """Store what the worker answered, unless the job was cancelled meanwhile."""
        with self.changed:
            if job.status == "IN_PROGRESS":
                job.status, job.ended = str(answer.get("status") or "FAILED"), time.monotonic()
                job.output, job.error = answer.get("output"), answer.get("error")
                self.changed.notify_all()

    def cancel(self, job: Job) -> None:
        """Cancel a job that has not ended."""
        with self.changed:
            if job.status not in ENDED:
                job.status, job.ended = "CANCELLED", time.monotonic()
                self.changed.notify_all()

    def purge(self) -> int:
        """Remove every waiting job and return how many there were."""
        with self.changed:
            waiting = [job.id for job in self.jobs.values() if job.status == "IN_QUEUE"]
            for job_id in waiting:
                del self.jobs[job_id]
        return len(waiting)

    def wait(self, job: Job, seconds: float) -> None:
        """Wait until the job has ended, at most that long."""
        with self.changed:
            self.changed.wait_for(lambda: job.status in ENDED, timeout=seconds)

    def counts(self) -> dict[str, int]:
        """Return `/health`'s numbers of jobs."""
        names = {"COMPLETED": "completed", "FAILED": "failed", "IN_PROGRESS": "inProgress", "IN_QUEUE": "inQueue"}
        counted = dict.fromkeys([*names.values(), "retried"], 0)
        for job in list(self.jobs.values()):
            if job.status in names:
                counted[names[job.status]] += 1
        return counted
