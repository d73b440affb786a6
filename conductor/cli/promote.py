"""`conductor promote`: bring what is proven at one target to the next one, by its digest."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from conductor.cli.groups import command_app

if TYPE_CHECKING:
    from conductor.cli.wiring import Project
    from conductor.release.plan import Plan

app = command_app()


@app.command()
def promote(
    source: str = typer.Argument(..., help="The target where it is proven."),
    target: str = typer.Argument(..., help="The target that gets it."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Print the plan; do and ask nothing."),
    task: str = typer.Option("", "--task", help="The task this is for; by default the one in progress."),
    trust: bool = typer.Option(False, "--trust", help="Take the configuration as trusted, this once (for CI)."),
    json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Bring the image that a job has proven at one target to another one: the same digest, nothing is built.

    It is deployed and proven there like a release, and put back where it fails. What the first target serves now must
    be what was proven there. An agent needs the grant that a release needs.

    Example: conductor promote staging production
    """
    from conductor.cli.wiring import open_project, project_records
    from conductor.release.known import choose_pair, find_promoted, plan_known
    from conductor.sessions.ownership import require_own_repository

    require_own_repository(Path.cwd(), "released")
    project = open_project(trust=trust)
    first, second = choose_pair(project.settings, source, target)
    expected = find_promoted(project_records(project).evidence.lines(), source)
    plan = plan_known(project.repository, project.settings, expected, second, source=first, task=task or None)
    if not dry_run:
        require_word(project, plan)
    raise typer.Exit(bring(project, plan, "promote", dry_run=dry_run, json=json))


def require_word(project: Project, plan: Plan) -> None:
    """Raise UsageProblem where an agent types and its user has allowed no push: a promotion changes as much as one."""
    from conductor.cli.readiness import GRANT_HINT
    from conductor.cli.release import allow_push
    from conductor.errors import UsageProblem
    from conductor.sessions.grants import find_agent

    if find_agent() is None:
        return
    try:
        allow_push(project, plan, yes=True)
    except UsageProblem as error:
        told = f"an agent types, and nobody has allowed it to change what {plan.targets[0].name} serves"
        raise UsageProblem(told, hint=GRANT_HINT) from error


def bring(project: Project, plan: Plan, command: str, *, dry_run: bool, json: bool) -> int:
    """Bring a proven image to its target, show it, and return the exit code."""
    from conductor.cli.interrupts import ended_by_signals
    from conductor.cli.live import print_interrupted
    from conductor.cli.output import as_json
    from conductor.cli.progress import Progress
    from conductor.cli.release import open_desk
    from conductor.cli.release_text import describe_plan, print_findings_stop, print_plan, print_result
    from conductor.cli.wiring import connect
    from conductor.release.context import FindingsStop
    from conductor.release.run import start_known

    if dry_run:
        if json:
            print(as_json(command, 0, dry_run=True, plan=describe_plan(plan)))
        else:
            print_plan(plan)
        print("Nothing was done.", file=sys.stderr)
        return 0
    desk = open_desk(project, lambda plan: connect(project, plan), yes=True)
    try:
        with ended_by_signals(), Progress() as progress:
            result = start_known(desk, plan, progress)
    except KeyboardInterrupt:
        print_interrupted(project)
        raise
    except FindingsStop as stop:
        return print_findings_stop(stop, json=json, command=command)
    print_result(project, result, json=json, command=command)
    return result.exit_code
