"""One job at a time, the next ones in a line of bounded length, their answers kept for a while."""

from __future__ import annotations

import secrets
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

KEEP_S = 1800  # as RunPod keeps an endpoint's results
KEEP_ANSWERS = 8  # each may hold 19 MB


Answer = Callable[[Any, Callable[[str], None], threading.Event], dict[str, Any]]


class LineFull(Exception):
    """As many jobs wait as may wait."""


class LineClosed(Exception):
    """No job is taken or ended any more: the process is being stopped."""


@dataclass(slots=True, eq=False)
class Job:
    """One job; `answer` stays None where the line closed before it was done."""

    data: Any
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    status: str = "IN_QUEUE"
    answer: dict[str, Any] | None = None
    ended_at: float = 0.0
    ended: threading.Event = field(default_factory=threading.Event)
    progress: str = ""
    cancelled: threading.Event = field(default_factory=threading.Event)

    def tell(self, text: str) -> None:
        """Note how far the job is."""
        self.progress = text

    def wait(self, seconds: float) -> dict[str, Any] | None:
        """Return the answer, or None where it is not there after so many seconds; raises LineClosed."""
        if not self.ended.wait(seconds):
            return None
        if self.answer is None:
            raise LineClosed
        return self.answer


class Line:
    """Gives jobs to `answer`, one after the other, in a thread of its own.

    `answer` is called with the job's data, with what notes its progress, and with what is set where it is cancelled.
    """

    def __init__(self, answer: Answer, places: int) -> None:
        self._answer = answer
        self._places = places
        self._waiting: deque[Job] = deque()
        self._running: Job | None = None
        self._jobs: dict[str, Job] = {}
        self._closed = False
        self._changed = threading.Condition()
        # A daemon: a job that outlives the time left to it must not keep the process.
        threading.Thread(target=self._work, name="jobs", daemon=True).start()

    def submit(self, data: Any) -> Job:
        """Put a job into the line; raises LineFull or LineClosed."""
        with self._changed:
            if self._closed:
                raise LineClosed
            self._forget_old()
            if len(self._waiting) >= self._places + (self._running is None):
                raise LineFull
            job = Job(data)
            self._jobs[job.id] = job
            self._waiting.append(job)
            self._changed.notify_all()
        return job

    def find(self, job_id: str) -> Job | None:
        """Return a job that waits, runs, or ended not long ago."""
        with self._changed:
            self._forget_old()
            return self._jobs.get(job_id)

    def cancel(self, job: Job) -> None:
        """End a job that waits; tell one that runs to end soon."""
        with self._changed:
            if job in self._waiting:
                self._waiting.remove(job)
                _end(job, {"error": "cancelled: the job was cancelled before it began", "code": "cancelled"})
            job.cancelled.set()

    def count(self) -> tuple[int, int]:
        """Return how many jobs run (0 or 1) and how many wait."""
        with self._changed:
            return int(self._running is not None), len(self._waiting)

    def close(self, seconds: float) -> bool:
        """Take no more jobs, end those that wait, and let the running one end within the time; tell whether it did."""
        with self._changed:
            self._closed = True
            while self._waiting:
                _end(self._waiting.popleft(), None)
            self._changed.notify_all()
            ended = self._changed.wait_for(lambda: self._running is None, seconds)
            if self._running is not None:
                self._running.cancelled.set()
                _end(self._running, None)
        return ended

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if self._closed:
                    return
                job = self._running = self._waiting.popleft()
                job.status = "IN_PROGRESS"
            answer = self._run(job)
            with self._changed:
                if not job.ended.is_set():
                    _end(job, answer)
                self._running = None
                self._changed.notify_all()

    def _run(self, job: Job) -> dict[str, Any]:
        try:
            return self._answer(job.data, job.tell, job.cancelled)
        except BaseException as error:  # noqa: BLE001 (a library that calls sys.exit must not end the line)
            traceback.print_exc()
            reason = f"internal: {type(error).__name__}; the worker's log has the rest"
            return {"error": reason, "code": "internal"}

    def _forget_old(self) -> None:
        ended = [job for job in self._jobs.values() if job.ended.is_set()]
        oldest = time.monotonic() - KEEP_S
        for job in ended[: max(0, len(ended) - KEEP_ANSWERS)] + [job for job in ended if job.ended_at < oldest]:
            self._jobs.pop(job.id, None)


def _end(job: Job, answer: dict[str, Any] | None) -> None:
    job.data, job.answer, job.status, job.ended_at = None, answer, "ENDED", time.monotonic()
    job.ended.set()
