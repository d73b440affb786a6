"""Jobs: work given to a target's workers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

# A job in one of these states changes no more; every other word, known or not, is a state it passes through.
FINAL_STATUSES = frozenset({"COMPLETED", "FAILED", "TIMED_OUT", "CANCELLED"})


@dataclass(frozen=True, slots=True)
class JobState:
    """A job as the queue tells it; times in seconds, None where it does not tell.

    `error` is one line, `details` all lines that the failed job left, its traceback too.
    """

    id: str
    status: str
    output: Any = None
    error: str | None = None
    waited_s: float | None = None
    executed_s: float | None = None
    worker_id: str | None = None
    details: str = ""

    @property
    def ended(self) -> bool:
        """Tell whether the job changes no more."""
        return self.status in FINAL_STATUSES


class JobQueue(Protocol):
    """Takes jobs and tells about them."""

    def submit(self, body: dict[str, Any]) -> str:
        """Queue the job (`{"input": …}`) and return its id."""
        ...

    def fetch(self, job_id: str) -> JobState | None:
        """Return the job's state, or None where the queue knows it no more; raises OutsideRefused if it can't tell."""
        ...

    def cancel(self, job_id: str) -> None:
        """Take the job back, where it has not ended."""
        ...
