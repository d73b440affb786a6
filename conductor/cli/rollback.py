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
    trust: bool = typer.Option(False, "--trust", help="Take the configuration as trusted, this once (for CI)."),
    json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Put back what served before a release, prove it with a job, and write it down.

    The image is the last one that a job has proven. A rollback that could not be proven is taken up again.

    Example: conductor rollback r-20260105-103100-4f2a91c
    """
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
