"""The service that builds the image: the run of exactly one commit, its jobs and their logs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class BuildStep:
    """One step of a build job; `conclusion` is None until it ended, times are ISO 8601 in whole seconds."""

    name: str
    status: str
    conclusion: str | None
    started_at: str | None = None
    ended_at: str | None = None


@dataclass(frozen=True, slots=True)
class BuildJob:
    """One job of a run attempt."""

    id: int
    name: str
    status: str
    conclusion: str | None
    steps: tuple[BuildStep, ...] = ()


@dataclass(frozen=True, slots=True)
class BuildRun:
    """One run of a workflow; a re-run keeps the id and raises the attempt. `path` is the workflow's file."""

    id: int
    number: int
    attempt: int
    status: str
    conclusion: str | None
    revision: str
    url: str
    created_at: str
    started_at: str | None = None
    updated_at: str | None = None
    path: str = ""

    @property
    def ended(self) -> bool:
        """Tell whether the attempt is over."""
        return self.status == "completed"


@dataclass(frozen=True, slots=True)
class JobLog:
    """A job's log. Without one, `missing` says why, and `may_come` is true where it may still arrive."""

    text: str
    missing: str = ""
    may_come: bool = False


class BuildService(Protocol):
    """Finds and watches the run that a push started."""

    def find_run(self, revision: str, branch: str, *, filtered: bool = True) -> BuildRun | None:
        """Return the newest push run of the workflow for exactly this commit, or None where none shows yet.

        `filtered=False` asks for the plain listing, which does not lag as the search index behind filters does.
        """
        ...

    def find_latest(self, branch: str | None) -> BuildRun | None:
        """Return the newest run of the workflow on that branch (None: on any), whatever started it; None without one.

        A service that knows no workflow's name answers for every workflow.
        """
        ...

    def fetch_run(self, run_id: int) -> BuildRun:
        """Return the run as it stands now, at its latest attempt."""
        ...

    def fetch_attempt(self, run_id: int, attempt: int) -> BuildRun:
        """Return one attempt of the run, as it stands now."""
        ...

    def fetch_jobs(self, run: BuildRun) -> tuple[BuildJob, ...]:
        """Return the jobs of that attempt."""
        ...

    def fetch_log(self, job_id: int) -> JobLog:
        """Return the job's log, or why the service has none."""
        ...

    def fetch_notes(self, job_id: int) -> tuple[str, ...]:
        """Return what the service itself says about the job, as lines of a log; none where it may not be asked."""
        ...

    def explain_absence(self) -> str | None:
        """Return why no run may ever come (the workflow is disabled or not there), or None."""
        ...
