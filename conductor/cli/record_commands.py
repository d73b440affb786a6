"""Open the records of the project around the current directory, as every record command does."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from conductor import __version__
from conductor.errors import UsageProblem

if TYPE_CHECKING:
    from conductor.records.store import Records


_CONFIGURED_BY = ("CONDUCTOR.md", "conductor.yaml")


def open_records() -> Records:
    """Return the records of the project around the current directory; raises UsageProblem outside a repository.

    What CONDUCTOR.md says about them is remembered until the file changes: reading it takes longer than most commands.
    Raises ConfigurationProblem for a wrong configuration.
    """
    from conductor.providers.clock import SystemClock
    from conductor.providers.git import GitRepository
    from conductor.records.store import Records

    repository = GitRepository.find(Path.cwd())
    stamp: list[object] = [__version__, *map(_stamp_of, (repository.root / name for name in _CONFIGURED_BY))]
    path = repository.common_dir / "conductor" / "record-settings.json"
    known = _recall(path, stamp)
    if known is not None:
        return Records(repository.root, repository, SystemClock(), *known)
    from conductor.cli.wiring import open_project, project_records

    records = project_records(open_project())
    if path.parent.is_dir():
        written = json.dumps({"stamp": stamp, "settings": [records.timezone, records.memories, records.max_lines]})
        with contextlib.suppress(OSError):
            temporary = path.with_name(f"{path.name}.{os.getpid()}")
            temporary.write_text(written, encoding="utf-8")
            temporary.replace(path)
    return records


def _stamp_of(path: Path) -> list[int]:
    try:
        status = path.stat()
    except OSError:
        return []
    return [status.st_mtime_ns, status.st_size, status.st_ino, status.st_ctime_ns]


def _recall(path: Path, stamp: list[object]) -> tuple[str, tuple[str, ...], int] | None:
    try:
        known = json.loads(path.read_bytes())
        timezone, memories, max_lines = known["settings"]
        return (str(timezone), tuple(map(str, memories)), int(max_lines)) if known["stamp"] == stamp else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


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
    from conductor.records.task_lists import load_tasks

    try:
        tasks = load_tasks(open_records(), archives=True)
    except ConductorError:
        return []
    return [(task.id, task.title) for task in tasks if task.id.startswith(incomplete.upper())]
