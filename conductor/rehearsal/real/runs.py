"""Runs whose steps, log and timings are those of act: what GitHub's stand-in tells of them is what really happened."""

from __future__ import annotations

import re
from typing import Any

from conductor.rehearsal.actions import ActionsState, Attempt, Run, Step, Timing, instant, stamp
from conductor.rehearsal.builder import Log
from conductor.rehearsal.real.act import ActRun, Line, Machine
from conductor.rehearsal.registry_client import RegistryClient
from conductor.release.steps.image import candidate_tags

_EXIT = re.compile(r"exitcode '(\d+)'")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class RealBuilder:
    """Builds a revision as its workflow does; `digests` are those that the registry gives for what was pushed."""

    def __init__(self, machine: Machine, bare: Any, client: RegistryClient) -> None:
        self.digests: dict[str, str] = {}
        self._machine = machine
        self._bare = bare
        self._client = client

    def __call__(self, revision: str, branch: str, log: Log) -> bool:
        """Build the revision outside of any run."""
        act = self.begin(revision, branch)
        said = list(act.prepare())
        for line in act.lines():
            said += _words(line)
        for text in [*said, act.said]:
            log(text)
        return act.passed and self.note(revision)

    def begin(self, revision: str, branch: str) -> ActRun:
        """Return a run of the workflow that has not begun."""
        return ActRun(self._machine, self._bare, revision, branch)

    def note(self, revision: str) -> bool:
        """Ask the registry for the digest of the revision's image, and return whether it has one."""
        for tag in candidate_tags(revision):
            if digest := self._client.find_digest(tag):
                self.digests[revision] = digest
                return True
        return False


class RealActions(ActionsState):
    """The runs of one repository, each carried out by act.

    The job that builds is shown with its steps; what other jobs of the workflow do stands among its steps as
    `JOB / STEP`, where they fail.
    """

    def __init__(self, builder: RealBuilder, timing: Timing) -> None:
        super().__init__(builder, timing)
        self._builder = builder
        self._running: dict[int, ActRun] = {}

    def cancel(self, run: Run) -> None:
        """End the run's latest attempt as cancelled."""
        super().cancel(run)
        if (act := self._running.get(run.id)) is not None:
            act.stop()

    def close(self) -> None:
        """End every run where it stands."""
        self._closing.set()
        for act in list(self._running.values()):
            act.stop()
        super().close()

    def carry_out(self, run: Run, attempt: Attempt) -> None:
        """Let act do what the workflow says, and tell of each step as it begins and ends."""
        if self._closing.wait(self.timing.queued_s):
            return
        with self.changed:
            if attempt.status == "completed":
                return
            attempt.status, attempt.started_at = "in_progress", instant()
        act = self._running[run.id] = self._builder.begin(run.revision, run.branch)
        told = _Telling(run, attempt)
        try:
            for difference in act.prepare():
                told.log(f"rehearsal: {difference}")
            for line in act.lines():
                with self.changed:
                    told.take(line)
                    self.changed.notify_all()
            passed = act.passed
            self._builder.note(run.revision)
        except Exception as error:  # noqa: BLE001 - a run that breaks is a failed one, with its reason in the log
            told.log(f"##[error]{type(error).__name__}: {error}")
            passed = False
        if not passed and act.said:
            told.log(act.said)
        with self.changed:
            told.end()
            self._complete(attempt, "success" if passed else "failure")


class _Telling:
    """Turns act's lines into an attempt's steps and log."""

    def __init__(self, run: Run, attempt: Attempt) -> None:
        self._attempt = attempt
        self._job = run.workflow.job
        # Set up job, the workflow's own, Complete job.
        self._steps = dict(zip(run.workflow.step_keys, attempt.steps[1:-1], strict=True))

    def log(self, text: str) -> None:
        """Write lines to the job's log."""
        self._attempt.log.extend(f"{stamp()} {part}" for part in text.split("\n"))

    def take(self, line: Line) -> None:
        """Hear one line of act's."""
        step, ends = self._step_of(line), line.get("stepResult")
        if step is not None and step.status == "queued":
            step.status, step.started_at = "in_progress", instant()
            self.log(f"##[group]{step.name}")
        for text in _words(line):
            self.log(text)
        if step is not None and ends and len(_path(line)) == 1:
            step.status, step.conclusion, step.completed_at = "completed", str(ends), instant()
            self.log("##[endgroup]")

    def end(self) -> None:
        """Say of every step that act was silent about that it was skipped."""
        for step in self._attempt.steps:
            if step.status != "completed":
                step.conclusion = "cancelled" if step.status == "in_progress" else "skipped"
                step.status, step.completed_at = "completed", instant()
        last = self._attempt.steps[-1]
        last.conclusion = "success"

    def _step_of(self, line: Line) -> Step | None:
        path = _path(line)
        if not path:
            return None
        if line.get("jobID") != self._job:
            return self._foreign(line) if line.get("stepResult") == "failure" and len(path) == 1 else None
        if path[0] == "--setup-job":
            return self._attempt.steps[0]
        return self._steps.get(path[0]) if line.get("stage") == "Main" else None

    def _foreign(self, line: Line) -> Step:
        step = Step(f"{line.get('jobID')} / {line.get('step')}", len(self._attempt.steps))
        self._attempt.steps.insert(-1, step)
        self._attempt.steps[-1].number = len(self._attempt.steps)
        return step


def _path(line: Line) -> list[str]:
    path = line.get("stepID") or line.get("stepid") or []
    return [str(part) for part in path] if isinstance(path, list) else [str(path)]


def _words(line: Line) -> list[str]:
    """Return what a job's log on GitHub would have of a line: programs' words, annotations, exit codes."""
    text = _COLOURS.sub("", str(line.get("msg") or "")).rstrip("\n")
    if line.get("command") in {"error", "warning", "notice"}:
        return [f"##[{line['command']}]{line.get('arg') or text}"]
    if line.get("raw_output"):
        return text.split("\n")
    code = _EXIT.search(text) if line.get("level") == "error" else None
    if code:
        return [f"##[error]Process completed with exit code {code[1]}."]
    return [f"##[error]{text.strip()}"] if line.get("level") == "error" else []
