"""What the records hold now, archives included: what a comparison with the past needs to know of it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from conductor.domain.finding import Location
from conductor.records.conflicts import find_conflicts
from conductor.records.document import Document
from conductor.records.errors_ledger import read_errors
from conductor.records.grammar import expand_ids, parse_row, read_stamp
from conductor.records.history import title_of
from conductor.records.journal import JournalFile
from conductor.records.markup import unescape_title
from conductor.records.merge_ids import FORMERLY
from conductor.records.store import ERRORS, JOURNAL, JOURNAL_ARCHIVE, TASK_ARCHIVE, TASKS, Records
from conductor.records.tasks import TaskFile

_NAMING_LINE = re.compile(rb"(?m)^(?:#{1,6}[ \t]|[0-9]{1,9}[.)][ \t]|[-*+][ \t]+(?:\[.\][ \t]+)?\[?TASK-)[^\n]*")
_HEADING = re.compile(r"(?m)^#{2,3}[ \t]+(.*?)[ \t]*$")


@dataclass
class Present:
    """Titles by the id of their task, where it stands, and every title, row, error and date there is."""

    ids: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    former: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    places: dict[str, Location] = field(default_factory=dict)
    titles: set[str] = field(default_factory=set)
    rows: set[str] = field(default_factory=set)
    errors: set[str] = field(default_factory=set)
    stamps: dict[str, Location] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)

    def can_miss(self, path: str) -> bool:
        """Tell whether what once stood in that file is proven to be gone: no file it may be in was left unread."""
        return not self.unread & _FAMILY[path.partition("/")[0]]

    def has_task(self, task_id: str) -> bool:
        """Tell whether any record names the task, under this id or as its former one."""
        return task_id in self.ids or task_id in self.former


_FAMILY = {
    TASKS: {TASKS, TASK_ARCHIVE},
    TASK_ARCHIVE: {TASKS, TASK_ARCHIVE},
    JOURNAL: {JOURNAL, JOURNAL_ARCHIVE},
    JOURNAL_ARCHIVE: {JOURNAL, JOURNAL_ARCHIVE},
    ERRORS: {ERRORS},
}


def read_present(records: Records) -> Present:
    """Return what the files in the working tree hold; one that is no text, or unsettled, is left to other checks."""
    present = Present()
    for document in _readable(records, present, records.family(TASKS)):
        _add_tasks(present, TaskFile(document))
    for document in _readable(records, present, records.family(JOURNAL)):
        _add_entries(present, JournalFile(document))
    for document in _readable(records, present, [ERRORS]):
        present.errors |= {row.id for row in read_errors(document)}
    return present


def _readable(records: Records, present: Present, names: list[str]) -> Iterator[Document]:
    for path in names:
        document = records.peek(path)
        if document and not find_conflicts(document.plain):
            yield document
        elif document or (records.root / path).exists():
            present.unread.add(path.partition("/")[0])


def _add_tasks(present: Present, file: TaskFile) -> None:
    path = file.document.path
    for task in file.tasks():
        present.ids[task.id].append(task.title)
        present.places.setdefault(task.id, Location(path, task.line))
        present.rows.add(task.title)
    for row in file.chain:
        if row.id:
            present.ids[row.id].append(row.title)
    for block in file.blocks.values() if FORMERLY.encode() in file.document.content else ():
        if former := block.value(FORMERLY):
            present.former[former].append(unescape_title(block.value("Title") or ""))
    _add_named(present, file)


def _add_named(present: Present, file: TaskFile) -> None:
    """Add what rows and lists name beside the tasks, in whatever part of the file."""
    for task_id in expand_ids(file.document.path.rpartition("/")[2]):
        present.ids.setdefault(task_id, [])
    for match in _NAMING_LINE.finditer(file.document.plain):
        line = match[0].decode("utf-8", "replace")
        row_line = parse_row(line) if line[0].isdigit() else None
        if row_line:
            present.rows.add(row_line.title)
        for task_id in expand_ids(line):
            present.ids.setdefault(task_id, [])


def _add_entries(present: Present, file: JournalFile) -> None:
    for heading in _HEADING.findall(file.document.plain.decode("utf-8", "replace")):
        present.titles.add(title_of(heading))
        stamp = read_stamp(heading)
        if stamp:
            present.titles.add(title_of(stamp.rest.strip(" -:")))
    for _, index in file.dates:
        heading = file.document.headings[index]
        written = file.document.content[heading.start : heading.end].decode("utf-8", "replace").strip()
        present.stamps.setdefault(written, Location(file.document.path, file.document.line_of(heading.start), 1))
