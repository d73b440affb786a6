"""`conductor init`: write a CONDUCTOR.md with what can be seen of the repository."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from conductor.cli.groups import command_app
from conductor.cli.output import as_json

if TYPE_CHECKING:
    from conductor.cli.wiring import Project
    from conductor.config.survey import Survey

app = command_app()


@app.command()
def init(
    yes: bool = typer.Option(False, "--yes", "-y", help="Ask nothing; leave what can't be seen for you to fill in."),
    json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Write CONDUCTOR.md: front matter for the program, prose for people and agents.

    An existing CONDUCTOR.md without front matter keeps every byte; the front matter is put before it. One with front
    matter is left alone.

    Example: conductor init --yes
    """
    from conductor.cli.wiring import open_project
    from conductor.config.survey import survey_repository
    from conductor.errors import UsageProblem

    project = open_project()
    if project.settings.source is not None:
        raise UsageProblem(
            f"{project.settings.source} has a configuration already",
            hint="edit it; conductor check says whether it is right",
            path=project.settings.source,
        )
    if not yes and not sys.stdin.isatty():
        raise UsageProblem("there is no terminal to ask at", hint="conductor init --yes")
    found = survey_repository(project.root)
    image = found.image or "docker.io/OWNER/NAME"
    endpoint = "env:RUNPOD_ENDPOINT"
    if not yes:
        image = typer.prompt("The image's repository, without a tag", default=image)
        endpoint = typer.prompt("The RunPod endpoint's id, or env:VARIABLE", default=endpoint)
    kept = write_configuration(project, found, image, endpoint)
    seen = {"build.workflow": found.workflow, "build.dockerfile": found.dockerfile}
    missing = [name for name, value in seen.items() if value is None]
    if "OWNER/NAME" in image:
        missing.append("build.image")
    if json:
        print(as_json("init", 0, path="CONDUCTOR.md", to_fill_in=missing))
        return
    print(f"Wrote CONDUCTOR.md{' (front matter before what it held)' if kept else ''}.")
    if missing:
        print(f"Could not see: {', '.join(missing)}. Fill in, then: conductor check")
    else:
        print('Next: conductor check, then conductor task new "…"')


def write_configuration(project: Project, found: Survey, image: str, endpoint: str) -> bool:
    """Write CONDUCTOR.md with its table of rules; tell whether a file was there, whose bytes are kept."""
    from conductor.config.settings import load_settings
    from conductor.records.files import write_atomically
    from conductor.records.templates import render_template
    from conductor.rules.table import write_table

    remotes = [remote.name for remote in project.repository.remotes()]
    values = {
        "found": found,
        "image": image,
        "endpoint": endpoint,
        "branch": project.repository.branch() or "main",
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
