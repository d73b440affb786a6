"""How a release ends, whatever ended it: what failed, what is put back, what serves now, and what to do next."""

from __future__ import annotations

import contextlib
import traceback
from dataclasses import dataclass
from typing import Any

from conductor.config.places import refused
from conductor.diagnosis.report import describe_finding
from conductor.domain.finding import Finding
from conductor.domain.refusal import explain_refusal
from conductor.domain.release import ReleaseOutcome
from conductor.domain.secret import redact
from conductor.domain.text import one_line
from conductor.errors import ConductorError, ExitCode, ReleaseStopped
from conductor.release.context import FindingsStop, Release, StepFailed, cause_of
from conductor.release.diagnosed import remember
from conductor.release.journal_entry import entry_lines, entry_title
from conductor.release.lock import LOCK_REF, give_remote_lock_back, has_taken
from conductor.release.rollback import Restoration, changed_targets, restore_targets
from conductor.release.steps.deploy import show_image
from conductor.release.steps.recorded import keep_evidence

Live = dict[str, str | None]
# What a task is told of a failure, at most: two causes with their remedies.
_MOST_TOLD = 1200


@dataclass(frozen=True, slots=True)
class ReleaseResult:
    """How a release ended; `live` says what each target serves, None where that is unknown.

    `lock` says why the lock on the remote is still held, None where it is not.
    """

    id: str
    outcome: ReleaseOutcome
    exit_code: int
    cause: str | None = None
    message: str = ""
    hint: str = ""
    findings: tuple[Finding, ...] = ()
    live: Live | None = None
    task: str | None = None
    task_status: str | None = None
    journal: str | None = None
    lock: str | None = None


def as_problem(release: Release, error: Exception) -> ConductorError:
    """Return what ended a release as an error of the house: it ends the same way, whatever it was.

    What the machine refused (a full disk) says nothing about the image: that stays, and the release can be resumed. A
    bug does not let us prove anything: what served before is put back.
    """
    if isinstance(error, ConductorError):
        return error
    again = f"conductor release --resume {release.id}"
    if isinstance(error, OSError) and explain_refusal(error) is not None:
        told = refused(error, release.ledger.path)
        return StepFailed("MACHINE", told.message, hint=f"{told.hint}, then: {again}", keep=True)
    kept = ""
    with contextlib.suppress(OSError):
        place = release.ledger.logs / "bug.txt"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(redact("".join(traceback.format_exception(error))), encoding="utf-8")
        kept = f" with {place}"
    what = one_line(redact(str(error)), 200)
    return StepFailed(
        "BUG",
        f"a bug in Conductor, not in your project: {type(error).__name__}{f': {what}' if what else ''}",
        hint=f"report it{kept}; then: {again}",
    )


def note_failure(
    release: Release, step: str, target: str | None, error: ConductorError, seconds: float
) -> dict[str, Any]:
    """Write down why the step failed, before anything is done about it, and return the ledger's line."""
    release.ledger.closing = True
    evidence, problem = getattr(error, "evidence", None), None
    line = None
    if evidence:
        try:
            line = keep_evidence(release, evidence)
        except (ConductorError, OSError) as refusal:
            problem = str(refusal)
    findings = remember(release, step, getattr(error, "findings", ()))
    summary = str(evidence.detail["summary"]) if evidence else error.message
    release.observer.step_failed(step, one_line(summary, 400), seconds, findings)
    release.findings = [*findings]
    return release.ledger.write(
        "failed",
        step=step,
        cause=cause_of(error),
        message=error.message,
        summary=summary,
        seconds=round(seconds, 3),
        hint=error.hint,
        outcome=str(getattr(error, "outcome", ReleaseOutcome.STOPPED)),
        keep=is_kept(step, error),
        exit=int(error.exit_code),
        findings=[finding.as_json() for finding in findings],
        evidence=line.reference if line else None,
        before_push=isinstance(error, FindingsStop) or step in {"rules gate", "preflight"},
        **({"not_kept": problem} if problem else {}),
        **({"target": target} if target else {}),
    )


def is_kept(step: str, error: ConductorError) -> bool:
    """Tell whether what is deployed stays although the release stops: nothing was seen that speaks against it.

    A service that does not answer proves nothing, and would not take the old image either. When the records are
    written, the image has been proven.
    """
    return bool(getattr(error, "keep", False)) or not isinstance(error, ReleaseStopped) or step == "record"


def open_failure(release: Release) -> dict[str, Any] | None:
    """Return the failure whose consequences have not come to their end, or None.

    That is one that was interrupted, and one whose rollback could not be proven; else a resume starts afresh.
    """
    for line in reversed(release.ledger.lines):
        if line["event"] == "failed":
            return line
        if line["event"] == "ended" and line.get("outcome") != ReleaseOutcome.ROLLBACK_FAILED:
            return None
        if line["event"] == "resumed" and line.get("after") == "ended":
            return None
    return None


def finish_failure(release: Release, failure: dict[str, Any]) -> ReleaseResult:
    """Put back what was changed, tell the records, and end the release."""
    release.ledger.closing = True
    outcome, code = ReleaseOutcome(failure["outcome"]), ExitCode(failure["exit"])
    retriable = False
    if changed_targets(release) and not failure["keep"]:
        restorations = put_back(release)
        retriable = any(item.open for item in restorations)
        if all(item.restored for item in restorations):
            code = ExitCode.STOPPED
            if any(item.changed for item in restorations):
                outcome = ReleaseOutcome.ROLLED_BACK
        else:
            outcome, code = ReleaseOutcome.ROLLBACK_FAILED, ExitCode.NOT_RESTORED
            failure = {**failure, "hint": after_rollback(release, failure["hint"], retriable=retriable)}
    elif changed_targets(release):
        code = ExitCode.NOT_RESTORED
        resume = f"conductor release --resume {release.id}"
        told = failure["hint"] if resume in failure["hint"] else f"{failure['hint']}, then: {resume}"
        failure = {**failure, "hint": f"{told}; or go back: conductor rollback"}
    if not failure["before_push"]:
        write_failure(release, outcome, failure)
    return finish(release, outcome, code, failure, open_rollback=retriable)


def finish_pause(release: Release) -> ReleaseResult:
    """End a release that was to stop here; exit 8 where what it deployed is live and no job has proven it yet."""
    release.ledger.closing = True
    unproven = [
        line["target"]
        for line in changed_targets(release)
        if release.ledger.last("step", step="smoke", state="done", target=line["target"]) is None
    ]
    told = {
        "cause": "UNTIL",
        "message": f"it was to stop after {release.plan.until}",
        "hint": f"conductor release --resume {release.id} goes on"
        + ("; or go back: conductor rollback" if changed_targets(release) else ""),
    }
    code = ExitCode.NOT_RESTORED if unproven else ExitCode.OK
    return finish(release, ReleaseOutcome.STOPPED, code, told)


def put_back(release: Release) -> list[Restoration]:
    """Put every changed target back, and tell the watcher."""
    release.observer.step_started("rollback")
    started = release.world.clock.monotonic()
    restorations = restore_targets(release)
    seconds = release.world.clock.monotonic() - started
    told = "; ".join(f"{item.target}: {item.what}" for item in restorations)
    if all(item.restored for item in restorations):
        release.observer.step_ended("rollback", told, seconds)
    else:
        release.observer.step_failed("rollback", told, seconds, ())
    return restorations


def after_rollback(release: Release, hint: str, *, retriable: bool) -> str:
    """Return what to do after a rollback that could not be proven, and then about what went wrong first."""
    if not retriable:
        return hint
    return f"conductor release --resume {release.id} tries the rollback again, as the next release does; then {hint}"


def write_failure(release: Release, outcome: ReleaseOutcome, failure: dict[str, Any]) -> None:
    """Tell the task and the journal what happened; a record that can't be written must not hide the release's end."""
    records, task = release.world.records, release.plan.task
    error = StepFailed(failure["cause"], failure["message"], hint=failure["hint"])
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
    except OSError as problem:
        release.ledger.write("result", action="records", problem=str(problem), hint="")


def finish(
    release: Release,
    outcome: ReleaseOutcome,
    code: ExitCode,
    failure: dict[str, Any] | None,
    *,
    open_rollback: bool = False,
) -> ReleaseResult:
    """Give the lock back, see what serves now, and write the last line."""
    lock = unlock(release)
    live = fetch_live(release)
    failure = failure or {}
    if outcome is ReleaseOutcome.STOPPED and code is ExitCode.NOT_RESTORED and is_as_before(release, live):
        # The change never arrived, or was never made.
        code = ExitCode.STOPPED
    records = release.ledger.last("result", action="records") or {}
    release.ledger.write(
        "ended",
        outcome=str(outcome),
        cause=failure.get("cause"),
        live=live,
        exit=int(code),
        lock=lock,
        **({"open": open_rollback} if outcome is ReleaseOutcome.ROLLBACK_FAILED else {}),
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
        lock,
    )


def last_words(release: Release, error: Exception) -> ReleaseResult:
    """End a release whose end itself went wrong: say what serves now and how to go on, with what is left."""
    release.ledger.closing = True
    problem = as_problem(release, error)
    changed = changed_targets(release)
    code = ExitCode.NOT_RESTORED if changed else ExitCode.STOPPED
    failure = {"cause": cause_of(problem), "message": problem.message, "hint": problem.hint}
    return finish(release, ReleaseOutcome.STOPPED, code, failure)


def unlock(release: Release) -> str | None:
    """Give the remote lock back; return what kept us from it and what to do then, or None."""
    if not has_taken(release):
        return None
    try:
        give_remote_lock_back(release)
    except (ConductorError, OSError) as error:
        told = error.message if isinstance(error, ConductorError) else str(error)
        return (
            f"the lock {LOCK_REF} on {release.plan.remote} could not be given back: {told}; "
            f"the next release from here takes it over, or: git push {release.plan.remote} :{LOCK_REF}"
        )
    return None


def fetch_live(release: Release) -> Live:
    """Return what each target says that it serves now; None where it does not answer."""
    live: Live = {}
    begun = release.plan.known is not None or release.ledger.last("step", step="push") is not None
    if not begun and not release.ledger.damage:
        return live
    for target in release.plan.targets:
        try:
            live[target.name] = show_image(release.world.targets[target.name].fetch_state().image)
        except (ConductorError, OSError):
            live[target.name] = None
    return live


def is_as_before(release: Release, live: Live) -> bool:
    """Tell whether every target that may have been changed says that it serves what it served before."""
    return all(
        live.get(line["target"]) == show_image(line["previous"]) != show_image(line["image"])
        for line in changed_targets(release)
    )
