"""What a release tells a person, and as JSON: its plan, how it ended, how it stands."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from conductor.cli.output import as_json

if TYPE_CHECKING:
    from conductor.cli.wiring import Project
    from conductor.release.context import FindingsStop
    from conductor.release.ending import ReleaseResult
    from conductor.release.plan import Plan


def describe_plan(plan: Plan) -> dict[str, Any]:
    """Return the plan's JSON form."""
    from conductor.release.pipeline import describe_steps

    return {
        "revision": plan.revision,
        "branch": plan.branch,
        "remote": plan.remote,
        "context": plan.context_tree,
        "image": plan.build.image,
        "targets": [target.name for target in plan.targets],
        "steps": [{"name": line[:12].strip(), "does": line[13:]} for line in describe_steps(plan)],
    }


def print_plan(plan: Plan) -> None:
    """Print what a release would do."""
    from conductor.release.pipeline import describe_steps

    print(f"A release of {plan.revision[:7]} would do this, in order:\n")
    for line in describe_steps(plan):
        print(f"  {line}")
    print()


def print_findings_stop(stop: FindingsStop, *, json: bool, command: str = "release") -> int:
    """Print what keeps a release from being begun, and return the exit code."""
    from conductor.cli.output import print_findings

    if json:
        print(as_json(command, stop.exit_code, release=None, findings=[one.as_json() for one in stop.findings]))
    else:
        print_findings(stop.findings)
    print(f"\n{stop.message}. Nothing was begun. Next: {stop.hint}", file=sys.stderr)
    return int(stop.exit_code)


def print_result(
    project: Project, result: ReleaseResult, *, json: bool, command: str = "release", code: int | None = None
) -> None:
    """Print how the release ended: the JSON, or findings and the closing lines."""
    from conductor.release.ledger import Ledger
    from conductor.release.status import describe_release

    described = describe_release(Ledger.open(project.repository.common_dir, result.id, project.clock))
    if json:
        findings = [finding.as_json() for finding in result.findings]
        print(as_json(command, result.exit_code if code is None else code, release=described, findings=findings))
    print(summarise(result, described), file=sys.stderr if json else sys.stdout)


def summarise(result: ReleaseResult, described: dict[str, Any]) -> str:
    """Return the closing lines: what happened, what serves now, and what to do next."""
    from conductor.domain.text import one_line

    live = ", ".join(
        f"{target} serves {image}" if image else f"{target} does not say what it serves"
        for target, image in (result.live or {}).items()
    )
    outcome = str(result.outcome).replace("_", " ")
    if result.cause == "UNTIL":
        return summarise_pause(result, described, live)
    if result.exit_code == 0:
        before = next(iter(described["previous"].values()), None)
        was = f" (was {_short(before)})" if before and before != described["image"] else ""
        lines = [f"\nVerified {result.id}: {live}{was}."]
        if result.task:
            lines.append(f"{result.task} {result.task_status}. Journal: {result.journal}")
        if result.lock:
            lines.append(f"{result.lock[0].upper()}{result.lock[1:]}.")
        return "\n".join(lines)
    failures: list[dict[str, Any]] = [step for step in described["steps"] if step["state"] == "failed"]
    step = failures[0] if failures else {}
    failed = step.get("name", "its end")
    nothing = "Nothing was deployed" if not described["previous"] else outcome.capitalize()
    lines = [
        f"\n{outcome.capitalize()} {result.id} at {failed}: {one_line(result.message, 400)}.",
        f"{nothing}{f': {live}' if live else ''}.",
    ]
    if result.task and result.task_status:
        lines.append(f"{result.task} is {result.task_status}, not complete: {failed} failed.")
    if step.get("evidence"):
        lines.append(f"Evidence: {step['evidence']}")
    lines += [f"Worker's log: {path}" for path in described["worker_logs"]]
    if result.lock:
        lines.append(f"{result.lock[0].upper()}{result.lock[1:]}.")
    lines.append(f"Next: {one_line(result.hint, 400)}")
    return "\n".join(lines)


def summarise_pause(result: ReleaseResult, described: dict[str, Any], live: str) -> str:
    """Return the closing lines of a release that stopped where it was to."""
    done = "Deployed" if described["previous"] else "Nothing was deployed"
    lines = [f"\nStopped {result.id}: {result.message}. {done}{f': {live}' if live else ''}."]
    if result.lock:
        lines.append(f"{result.lock[0].upper()}{result.lock[1:]}.")
    return "\n".join([*lines, f"Next: {result.hint}"])


def print_status(described: dict[str, Any]) -> None:
    """Print a release as its ledger tells it, and what the targets say that they serve now."""
    from conductor.cli.layout import width_of
    from conductor.cli.progress import render_step

    outcome = described["outcome"] or described["state"]
    cause = f" ({described['cause']})" if described["cause"] else ""
    print(f"{described['id']}: {outcome}{cause}")
    for step in described["steps"]:
        summary = step["summary"] or step["state"]
        told = f"failed: {summary}" if step["state"] == "failed" else summary
        print("\n".join(render_step(step["name"], told, step["seconds"] or 0, width_of(sys.stdout))))
    for path in described["worker_logs"]:
        print(f"Worker's log: {path}")
    if described["damage"]:
        print(f"Its ledger is damaged: {described['damage']}. What it did is known in part; the targets tell the rest.")
    for target, image in (described["live"] or {}).items():
        print(f"{target} served {image or 'something unknown'} when it ended.")
    for line in describe_serving(described["serves"]):
        print(line)
    if described["resumable"] and described["state"] != "running":
        print(f"To go on: conductor release --resume {described['id']}", file=sys.stderr)


def describe_serving(serves: dict[str, Any]) -> list[str]:
    """Return what each target says that it serves now, a line each."""
    return [
        f"{target} serves {_short(told['image'])} now."
        if told["image"] is not None
        else f"{target} does not say what it serves: {told['problem']}."
        for target, told in serves.items()
    ]


def _short(image: str) -> str:
    from conductor.release.steps.deploy import show_image

    return show_image(image)
