"""`conductor rollback`: put back what served before a release."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from conductor.cli.groups import command_app
from conductor.cli.output import as_json

app = command_app()


@app.command()
def rollback(
    release_id: str = typer.Argument("", metavar="[ID]", help="The release; by default the newest that changed one."),
    to: str = typer.Option("", "--to", metavar="ID|DIGEST", help="What is to serve again: any image proven there."),
    target: str = typer.Option("", "--target", help="With --to: at this target."),
    dry_run: bool = typer.Option(False, "--dry-run", help="With --to: print the plan; do nothing."),
    trust: bool = typer.Option(False, "--trust", help="Take the configuration as trusted, this once (for CI)."),
    json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Put back what served before a release, prove it with a job, and write it down.

    The image is the last one that a job has proven. A rollback that could not be proven is taken up again. With --to,
    any image that a job has proven at the target serves again: named by the release that proved it, or by its digest.

    Example: conductor rollback r-20260105-103100-4f2a91c
    """
    if to:
        raise typer.Exit(return_to(to, release_id, target, trust=trust, dry_run=dry_run, json=json))
    if target or dry_run:
        from conductor.errors import UsageProblem

        word = "--target" if target else "--dry-run"
        raise UsageProblem(
            f"{word} goes with --to only: a rollback puts back every target that the release changed",
            hint="conductor release list shows what can be named: conductor rollback --to ID --target NAME",
        )
    from conductor.cli.interrupts import ended_by_signals
    from conductor.cli.live import print_interrupted
    from conductor.cli.progress import Progress
    from conductor.cli.release import open_desk
    from conductor.cli.release_text import summarise
    from conductor.cli.wiring import connect, open_project
    from conductor.domain.release import ReleaseOutcome
    from conductor.errors import ExitCode
    from conductor.release.ledger import Ledger
    from conductor.release.run import find_changed, undo_release
    from conductor.release.status import describe_release
    from conductor.sessions.ownership import require_own_repository

    require_own_repository(Path.cwd(), "rolled back")
    project = open_project(trust=trust)
    desk = open_desk(project, lambda plan: connect(project, plan), yes=True)
    common = project.repository.common_dir
    ledger = Ledger.open(common, release_id, project.clock) if release_id else find_changed(desk)
    try:
        with ended_by_signals(), Progress() as progress:
            result = undo_release(desk, ledger, progress)
    except KeyboardInterrupt:
        print_interrupted(project)
        raise
    back = result.outcome is ReleaseOutcome.ROLLED_BACK or result.exit_code == ExitCode.STOPPED
    code = ExitCode.OK if back else result.exit_code
    described = describe_release(Ledger.open(common, result.id, project.clock))
    if json:
        print(as_json("rollback", code, release=described, findings=[one.as_json() for one in result.findings]))
    print(summarise(result, described), file=sys.stderr if json else sys.stdout)
    raise typer.Exit(int(code))


def return_to(to: str, release_id: str, target: str, *, trust: bool, dry_run: bool, json: bool) -> int:
    """Let a target serve again what was proven there before, and return the exit code."""
    from conductor.cli.promote import bring
    from conductor.cli.wiring import open_project, project_records
    from conductor.errors import UsageProblem
    from conductor.release.known import find_wanted, plan_known
    from conductor.sessions.ownership import require_own_repository

    if release_id:
        raise UsageProblem(
            "a release to undo and --to can't both be named", hint=f"conductor rollback --to {to}, or rollback ID alone"
        )
    require_own_repository(Path.cwd(), "rolled back")
    project = open_project(trust=trust)
    lines = project_records(project).evidence.lines()
    place, expected = find_wanted(project.settings, lines, to, target or None)
    plan = plan_known(project.repository, project.settings, expected, place)
    return bring(project, plan, "rollback", dry_run=dry_run, json=json)
