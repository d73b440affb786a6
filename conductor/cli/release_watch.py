"""`conductor release watch`: follow a release that another process works on, for a while."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conductor.cli.wiring import Project
    from conductor.release.ledger import Ledger

PAUSE_S = 0.5


def watch_release(project: Project, ledger: Ledger, span: timedelta, *, json: bool) -> int:
    """Print each step of the release as it ends, until the release has ended or the time is over.

    Return the release's own exit code, 1 where it still runs when the time is over, 130 where nobody works on it.
    """
    from conductor.cli.output import as_json
    from conductor.errors import ExitCode
    from conductor.release.ledger import Ledger as Read
    from conductor.release.lock import is_locked
    from conductor.release.status import describe_release

    clock, common = project.clock, project.repository.common_dir
    deadline, shown = clock.monotonic() + span.total_seconds(), 0
    while True:
        # Asked first: a process that ends in between has written its last line by then.
        running = is_locked(common)
        ledger = Read(ledger.path, clock)
        described = describe_release(ledger, running=running)
        shown = shown if json else print_steps(described["steps"], shown)
        if ledger.ended is not None or not running or clock.monotonic() >= deadline:
            break
        clock.sleep(PAUSE_S)
    code = int(ExitCode.FINDINGS if running else ExitCode.INTERRUPTED)
    if ledger.ended is not None:
        code = int(ledger.ended.get("exit") or 0)
    if json:
        print(as_json("release watch", code, release=described))
    print(describe_end(described), file=sys.stderr)
    return code


def print_steps(steps: list[dict[str, Any]], shown: int) -> int:
    """Print the steps that have ended since, and return how many were printed in all."""
    from conductor.cli.layout import width_of
    from conductor.cli.progress import render_step

    ended = [step for step in steps if step["state"] != "begun"]
    for step in ended[shown:]:
        told = f"failed: {step['summary']}" if step["state"] == "failed" else step["summary"] or ""
        print("\n".join(render_step(step["name"], told, step["seconds"] or 0, width_of(sys.stdout))), flush=True)
    return max(shown, len(ended))


def describe_end(described: dict[str, Any]) -> str:
    """Return the closing line: how it ended, or what it is at, and how to go on."""
    name = described["id"]
    if described["state"] == "ended":
        cause = f" ({described['cause']})" if described["cause"] else ""
        return f"{name}: {described['outcome']}{cause}. conductor release status {name} tells what is live."
    at = next((step["name"] for step in described["steps"] if step["state"] == "begun"), "its beginning")
    if described["state"] == "running":
        return f"{name} still runs, at {at}. To go on watching: conductor release watch {name}"
    return f"{name} was interrupted at {at}, and nobody works on it. To go on: conductor release --resume {name}"
