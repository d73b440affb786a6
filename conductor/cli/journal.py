"""`conductor journal`: write and read the journal."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from conductor.cli.daily import task_id_of
from conductor.cli.groups import command_app
from conductor.cli.output import as_json
from conductor.cli.record_commands import complete_task_ids, open_records, read_words, say, tell_state
from conductor.domain.text import one_line, strip_controls
from conductor.errors import ExitCode, UsageProblem

if TYPE_CHECKING:
    from conductor.records.journal import Entry
    from conductor.records.store import Records

app = command_app(
    no_args_is_help=True,
    help='Write and read the journal, kept in JOURNAL.md.\n\nExample: conductor journal add "Built it" --what "…"',
)
JSON = typer.Option(False, "--json", help="Answer as JSON.")
_DRAFT = "# {title}\n\n- **What**: \n- **Why**: \n- **How**: \n- **Issues**: \n- **Result**: \n"


@app.command("add")
def add(
    title: list[str] = typer.Argument(None, help="The entry's title; - reads the whole entry from standard input."),
    what: str = typer.Option("", "--what", help="What was done; - reads standard input."),
    why: str = typer.Option("", "--why", help="Why it was done."),
    how: str = typer.Option("", "--how", help="How it was done."),
    issues: str = typer.Option("", "--issues", help="What went wrong or is left."),
    result: str = typer.Option("", "--result", help="What came of it."),
    task: str | None = typer.Option(None, "--task", help="The task it is about.", autocompletion=complete_task_ids),
    error: str | None = typer.Option(None, "--error", help="The error it belongs to, ERR-…"),
    from_git: str | None = typer.Option(None, "--from-git", help="Draft What and How from the commits REV..REV."),
    json_output: bool = JSON,
) -> None:
    """Write an entry with the present time. Without any text, $EDITOR opens.

    Example: conductor journal add "Use the cp311 wheel" --what "pinned it" --why "the image has Python 3.11"
    """
    from conductor.records.commits import draft_from_commits
    from conductor.records.typed_ids import resolve_error_id

    records = open_records()
    links = (task_id_of(records, task) if task else None, resolve_error_id(records, error) if error else None)
    heading = " ".join(title or [])
    fields = {"what": what, "why": why, "how": how, "issues": issues, "result": result}
    fields = {name: read_words(text) for name, text in fields.items()}
    if from_git:
        drafted_what, drafted_how = draft_from_commits(records.repository, from_git)
        fields["what"], fields["how"] = fields["what"] or drafted_what, fields["how"] or drafted_how
    if heading == "-":
        entry = _write(records, *_split(read_words("-"), fields), *links)
    elif any(fields.values()):
        entry = _write(records, heading, fields, *links)
    else:
        with _from_editor(records, heading) as text:
            entry = _write(records, *_split(text, fields), *links)
    if json_output:
        print(as_json("journal add", ExitCode.OK, entry=entry.as_json()))
    else:
        print(f"{entry.stamp}  {one_line(entry.title, 200)}")


@app.command("list")
def list_entries(
    limit: int = typer.Option(10, "--limit", "-n", min=1, help="How many."),
    every: bool = typer.Option(False, "--all", help="Every entry, archives included."),
    task: str | None = typer.Option(
        None, "--task", help="Only entries of this task.", autocompletion=complete_task_ids
    ),
    json_output: bool = JSON,
) -> None:
    """List the latest entries, the newest first.

    Example: conductor journal list --task TASK-2026-01-05-002
    """
    from conductor.records.files import JOURNAL
    from conductor.records.journal import latest_entries
    from conductor.records.typed_ids import parse_typed

    records = open_records()
    entries = latest_entries(records, None if every or task else limit)
    tell_state(records, JOURNAL)
    if task:
        typed = parse_typed(task)
        linked = {link for entry in entries for _, link in entry.links if typed and typed.fits(link)}
        wanted = linked.pop() if len(linked) == 1 else task_id_of(records, task)
        entries = [entry for entry in entries if entry.names(wanted)]
    if json_output:
        print(as_json("journal list", ExitCode.OK, entries=[entry.as_json() for entry in entries]))
        return
    for entry in entries:
        links = " ".join(one_line(link, 60) for _, link in entry.links)
        print(f"{entry.stamp or '-':<16}  {one_line(entry.title, 200)}  {links}".rstrip())
    say(f"{len(entries)} {'entry' if len(entries) == 1 else 'entries'}")


@app.command("show")
def show(
    key: str = typer.Argument("1", help="A task's or error's id, the beginning of a date, or 1 for the latest, 2 …"),
    json_output: bool = JSON,
) -> None:
    """Print one entry.

    Example: conductor journal show TASK-2026-01-05-002
    """
    from conductor.records.files import JOURNAL
    from conductor.records.journal import find_entry

    records = open_records()
    file, entry = find_entry(records, key)
    tell_state(records, JOURNAL)
    if json_output:
        fields = dict(file.fields(entry))
        text = file.document.content[entry.start : entry.end].decode("utf-8", "replace")
        print(as_json("journal show", ExitCode.OK, entry={**entry.as_json(), "fields": fields, "text": text}))
        return
    print(f"{entry.stamp or ''}".strip())
    print(strip_controls(file.document.content[entry.start : entry.end].decode("utf-8", "replace")).rstrip())
    say(f"{entry.path}:{entry.line}")


@app.command("search")
def search(
    words: list[str] = typer.Argument(..., help="What to look for, in any case; several words are one text."),
    json_output: bool = JSON,
) -> None:
    """Find entries that hold the words, archives included.

    Example: conductor journal search "flash-attn wheel"
    """
    from conductor.records.search import search_records

    hits = search_records(open_records(), " ".join(words), kinds=("journal",))
    if json_output:
        print(as_json("journal search", ExitCode.OK, hits=[hit.as_json() for hit in hits]))
        return
    for hit in hits:
        print(hit.render())
    say(f"{len(hits)} {'entry' if len(hits) == 1 else 'entries'}")


def _write(records: Records, heading: str, fields: dict[str, str], task: str | None, error: str | None) -> Entry:
    from conductor.records.journal import NewEntry, add_entry

    title = heading or next((text.strip().split("\n")[0] for text in fields.values() if text.strip()), "")
    return add_entry(records, NewEntry(title, task=task, error=error, **fields))


def _split(text: str, fields: dict[str, str]) -> tuple[str, dict[str, str]]:
    """Return title and fields of a whole entry: its first line, then `- **What**: …` items or plain text."""
    from conductor.records.document import Document
    from conductor.records.journal import Entry, JournalFile

    first, _, rest = strip_controls(text).strip().partition("\n")
    document = Document(f"\n{rest.strip()}\n".encode(), "-")
    whole = Entry(None, "", (), "-", 1, 0, len(document.content))
    found = {name.lower(): value for name, value in JournalFile(document).fields(whole) if name.lower() in fields}
    given = {name: fields[name] or found.get(name, "") for name in fields}
    if not found and not given["what"]:
        given["what"] = rest.strip()
    return first.lstrip("# ").strip(), given


@contextlib.contextmanager
def _from_editor(records: Records, title: str) -> Iterator[str]:
    import os

    from conductor.cli.editor import edited

    if not (os.environ.get("VISUAL") or os.environ.get("EDITOR")):
        raise UsageProblem(
            "an entry needs some text", hint='conductor journal add "Title" --what "…" --why "…" --result "…"'
        )
    blank = _DRAFT.format(title=title)
    with edited(records, blank, "entry.md") as text:
        if text.strip() == blank.strip():
            raise UsageProblem("the entry was left empty; nothing was written", hint="conductor journal add again")
        yield text
