"""Runs of GitHub Actions as they change over time: late, queued, in progress, completed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from conductor.rehearsal.github_shapes import run_surroundings
from conductor.rehearsal.workflow import Workflow


@dataclass(frozen=True, slots=True)
class Timing:
    """How long things take, in seconds: a run appears late, and filtered lists know it later still."""

    appears_s: float = 0.25
    filtered_stale_s: float = 0.35
    queued_s: float = 0.2
    step_s: float = 0.08


@dataclass(frozen=True, slots=True)
class Shape:
    """What runs are like.

    `siblings` are other jobs of a matrix, listed before the one that builds and cancelled where it fails. With
    `needs_approval`, an attempt waits for a reviewer until `approve()`.
    """

    siblings: tuple[str, ...] = ()
    needs_approval: bool = False


@dataclass(slots=True)
class Step:
    """One step of a job."""

    name: str
    number: int
    status: str = "queued"
    conclusion: str | None = None
    started_at: str | None = None
    completed_at: str | None = None


@dataclass(slots=True)
class Sibling:
    """Another job of the matrix: it runs while the attempt does, and is cancelled with it."""

    job_id: int
    name: str

    @property
    def log(self) -> list[str]:
        """Return what its log says: nothing of the cause."""
        return [f"{stamp()} ##[group]Set up job", f"{stamp()} ##[error]The operation was canceled."]


@dataclass(slots=True)
class Attempt:
    """One attempt of a run, with the job that builds and its siblings."""

    number: int
    job_id: int
    steps: list[Step]
    status: str = "queued"
    conclusion: str | None = None
    started_at: str | None = None
    completed_at: str | None = None
    log: list[str] = field(default_factory=list)
    siblings: list[Sibling] = field(default_factory=list)


@dataclass(slots=True)
class Run:
    """One run of one workflow for one commit."""

    id: int
    run_number: int
    workflow: Workflow
    branch: str
    revision: str
    title: str
    event: str
    created_at: str
    appeared: float
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def latest(self) -> Attempt:
        """Return the attempt that counts."""
        return self.attempts[-1]


class Build(Protocol):
    """What a run's build step does: returns whether it succeeded, writing its log as it goes."""

    def __call__(self, revision: str, branch: str, log: Callable[[str], None]) -> bool:
        """Build the revision."""
        ...


def instant() -> str:
    """Return now, as GitHub and RunPod write it: UTC with seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stamp() -> str:
    """Return now, as a line of a job's log begins."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


class ActionsState:
    """The runs of one repository; each attempt is carried out by a thread, one after the other."""

    def __init__(self, build: Build, timing: Timing, shape: Shape | None = None) -> None:
        self.runs: list[Run] = []
        self.timing = timing
        self.shape = shape or Shape()
        self._approved = threading.Event()
        self.changed = threading.Condition()
        self._build = build
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []
        self._next_id = 17_000_000_017

    def push(self, workflow: Workflow, branch: str, revision: str, title: str) -> None:
        """Start a run for the pushed revision; it appears after a while."""

        def begin() -> None:
            if self._closing.wait(self.timing.appears_s):
                return
            run = self._create(workflow, branch, revision, title, "push")
            self.carry_out(run, run.latest)

        self._begin(begin)

    def rerun(self, run: Run) -> None:
        """Start the next attempt of a completed run."""
        with self.changed:
            run.attempts.append(self._attempt(run.workflow, len(run.attempts) + 1))
        self._begin(lambda: self.carry_out(run, run.latest))

    def cancel(self, run: Run) -> None:
        """End the run's latest attempt as cancelled."""
        with self.changed:
            self._complete(run.latest, "cancelled")

    def approve(self) -> None:
        """Let what waits for a reviewer go on, now and from now on."""
        self._approved.set()

    def find(self, run_id: str) -> Run | None:
        """Return the run with that id."""
        with self.changed:
            return next((run for run in self.runs if str(run.id) == run_id), None)

    def close(self) -> None:
        """Let every run end where it stands."""
        self._closing.set()
        self._approved.set()
        for thread in self._threads:
            thread.join(timeout=10)

    def _begin(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _create(self, workflow: Workflow, branch: str, revision: str, title: str, event: str) -> Run:
        with self.changed:
            number = 17 + len(self.runs)
            run = Run(self._new_id(), number, workflow, branch, revision, title, event, instant(), time.monotonic())
            run.attempts.append(self._attempt(workflow, 1))
            self.runs.append(run)
            self.changed.notify_all()
            return run

    def _attempt(self, workflow: Workflow, number: int) -> Attempt:
        names = ("Set up job", *workflow.steps, "Complete job")
        steps = [Step(name, index) for index, name in enumerate(names, start=1)]
        siblings = [Sibling(self._new_id(), name) for name in self.shape.siblings]
        return Attempt(number, self._new_id(), steps, siblings=siblings)

    def _new_id(self) -> int:
        self._next_id += 1
        return self._next_id

    def carry_out(self, run: Run, attempt: Attempt) -> None:
        """Take the steps one after the other; what else can do that stands in a class of its own."""
        if self._closing.wait(self.timing.queued_s):
            return
        if self.shape.needs_approval:
            attempt.status = "waiting"
            self._approved.wait()
            if self._closing.is_set():
                return
        with self.changed:
            if attempt.status == "completed":
                return
            attempt.status, attempt.started_at = "in_progress", instant()
        failed = False
        for step in attempt.steps:
            if attempt.status == "completed" or self._closing.is_set():
                return
            if failed and step.name != "Complete job":
                step.status, step.conclusion = "completed", "skipped"
                continue
            failed = not self._take(run, attempt, step) or failed
        with self.changed:
            self._complete(attempt, "failure" if failed else "success")

    def _take(self, run: Run, attempt: Attempt, step: Step) -> bool:
        def log(line: str) -> None:
            attempt.log.extend(f"{stamp()} {part}" for part in line.split("\n"))

        step.status, step.started_at = "in_progress", instant()
        log(f"##[group]{step.name}")
        passed = True
        if step.name == run.workflow.build_step:
            try:
                passed = self._build(run.revision, run.branch, log)
            except Exception as error:  # noqa: BLE001 - a build that breaks is a failed step, with its reason in the log
                log(f"##[error]{type(error).__name__}: {error}")
                passed = False
        else:
            self._closing.wait(self.timing.step_s)
        log("##[endgroup]")
        step.status, step.completed_at = "completed", instant()
        step.conclusion = "success" if passed else "failure"
        return passed

    def _complete(self, attempt: Attempt, conclusion: str) -> None:
        if attempt.status != "completed":
            attempt.status, attempt.conclusion, attempt.completed_at = "completed", conclusion, instant()
            self.changed.notify_all()


def run_as_json(run: Run, attempt: Attempt, repository: str, base_url: str) -> dict[str, Any]:
    """Return the run's public form, with the fields of `workflow-run` that clients read."""
    here = f"{base_url}/repos/{repository}/actions/runs/{run.id}"
    return {
        "id": run.id,
        "name": run.workflow.name,
        "node_id": f"WFR_{run.id}",
        "head_branch": run.branch,
        "head_sha": run.revision,
        "path": run.workflow.path,
        "display_title": run.title,
        "run_number": run.run_number,
        "run_attempt": attempt.number,
        "event": run.event,
        "status": attempt.status,
        "conclusion": attempt.conclusion,
        "workflow_id": workflow_id(run.workflow),
        "url": here,
        "html_url": f"{base_url}/{repository}/actions/runs/{run.id}",
        "created_at": run.created_at,
        "updated_at": attempt.completed_at or attempt.started_at or run.created_at,
        "run_started_at": attempt.started_at or run.created_at,
        "workflow_url": f"{base_url}/repos/{repository}/actions/workflows/{workflow_id(run.workflow)}",
        **run_surroundings(here, repository, base_url, run.revision, run.title, run.created_at),
    }


def job_as_json(run: Run, attempt: Attempt, repository: str, base_url: str) -> dict[str, Any]:
    """Return the attempt's job that builds, with its steps."""
    return {
        "id": attempt.job_id,
        "run_id": run.id,
        "run_attempt": attempt.number,
        "head_sha": run.revision,
        "head_branch": run.branch,
        "name": run.workflow.job,
        "workflow_name": run.workflow.name,
        "status": attempt.status,
        "conclusion": attempt.conclusion,
        "created_at": run.created_at,
        "started_at": attempt.started_at or run.created_at,
        "completed_at": attempt.completed_at,
        "url": f"{base_url}/repos/{repository}/actions/jobs/{attempt.job_id}",
        "html_url": f"{base_url}/{repository}/actions/runs/{run.id}/job/{attempt.job_id}",
        "run_url": f"{base_url}/repos/{repository}/actions/runs/{run.id}",
        "node_id": f"CR_{attempt.job_id}",
        "check_run_url": f"{base_url}/repos/{repository}/check-runs/{attempt.job_id}",
        "labels": ["ubuntu-latest"],
        "runner_id": 1,
        "runner_name": "stand-in",
        "runner_group_id": 1,
        "runner_group_name": "stand-ins",
        "steps": [
            {
                "name": step.name,
                "number": step.number,
                "status": step.status,
                "conclusion": step.conclusion,
                "started_at": step.started_at,
                "completed_at": step.completed_at,
            }
            for step in attempt.steps
        ],
    }


def sibling_as_json(run: Run, attempt: Attempt, sibling: Sibling, repository: str, base_url: str) -> dict[str, Any]:
    """Return another job of the attempt's matrix; of its steps nothing but the first has begun."""
    ended = attempt.status == "completed"
    conclusion = ("success" if attempt.conclusion == "success" else "cancelled") if ended else None
    step = {"name": "Set up job", "number": 1, "status": attempt.status, "conclusion": conclusion,
            "started_at": attempt.started_at, "completed_at": attempt.completed_at}  # fmt: skip
    own = {"id": sibling.job_id, "name": sibling.name, "conclusion": conclusion, "steps": [step]}
    addresses = job_as_json(run, attempt, repository, base_url)
    for name in ("url", "html_url", "check_run_url"):
        own[name] = addresses[name].replace(str(attempt.job_id), str(sibling.job_id))
    return {**addresses, **own}


def workflow_id(workflow: Workflow) -> int:
    """Return a number that stays the same for the same path."""
    import zlib

    return zlib.crc32(workflow.path.encode())
