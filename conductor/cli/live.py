"""What is live now: the targets are asked, whatever a ledger says."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conductor.cli.wiring import Project


def ask_targets(project: Project, names: Sequence[str]) -> dict[str, dict[str, str | None]]:
    """Return what each target says that it serves: `{"image": reference or None, "problem": why it does not say}`.

    Without names, every endpoint that is configured is asked. Nothing is waited for, and nothing is raised.
    """
    from conductor.cli.wiring import open_target
    from conductor.errors import ConductorError

    asked = names or [target.name for target in project.settings.targets if target.kind == "serverless"]
    told: dict[str, dict[str, str | None]] = {}
    for name in asked:
        try:
            told[name] = {"image": open_target(project, name).fetch_state().image, "problem": None}
        except ConductorError as error:
            told[name] = {"image": None, "problem": error.message}
    return told


def print_interrupted(project: Project) -> None:
    """Say after Ctrl-C or SIGTERM what is live, who holds the lock, and how to go on."""
    from conductor.cli.release_text import describe_serving
    from conductor.release.ledger import list_ledgers
    from conductor.release.lock import LOCK_REF
    from conductor.release.status import describe_release

    ledgers = list_ledgers(project.repository.common_dir, project.clock)
    ledger = next((one for one in reversed(ledgers) if one.lines and one.lines[-1]["event"] == "interrupted"), None)
    if ledger is None:
        return
    described: dict[str, Any] = describe_release(ledger)
    lines = ["\nNothing was undone."]
    if described["previous"]:
        lines += describe_serving(ask_targets(project, described["targets"]))
    else:
        lines.append("Nothing was deployed.")
    taken, given = ledger.last("intent", action="lock"), ledger.last("result", action="unlock")
    if taken is not None and (given is None or given["seq"] < taken["seq"]):
        lines.append(f"It holds the lock {LOCK_REF}; going on gives it back.")
    lines.append(f"To go on: conductor release --resume {ledger.id}")
    if described["previous"]:
        lines.append("To go back: conductor rollback")
    print("\n".join(lines), file=sys.stderr)
