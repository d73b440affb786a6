"""`conductor init`: write a CONDUCTOR.md with what can be seen of the repository, and take in what is there already."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import typer

from conductor.cli.groups import command_app
from conductor.cli.output import as_json, render_error

if TYPE_CHECKING:
    from conductor.cli.first_answers import FirstAnswers
    from conductor.cli.wiring import Project
    from conductor.domain.finding import Finding

app = command_app()


@app.command()
def init(
    yes: bool = typer.Option(False, "--yes", "-y", help="Ask nothing; leave what can't be seen for you to fill in."),
    accept: str = typer.Option(
        "", "--accept", metavar="TEXT", help="Accept what conductor check finds today, for this reason. For people."
    ),
    json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Write CONDUCTOR.md: front matter for the program, prose for people and agents.

    The image and what builds it are read from the workflows, actions and bake files. What can't be seen there is asked
    for, or with --yes left as FILL_IN, which conductor check and conductor release insist on. An existing CONDUCTOR.md
    without front matter keeps every byte; the front matter is put before it. One with front matter is left alone.

    What is on this machine already is taken as the host's baseline, where there is none yet.

    Example: conductor init --yes
    """
    from conductor.cli.acceptance import accept_findings, take_first_baseline
    from conductor.cli.first_answers import ask_for_answers, certain_answers, survey_project
    from conductor.cli.wiring import open_project
    from conductor.errors import ConductorError, UsageProblem
    from conductor.sessions.grants import require_person

    project = open_project()
    if project.settings.source is not None:
        raise UsageProblem(
            f"{project.settings.source} has a configuration already",
            hint="edit it; conductor check says whether it is right",
            path=project.settings.source,
        )
    if not yes and not sys.stdin.isatty():
        raise UsageProblem("there is no terminal to ask at", hint="conductor init --yes")
    if accept:
        require_person("init --accept")
    survey = survey_project(project)
    answers = certain_answers(survey) if yes else ask_for_answers(project, survey)
    kept = write_configuration(project, answers)
    baseline = None
    try:
        baseline = take_first_baseline()
    except ConductorError as error:  # CONDUCTOR.md is written, and good without it
        typer.echo(render_error(error, level="note: no baseline of this host was taken"), err=True)
    project = open_project()
    found = find_what_is_there(project)
    reason = accept or ("" if yes else ask_to_accept(found))
    accepted = accept_findings(project, found, reason).total if reason else 0
    if json:
        told: dict[str, Any] = {"to_fill_in": answers.open_keys, "notes": list(answers.notes)}
        print(as_json("init", 0, path="CONDUCTOR.md", **told, baseline=baseline, accepted=accepted))
        return
    tell(answers, kept=kept, baseline=baseline, accepted=accepted)


def write_configuration(project: Project, answers: FirstAnswers) -> bool:
    """Write CONDUCTOR.md with its table of rules; tell whether a file was there, whose bytes are kept."""
    from conductor.config.settings import load_settings
    from conductor.records.files import write_atomically
    from conductor.records.templates import render_template
    from conductor.rules.table import write_table

    remotes = [remote.name for remote in project.repository.remotes()]
    values = {
        "build": answers.build_lines(),
        "endpoint": answers.endpoint,
        "smoke_input": answers.smoke_input,
        "smoke_example": answers.smoke_example,
        "branch": answers.branch,
        "remote": "origin" if "origin" in remotes or not remotes else remotes[0],
        "name": project.root.name,
    }
    front = render_template("conductor_front_matter.j2", project.root, **values)
    path = project.root / "CONDUCTOR.md"
    kept = path.read_bytes() if path.exists() else b""
    prose = kept or render_template("conductor_prose.j2", project.root, **values).encode("utf-8")
    bom = b"\xef\xbb\xbf" if prose.startswith(b"\xef\xbb\xbf") else b""
    write_atomically(path, bom + front.encode("utf-8") + prose.removeprefix(bom))
    write_table(project.root, load_settings(project.root))
    return bool(kept)


def find_what_is_there(project: Project) -> dict[str, list[Finding]]:
    """Return what the areas whose findings can be accepted find today, advice aside."""
    from conductor.cli.acceptance import NOT_ACCEPTED
    from conductor.cli.check_areas import AREAS, Surroundings, collect
    from conductor.domain.finding import Severity

    del project
    found, _ = collect([area for area in AREAS if area not in NOT_ACCEPTED], Surroundings())
    serious = {area: [one for one in rows if one.severity is not Severity.ADVICE] for area, rows in found.items()}
    return found if any(serious.values()) else {}


def ask_to_accept(found: dict[str, list[Finding]]) -> str:
    """Show what is found today and return the reason to accept it for; empty for leaving it as it is."""
    from conductor.cli.summary import render_screen
    from conductor.cli.terminal import ask_text
    from conductor.sessions.grants import find_agent

    shown = [finding for rows in found.values() for finding in rows]
    if not shown or find_agent() is not None:
        return ""
    print("\nThis is found in the project today:\n")
    print("\n".join(render_screen(shown, paint=True)))
    print("\nAccepted with a reason, conductor check --new leaves it out from here on.")
    return ask_text("The reason to accept it (empty: leave it)")


def tell(answers: FirstAnswers, *, kept: bool, baseline: str | None, accepted: int) -> None:
    """Print what was written, what is left to fill in, and what to do next."""
    print(f"Wrote CONDUCTOR.md{' (front matter before what it held)' if kept else ''}.")
    for name, answer in answers.build.items():
        if answer.value is not None:
            print(f"  build.{name:<10}  {answer.value}{f' ({answer.note})' if answer.note else ''}")
    for name, answer in answers.build.items():
        if answer.value is None:
            offered = f"; found: {', '.join(answer.candidates[:4])}" if answer.candidates else ""
            print(f"  build.{name:<10}  to fill in{f': {answer.note}' if answer.note else ''}{offered}")
    for note in answers.notes:
        print(f"Note: {note}")
    if baseline:
        print(f"Took what is on this machine as the host's baseline: {baseline}.")
    if accepted:
        print(f"Accepted {accepted} findings: .conductor/accepted.yaml. Commit it.")
    if answers.open_keys:
        print(f"Fill in {', '.join(answers.open_keys)} in CONDUCTOR.md, then: conductor check")
    else:
        print(f'Next: conductor check{" --new" if accepted else ""}, then conductor task new "…"')
