"""`conductor knowledge`: the facts that judgements rest on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from conductor.cli.groups import command_app
from conductor.config.disk import DiskTree

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conductor.knowledge import Entry

app = command_app(
    no_args_is_help=True,
    help="Show the facts that judgements rest on, each with its source and date.\n\n"
    "Example: conductor knowledge show gpus L40",
)


def project_tree() -> DiskTree | None:
    """Return the project whose `.conductor/knowledge` adds facts: this one or the nearest above, None without one."""
    here = Path.cwd()
    holding = (folder for folder in (here, *here.parents) if (folder / ".conductor/knowledge").is_dir())
    return next((DiskTree(folder) for folder in holding), None)


@app.command("list")
def list_subjects(json_output: bool = typer.Option(False, "--json", help="Print JSON.")) -> None:
    """List the subjects, with how many facts each has.

    Example: conductor knowledge list
    """
    from conductor.cli.output import as_json
    from conductor.knowledge import entries, subjects

    root = project_tree()
    rows = [(name, len(entries(name, root=root)), title) for name, title in subjects().items()]
    if json_output:
        listed = [{"subject": name, "facts": count, "title": title} for name, count, title in rows]
        print(as_json("knowledge list", 0, subjects=listed))
        return
    width = max(len(name) for name, _, _ in rows)
    for name, count, title in rows:
        print(f"{name:<{width}}  {count:>4}  {title}")


@app.command("show")
def show(
    subject: str = typer.Argument(..., help="A subject, as `conductor knowledge list` names it."),
    name: str | None = typer.Argument(None, help="Only facts whose name contains this."),
    json_output: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Show the facts of a subject.

    Example: conductor knowledge show gpus L40
    """
    from conductor.cli.output import as_json
    from conductor.errors import NothingToDo
    from conductor.knowledge import entries

    wanted = (name or "").lower()
    found = [entry for entry in entries(subject, root=project_tree()) if wanted in str(entry["name"]).lower()]
    if not found:
        raise NothingToDo(f"no fact of {subject} is named {name!r}", hint=f"conductor knowledge show {subject}")
    if json_output:
        print(as_json("knowledge show", 0, subject=subject, entries=[dict(entry) for entry in found]))
        return
    for entry in found:
        print("\n".join(render_entry(entry)))


def render_entry(entry: Entry) -> Iterable[str]:
    """Yield the lines of one fact: its name, its values, its source and date."""
    from conductor.domain.text import one_line

    yield one_line(str(entry["name"]))
    for key, value in entry.items():
        if key not in {"name", "source", "checked"}:
            yield f"  {key}: {one_line(_said(value))}"
    yield f"  source: {one_line(str(entry['source']))} ({entry['checked']})"


def _said(value: Any) -> str:
    if isinstance(value, list):
        return f"{len(value)} groups" if value and isinstance(value[0], dict) else ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{key} -> {item}" for key, item in value.items())
    return "unknown" if value is None else str(value)
