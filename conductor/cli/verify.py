"""`conductor verify`: is what runs what was built and proven?"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from conductor.cli.groups import command_app
from conductor.cli.output import as_json

if TYPE_CHECKING:
    from conductor.cli.wiring import Project
    from conductor.errors import ExitCode
    from conductor.release.verify.verdict import Verdict

app = command_app()


@app.command()
def verify(
    target: str = typer.Option("", "--target", help="Look at this target only."),
    smoke: bool = typer.Option(False, "--smoke", help="Send the smoke job as well: it costs one job."),
    json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Tell whether each target serves what a release has proven there: image, workers, registry, build context.

    Nothing is changed, and without --smoke no job is sent: made for cron. Exit 0: the same; 1: something else, with
    what and since when; 3: nothing was ever proven; 5: somebody did not answer; 7: a release is under way.

    Example: conductor verify --target production
    """
    from conductor.cli.wiring import open_project
    from conductor.release.verify.verdict import exit_code

    project = open_project()
    verdicts = look_at(project, target or None, smoke=smoke)
    code = exit_code(verdicts)
    findings = [finding for verdict in verdicts for finding in verdict.findings]
    if json:
        rows = [verdict.as_json() for verdict in verdicts]
        print(as_json("verify", code, targets=rows, findings=[finding.as_json() for finding in findings]))
    else:
        print_verdicts(verdicts)
    print_end(verdicts, code)
    raise typer.Exit(int(code))


def look_at(project: Project, wanted: str | None, *, smoke: bool) -> list[Verdict]:
    """Return what looking at the wanted target (None: at each one) comes to; raises UsageProblem without one."""
    from conductor.cli.wiring import open_services, project_records
    from conductor.providers.persistence import WATCHFUL
    from conductor.release.plan import find_targets
    from conductor.release.verify.look import Look
    from conductor.release.verify.probe import probe
    from conductor.release.verify.under_way import find_under_way

    targets = find_targets(project.settings, wanted)
    services = open_services(project, WATCHFUL)
    look = Look(
        services,
        project.settings.build,
        project_records(project).evidence.lines(),
        lambda: find_under_way(project.repository, services.remote, project.clock),
    )
    verdicts = []
    for target in targets:
        verdict = look.at(target.name)
        if smoke and verdict.serves:
            probe(verdict, services.target(target.name), project.repository, project.settings, project.clock)
        verdicts.append(verdict)
    return verdicts


def print_verdicts(verdicts: list[Verdict]) -> None:
    """Print each target with its checks, then the findings with their remedies."""
    from conductor.cli.layout import width_of
    from conductor.cli.output import print_findings
    from conductor.cli.progress import render_step

    for verdict in verdicts:
        print(f"{verdict.target}: {verdict.standing.replace('_', ' ')}")
        for check in verdict.checks:
            told = check.told if check.standing == "same" else f"{check.standing.replace('_', ' ')}: {check.told}"
            print("\n".join(render_step(check.name, told, 0, width_of(sys.stdout))))
        for note in verdict.notes:
            name, _, told = note.partition(": ")
            print("\n".join(render_step(name, f"note: {told}", 0, width_of(sys.stdout))))
    findings = [finding for verdict in verdicts for finding in verdict.findings]
    if findings:
        print()
        print_findings(findings)


def print_end(verdicts: list[Verdict], code: ExitCode) -> None:
    """Print the closing line."""
    counts: dict[str, int] = {}
    for verdict in verdicts:
        name = verdict.standing.replace("_", " ")
        counts[name] = counts.get(name, 0) + 1
    told = ", ".join(f"{count} {name}" for name, count in counts.items())
    print(f"{len(verdicts)} target{'' if len(verdicts) == 1 else 's'}: {told}", file=sys.stderr)
    if code == 3:
        print("conductor release proves one; its evidence is in .conductor/evidence/: commit it.", file=sys.stderr)
