"""`conductor error`: the ledger of errors."""

from __future__ import annotations

import typer

from conductor.cli.groups import command_app
from conductor.cli.output import as_json
from conductor.cli.record_commands import open_records, say
from conductor.domain.text import one_line
from conductor.errors import ExitCode

app = command_app(
    no_args_is_help=True,
    help='Keep the ledger of errors, ERRORS.md.\n\nExample: conductor error new "smoke job times out" --severity P1',
)
JSON = typer.Option(False, "--json", help="Answer as JSON.")


def complete_error_ids(incomplete: str) -> list[tuple[str, str]]:
    """Return the ids, with what they affect, that begin like the word at the cursor."""
    from conductor.errors import ConductorError
    from conductor.records.errors_ledger import load_errors

    try:
        rows = load_errors(open_records())
    except ConductorError:
        return []
    return [(row.id, row.area) for row in rows if row.id.startswith(incomplete.upper())]


@app.command("new")
def new(
    area: list[str] = typer.Argument(..., help="What is broken, in one line; several words are one text."),
    severity: str = typer.Option("P1", "--severity", help="P0 (down) to P3 (looks wrong)."),
    json_output: bool = JSON,
) -> None:
    """Write a new error and print its id.

    Example: conductor error new "smoke job times out on L40" --severity P1
    """
    from conductor.records.errors_ledger import add_error

    row = add_error(open_records(), " ".join(area), severity)
    print(as_json("error new", ExitCode.OK, error=row.as_json()) if json_output else f"{row.id}  {one_line(row.area)}")


@app.command("resolve")
def resolve(
    error_id: str = typer.Argument(..., help="The error, ERR-…", autocompletion=complete_error_ids),
    fix: str = typer.Option(..., "--fix", help="What fixed it: a revision, a task, or words."),
    json_output: bool = JSON,
) -> None:
    """Move an error to the resolved ones, with what fixed it.

    Example: conductor error resolve ERR-2026-01-05-001 --fix "81be0d2 pins the cp311 wheel"
    """
    from conductor.records.errors_ledger import resolve_error
    from conductor.records.typed_ids import resolve_error_id

    records = open_records()
    row = resolve_error(records, resolve_error_id(records, error_id), fix)
    print(as_json("error resolve", ExitCode.OK, error=row.as_json()) if json_output else f"{row.id} is resolved")


@app.command("list")
def list_errors(
    every: bool = typer.Option(False, "--all", help="Resolved errors too."), json_output: bool = JSON
) -> None:
    """List the errors that are not resolved.

    Example: conductor error list --all
    """
    from conductor.records.errors_ledger import load_errors

    rows = [row for row in load_errors(open_records()) if every or row.active]
    if json_output:
        print(as_json("error list", ExitCode.OK, errors=[row.as_json() for row in rows]))
        return
    for row in rows:
        fixed = f"  ({row.fix})" if row.fix else ""
        print(f"{row.id}  {row.severity:<2}  {row.status:<8}  {one_line(row.area + fixed, 300)}")
    say(f"{len(rows)} {'error' if len(rows) == 1 else 'errors'}")
