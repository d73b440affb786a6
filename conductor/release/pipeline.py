"""The release itself: a list of steps, run in order, with a ledger that makes it resumable after any stop."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from conductor.config.settings import PerformanceSettings
from conductor.domain.digest import short
from conductor.domain.release import ReleaseOutcome
from conductor.domain.text import one_line
from conductor.errors import ExitCode, UsageProblem
from conductor.release.context import Release
from conductor.release.ending import (
    ReleaseResult,
    as_problem,
    finish,
    finish_failure,
    finish_pause,
    last_words,
    note_failure,
    open_failure,
)
from conductor.release.lock import take_remote_lock
from conductor.release.plan import KnownImage, Plan
from conductor.release.steps import Step
from conductor.release.steps.build import Build
from conductor.release.steps.deploy import Deploy
from conductor.release.steps.image import Image
from conductor.release.steps.performance import Performance
from conductor.release.steps.preflight import Preflight
from conductor.release.steps.proven_image import ProvenImage
from conductor.release.steps.push import Push
from conductor.release.steps.record import Record
from conductor.release.steps.recorded import keep_evidence
from conductor.release.steps.rollout import Rollout
from conductor.release.steps.rules_gate import RulesGate
from conductor.release.steps.smoke import Smoke


def list_steps(plan: Plan) -> list[Step]:
    """Return the steps of a release, in order; an image that was proven before is neither pushed for nor built."""
    begin: list[Step] = [RulesGate(), Preflight(), Push(), Build(), Image()]
    return [
        *([Preflight(), ProvenImage(plan.known)] if plan.known else begin),
        *(step for target in plan.targets for step in list_target_steps(plan, target.name)),
        Record(),
    ]


def list_target_steps(plan: Plan, target: str) -> list[Step]:
    """Return what is done at one target, in order."""
    asked = plan.smoke.performance
    return [Deploy(target), Rollout(target), Smoke(target), *([Performance(target, asked)] if asked else [])]


def run_release(release: Release) -> ReleaseResult:
    """Run the steps and return how the release ended; a release interrupted in its failure goes on from there.

    Whatever goes wrong, it ends the same way. KeyboardInterrupt alone passes through, after a line in the ledger:
    nothing is undone, and the release can be resumed.
    """
    try:
        failure = open_failure(release) or run_steps(release)
        if failure is not None:
            return finish_failure(release, failure)
        if is_cut(release.plan):
            return finish_pause(release)
        return finish(release, ReleaseOutcome.VERIFIED, ExitCode.OK, None)
    except KeyboardInterrupt:
        with contextlib.suppress(Exception):
            release.ledger.write("interrupted")
        raise
    except Exception as error:  # noqa: BLE001 - what is live must be said, whatever happened
        return last_words(release, error)


def run_steps(release: Release) -> dict[str, Any] | None:
    """Run the steps in order; return the ledger's line of the failure that ended them, None where all are done."""
    for step in cut_steps(release.plan):
        started = release.world.clock.monotonic()
        try:
            run_step(release, step)
        except Exception as error:  # noqa: BLE001 - what is no error of the house ends a release like one
            seconds = release.world.clock.monotonic() - started
            target = _target_of(step).get("target")
            return note_failure(release, step.name, target, as_problem(release, error), seconds)
    return None


def cut_steps(plan: Plan) -> list[Step]:
    """Return the steps up to the one after which the plan stops (with several targets: at the first of them)."""
    steps = list_steps(plan)
    names = [step.name for step in steps]
    return steps[: names.index(plan.until) + 1] if plan.until in names else steps


def is_cut(plan: Plan) -> bool:
    """Tell whether the plan stops before its last step."""
    return len(cut_steps(plan)) < len(list_steps(plan))


def stop_after(plan: Plan, step: str) -> Plan:
    """Return the plan that stops after that step; raises UsageProblem where it has none of that name."""
    names = list(dict.fromkeys(one.name for one in list_steps(plan)))
    wanted = step.strip().lower().replace("-", " ").replace("_", " ")
    if wanted not in names:
        raise UsageProblem(f"there is no step {one_line(step, 60)!r}", hint=f"one of: {', '.join(names)}")
    return replace(plan, until=wanted)


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


def describe_steps(plan: Plan) -> Sequence[str]:
    """Return the plan as lines for a person: what each step would do."""
    revision, build = plan.revision[:7], plan.build
    targets = ", ".join(target.name for target in plan.targets)
    lines = (
        *(describe_known(plan, plan.known) if plan.known else describe_new(plan)),
        f"deploy       {targets} := {build.image}@{short(plan.known.digest) if plan.known else 'sha256:…'}",
        "rollout      every worker on the new release, none stale",
        f"smoke        {plan.smoke.input} as a job, its answer from revision {revision}"
        + (", its video as good as bicubic's" if plan.quality else ""),
        *([f"performance  {describe_performance(plan.smoke.performance)}"] if plan.smoke.performance else []),
        f"record       {plan.task or 'the task in progress, if there is one'}, JOURNAL.md, evidence",
    )
    kept = {step.name for step in cut_steps(plan)}
    return tuple(line for line in lines if line[:12].strip() in kept)


def describe_new(plan: Plan) -> tuple[str, ...]:
    """Return what makes an image of a commit."""
    revision, build = plan.revision[:7], plan.build
    targets = ", ".join(target.name for target in plan.targets)
    return (
        f"rules gate   SSH remote {plan.remote}, clean tree, valid records",
        f"preflight    {build.dockerfile} and {build.context}/, and that {targets} may have workers",
        f"push         {revision} to {plan.remote} {plan.branch}",
        f"build        the run of {build.workflow} for {revision}",
        f"image        {build.image} tagged {revision}…, by digest, labelled with the revision, {build.platform}",
    )


def describe_known(plan: Plan, known: KnownImage) -> tuple[str, ...]:
    """Return what is asked about an image that was proven before."""
    targets = ", ".join(target.name for target in plan.targets)
    serves = f" {known.source.name} serves it," if known.source else ""
    image = f"{plan.build.image}@{short(known.digest)}"
    return (
        f"preflight    that {targets} may have workers",
        f"image        {image}, proven by {known.release};{serves} the registry has it",
    )


def describe_performance(asked: PerformanceSettings) -> str:
    """Return what a release is asked about its times."""
    kinds = {"warm": asked.warm_percent, "cold": asked.cold_percent}
    most = ", ".join(f"{name} jobs {percent:g} %" for name, percent in kinds.items() if percent is not None)
    return f"no slower than the last release on the same GPU by more than: {most}"


def _target_of(step: Step) -> dict[str, str]:
    target = getattr(step, "target", None)
    return {"target": target} if target else {}
