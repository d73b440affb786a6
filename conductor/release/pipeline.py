"""The release itself: a list of steps, run in order, with a ledger that makes it resumable after any stop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from conductor.config.settings import PerformanceSettings
from conductor.diagnosis.report import describe_finding
from conductor.domain.finding import Finding
from conductor.domain.release import ReleaseOutcome
from conductor.domain.text import one_line
from conductor.errors import ConductorError, ExitCode, OutsideRefused
from conductor.release.context import FindingsStop, Release, StepFailed, cause_of
from conductor.release.diagnosed import remember
from conductor.release.journal_entry import entry_lines, entry_title
from conductor.release.lock import give_remote_lock_back, has_taken, take_remote_lock
from conductor.release.plan import Plan
from conductor.release.rollback import changed_targets, restore_targets
from conductor.release.steps import Step
from conductor.release.steps.build import Build
from conductor.release.steps.deploy import Deploy, show_image
from conductor.release.steps.image import Image
from conductor.release.steps.performance import Performance
from conductor.release.steps.preflight import Preflight
from conductor.release.steps.push import Push
from conductor.release.steps.record import Record
from conductor.release.steps.recorded import keep_evidence
from conductor.release.steps.rollout import Rollout
from conductor.release.steps.rules_gate import RulesGate
from conductor.release.steps.smoke import Smoke

# What a task is told of a failure, at most: two causes with their remedies.
_MOST_TOLD = 1200


@dataclass(frozen=True, slots=True)
class ReleaseResult:
    """How a release ended; `live` says what each target serves, None where that is unknown."""

    id: str
    outcome: ReleaseOutcome
    exit_code: int
    cause: str | None = None
    message: str = ""
    hint: str = ""
    findings: tuple[Finding, ...] = ()
    live: dict[str, str | None] | None = None
    task: str | None = None
    task_status: str | None = None
    journal: str | None = None


def list_steps(plan: Plan) -> list[Step]:
    """Return the steps of a release, in order."""
    return [
        RulesGate(),
        Preflight(),
        Push(),
        Build(),
        Image(),
        *(step for target in plan.targets for step in list_target_steps(plan, target.name)),
        Record(),
    ]


def list_target_steps(plan: Plan, target: str) -> list[Step]:
    """Return what is done at one target, in order."""
    asked = plan.smoke.performance
    return [Deploy(target), Rollout(target), Smoke(target), *([Performance(target, asked)] if asked else [])]


def run_release(release: Release) -> ReleaseResult:
    """Run the steps and return how the release ended; a release interrupted in its failure goes on from there.

    KeyboardInterrupt passes through, after a line in the ledger: nothing is undone, and the release can be resumed.
    """
    try:
        interrupted = open_failure(release)
        if interrupted is not None:
            return finish_failure(release, interrupted)
        for step in list_steps(release.plan):
            started = release.world.clock.monotonic()
            try:
                run_step(release, step)
            except ConductorError as error:
                seconds = release.world.clock.monotonic() - started
                return finish_failure(release, note_failure(release, step, error, seconds))
        return finish(release, ReleaseOutcome.VERIFIED, ExitCode.OK, None)
    except KeyboardInterrupt:
        release.ledger.write("interrupted")
        raise


def run_step(release: Release, step: Step) -> None:
    """Run one step, unless the world shows it done, and keep its evidence."""
    started = release.world.clock.monotonic()
    release.observer.step_started(step.name)
    if step.locked and not release.holds_lock:
        take_remote_lock(release)
        release.holds_lock = True
    release.ledger.write("step", step=step.name, state="begun", **_target_of(step))
    evidence = step.done(release) or step.run(release)
    line = keep_evidence(release, evidence)
    seconds = release.world.clock.monotonic() - started
    summary = str(evidence.detail.get("summary", ""))
    release.ledger.write(
        "step",
        step=step.name,
        state="done",
        summary=summary,
        seconds=round(seconds, 3),
        evidence=line.reference if line else None,
        **_target_of(step),
    )
    release.observer.step_ended(step.name, summary, seconds)


def note_failure(release: Release, step: Step, error: ConductorError, seconds: float) -> dict[str, Any]:
    """Write down why the step failed, before anything is done about it, and return the ledger's line."""
    evidence = getattr(error, "evidence", None)
    line = keep_evidence(release, evidence) if evidence else None
    findings = remember(release, step.name, getattr(error, "findings", ()))
    summary = str(evidence.detail["summary"]) if evidence else error.message
    release.observer.step_failed(step.name, one_line(summary, 400), seconds, findings)
    release.findings = [*findings]
    return release.ledger.write(
        "failed",
        step=step.name,
        cause=cause_of(error),
        message=error.message,
        summary=summary,
        seconds=round(seconds, 3),
        hint=error.hint,
        outcome=str(getattr(error, "outcome", ReleaseOutcome.STOPPED)),
        keep=bool(getattr(error, "keep", False)),
        exit=int(error.exit_code),
        findings=[finding.as_json() for finding in findings],
        evidence=line.reference if line else None,
        before_push=isinstance(error, FindingsStop) or step.name in {"rules gate", "preflight"},
        **_target_of(step),
    )


def open_failure(release: Release) -> dict[str, Any] | None:
    """Return the failure whose consequences were interrupted, or None; a resume after the end starts afresh."""
    for line in reversed(release.ledger.lines):
        if line["event"] == "failed":
            return line
        if line["event"] == "ended" or (line["event"] == "resumed" and line.get("after") == "ended"):
            return None
    return None


def finish_failure(release: Release, failure: dict[str, Any]) -> ReleaseResult:
    """Put back what was changed, tell the records, and end the release."""
    outcome, code = ReleaseOutcome(failure["outcome"]), ExitCode(failure["exit"])
    error = StepFailed(failure["cause"], failure["message"], hint=failure["hint"])
    if changed_targets(release) and not failure["keep"]:
        release.observer.step_started("rollback")
        started = release.world.clock.monotonic()
        restorations = restore_targets(release)
        seconds = release.world.clock.monotonic() - started
        told = "; ".join(f"{item.target}: {item.what}" for item in restorations)
        if all(item.restored for item in restorations):
            code = ExitCode.STOPPED
            if any(item.changed for item in restorations):
                outcome = ReleaseOutcome.ROLLED_BACK
            release.observer.step_ended("rollback", told, seconds)
        else:
            outcome, code = ReleaseOutcome.ROLLBACK_FAILED, ExitCode.NOT_RESTORED
            release.observer.step_failed("rollback", told, seconds, ())
    elif changed_targets(release):
        code = ExitCode.NOT_RESTORED
    if not failure["before_push"]:
        write_failure(release, outcome, error, failure)
    return finish(release, outcome, code, failure)


def write_failure(release: Release, outcome: ReleaseOutcome, error: StepFailed, failure: dict[str, Any]) -> None:
    """Tell the task and the journal what happened; a record that can't be written must not hide the release's end."""
    records, task = release.world.records, release.plan.task
    found = [describe_finding(finding) for finding in failure["findings"]]
    try:
        status = None
        if task is not None:
            text = f"Release {release.id} {outcome} at {failure['step']}: {'; '.join(found) or error.message}"
            status = records.add_finding(task, one_line(text, _MOST_TOLD), failure["evidence"])
        title, lines = entry_title(release, outcome), entry_lines(release, outcome, error)
        heading = records.write_entry(f"{release.id} {outcome}", title, lines, task, "; ".join(found))
        release.ledger.write("result", action="records", task=task, task_status=status, journal=heading)
    except ConductorError as problem:
        release.ledger.write("result", action="records", problem=problem.message, hint=problem.hint)


def finish(release: Release, outcome: ReleaseOutcome, code: ExitCode, failure: dict[str, Any] | None) -> ReleaseResult:
    """Give the lock back, see what serves now, and write the last line."""
    problem = unlock(release)
    live = fetch_live(release)
    failure = failure or {}
    records = release.ledger.last("result", action="records") or {}
    release.ledger.write(
        "ended", outcome=str(outcome), cause=failure.get("cause"), live=live, exit=int(code), lock=problem
    )
    return ReleaseResult(
        release.id,
        outcome,
        int(code),
        failure.get("cause"),
        failure.get("message", ""),
        failure.get("hint", ""),
        tuple(release.findings),
        live,
        records.get("task"),
        records.get("task_status"),
        records.get("journal"),
    )


def unlock(release: Release) -> str | None:
    """Give the remote lock back; return what kept us from it, or None."""
    if not has_taken(release):
        return None
    try:
        give_remote_lock_back(release)
    except OutsideRefused as error:
        return error.message
    return None


def fetch_live(release: Release) -> dict[str, str | None]:
    """Return what each target says that it serves now; None where it does not answer."""
    live: dict[str, str | None] = {}
    if release.ledger.last("step", step="push") is None:
        return live
    for target in release.plan.targets:
        try:
            live[target.name] = show_image(release.world.targets[target.name].fetch_state().image)
        except OutsideRefused:
            live[target.name] = None
    return live


def describe_steps(plan: Plan) -> Sequence[str]:
    """Return the plan as lines for a person: what each step would do."""
    revision, build = plan.revision[:7], plan.build
    targets = ", ".join(target.name for target in plan.targets)
    return (
        f"rules gate   SSH remote {plan.remote}, clean tree, valid records",
        f"preflight    {build.dockerfile} and {build.context}/, and that {targets} may have workers",
        f"push         {revision} to {plan.remote} {plan.branch}",
        f"build        the run of {build.workflow} for {revision}",
        f"image        {build.image} tagged {revision}…, by digest, labelled with the revision, {build.platform}",
        f"deploy       {targets} := {build.image}@sha256:…",
        "rollout      every worker on the new release, none stale",
        f"smoke        {plan.smoke.input} as a job, its answer from revision {revision}"
        + (", its video as good as bicubic's" if plan.quality else ""),
        *([f"performance  {describe_performance(plan.smoke.performance)}"] if plan.smoke.performance else []),
        f"record       {plan.task or 'the task in progress, if there is one'}, JOURNAL.md, evidence",
    )


def describe_performance(asked: PerformanceSettings) -> str:
    """Return what a release is asked about its times."""
    kinds = {"warm": asked.warm_percent, "cold": asked.cold_percent}
    most = ", ".join(f"{name} jobs {percent:g} %" for name, percent in kinds.items() if percent is not None)
    return f"no slower than the last release on the same GPU by more than: {most}"


def _target_of(step: Step) -> dict[str, str]:
    target = getattr(step, "target", None)
    return {"target": target} if target else {}
