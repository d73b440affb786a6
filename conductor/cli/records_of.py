"""Open the records of the project around the current directory, as every record command does."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from conductor.errors import UsageProblem

if TYPE_CHECKING:
    from conductor.cli.wiring import Project
    from conductor.records.store import Records


def open_records() -> Records:
    """Return the records of the project around the current directory; raises UsageProblem outside a repository."""
    from conductor.cli.wiring import open_project

    return records_of(open_project())


def records_of(project: Project) -> Records:
    """Return the records of an open project."""
    from conductor.records.store import Records

    settings = project.settings
    return Records(
        project.root,
        project.repository,
        project.clock,
        settings.timezone,
        settings.memories,
        settings.records.max_lines,
    )


def read_words(text: str) -> str:
    """Return the text, or what standard input holds where the text is `-`."""
    if text != "-":
        return text
    words = sys.stdin.buffer.read().decode("utf-8", "replace")
    if not words.strip():
        raise UsageProblem("standard input is empty", hint='pipe the text in: printf "text" | conductor …')
    return words


def say(line: str) -> None:
    """Print a line for people, behind the result (to standard error)."""
    print(line, file=sys.stderr)


def tell_state(records: Records, name: str) -> None:
    """Say what a reader has to know: the file stands in conflict, others were left out because they are no text."""
    from conductor.records.conflicts import describe_conflict

    if conflict := describe_conflict(records.root, name):
        say(conflict)
    if records.unread:
        say(f"not read, because it is no text: {', '.join(records.unread)} (conductor check records)")


def complete_task_ids(incomplete: str) -> list[tuple[str, str]]:
    """Return the ids, with their titles, that begin like the word at the cursor."""
    from conductor.errors import ConductorError
    from conductor.records.tasks import load_tasks

    try:
        tasks = load_tasks(open_records(), archives=True)
    except ConductorError:
        return []
    return [(task.id, task.title) for task in tasks if task.id.startswith(incomplete.upper())]
