"""`conductor search`: find words in everything that is on record."""

from __future__ import annotations

import enum

import typer

from conductor.cli.groups import command_app
from conductor.cli.output import as_json
from conductor.cli.record_commands import open_records, say
from conductor.errors import ExitCode

app = command_app()


class Kind(enum.StrEnum):
    """Where to look."""

    TASK = "task"
    JOURNAL = "journal"
    ERROR = "error"
    MEMORY = "memory"


@app.command()
def search(
    words: list[str] = typer.Argument(..., help="What to look for, in any case; several words are one text."),
    kind: list[Kind] = typer.Option([], "--in", help="Only in these records; repeatable."),
    limit: int = typer.Option(50, "--limit", "-n", min=1, help="At most so many sections."),
    json_output: bool = typer.Option(False, "--json", help="Answer as JSON."),
) -> None:
    """Find words in tasks, journal, errors and memories, archives included.

    Example: conductor search flash-attn --in journal
    """
    from conductor.records.search import KINDS, search_records

    hits = search_records(open_records(), " ".join(words), kinds=[str(one) for one in kind] or KINDS)
    shown = hits[:limit]
    if json_output:
        print(as_json("search", ExitCode.OK, hits=[hit.as_json() for hit in shown], total=len(hits)))
        return
    for hit in shown:
        print(hit.render())
    say(
        f"{len(hits)} {'section' if len(hits) == 1 else 'sections'}"
        + (f", {len(shown)} shown" if len(shown) < len(hits) else "")
    )
