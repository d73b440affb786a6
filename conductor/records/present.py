"""What the records hold now, archives included: what a comparison with the past needs to know of it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from conductor.domain.finding import Location
from conductor.records.blocks import FORMERLY
from conductor.records.conflicts import find_conflicts
from conductor.records.document import Document
from conductor.records.errors_ledger import read_errors
from conductor.records.files import ERRORS, JOURNAL, JOURNAL_ARCHIVE, TASK_ARCHIVE, TASKS
from conductor.records.grammar import find_ranged_ids, parse_row, read_stamp, task_ids
from conductor.records.history import title_of
from conductor.records.journal import JournalFile
from conductor.records.store import Records
from conductor.records.task_heads import Task
from conductor.records.tasks import TaskFile, task_file

_NAMING_LINE = re.compile(rb"(?m)^(?:#{1,6}[ \t]|[0-9]{1,9}[.)][ \t]|[-*+][ \t]+(?:\[.\][ \t]+)?\[?TASK-)[^\n]*")
_BARE_STAMP = len("2026-01-05 10:31")
_FAMILY = {
    TASKS: {TASKS, TASK_ARCHIVE},
    TASK_ARCHIVE: {TASKS, TASK_ARCHIVE},
    JOURNAL: {JOURNAL, JOURNAL_ARCHIVE},
    JOURNAL_ARCHIVE: {JOURNAL, JOURNAL_ARCHIVE},
    ERRORS: {ERRORS},
}


@dataclass
class Present:
    """The files that could be read, and what is asked of them; what nobody asks for is not looked for.

    `unread` are the files and folders of those that are no text, or in conflict.
    """

    tasks: list[TaskFile] = field(default_factory=list)
    journals: list[JournalFile] = field(default_factory=list)
    errors: set[str] = field(default_factory=set)
    unread: set[str] = field(default_factory=set)

    def can_miss(self, path: str) -> bool:
        """Tell whether what once stood in that file is proven to be gone: no file it may be in was left unread."""
        return not self.unread & _FAMILY[path.partition("/")[0]]

    def has_task(self, task_id: str) -> bool:
        """Tell whether any record names the task, under this id or as its former one."""
        return task_id in self.ids or task_id in self.former

    @cached_property
    def _tasks(self) -> dict[str, list[Task]]:
        found: dict[str, list[Task]] = defaultdict(list)
        for file in self.tasks:
            for task_id, task in file.by_id.items():
                found[task_id].append(task)
        return found

    @cached_property
    def _naming_lines(self) -> str:
        """Return the lines that name tasks beside the blocks: headings, rows and lists, whatever part they stand in."""
        names = [file.document.path.rpartition("/")[2].encode() for file in self.tasks]
        lines = [line for file in self.tasks for line in _NAMING_LINE.findall(file.document.plain)]
        return b"\n".join([*names, *lines]).decode("utf-8", "replace")

    @cached_property
    def ids(self) -> set[str]:
        """Return the id of every task that a record names."""
        lines = self._naming_lines
        return {*self._tasks, *task_ids().findall(lines), *find_ranged_ids(lines)}

    @cached_property
    def former(self) -> dict[str, list[str]]:
        """Return the titles of tasks by the ids that they had before a merge."""
        found: dict[str, list[str]] = defaultdict(list)
        for file in self.tasks:
            for block in file.blocks.values() if FORMERLY.encode() in file.document.content else ():
                if former := block.value(FORMERLY):
                    found[former].append(block.title)
        return found

    def titles_of(self, task_id: str) -> list[str]:
        """Return what a task is called now, by its blocks, lists and the rows of the chains."""
        if task_id not in self._tasks:
            return []
        rows = (row.title for file in self.tasks for row in file.rows_of(task_id))
        return [*(task.title for task in self._tasks[task_id]), *rows, *self.former.get(task_id, [])]

    def is_called(self, task_id: str, title: str) -> bool:
        """Tell whether a block or list calls the task so: `title in titles_of(task_id)` without reading the rows."""
        return any(task.title == title for task in self._tasks.get(task_id, ()))

    def place_of(self, task_id: str) -> Location:
        """Return where a task that is on record stands."""
        task = self._tasks[task_id][0]
        return Location(task.path, task.line)

    @cached_property
    def rows(self) -> set[str]:
        """Return the title of every task and of every numbered row."""
        rows = (parse_row(line) for line in self._naming_lines.split("\n") if line[:1].isdigit())
        return {*(task.title for found in self._tasks.values() for task in found), *(row.title for row in rows if row)}

    @cached_property
    def titles(self) -> set[str]:
        """Return the title of every entry, with and without the date on its line."""
        found: set[str] = set()
        for file in self.journals:
            headings = file.document.headings
            for index, level in enumerate(headings.levels):
                text = headings.text(index) if level in {2, 3} else ""
                found.add(title_of(text))
                stamp = read_stamp(text) if len(text) > _BARE_STAMP and text[0].isdigit() else None
                if stamp:
                    found.add(title_of(stamp.rest.strip(" -:")))
        return found

    @cached_property
    def stamps(self) -> dict[str, tuple[JournalFile, int]]:
        """Return the line of every dated heading with its file and its index; of two alike, the first."""
        found: dict[str, tuple[JournalFile, int]] = {}
        for file in self.journals:
            document = file.document
            for _, index in file.dates:
                line = document.content[document.starts[index] : document.headings.ends[index]]
                found.setdefault(line.decode("utf-8", "replace").strip(), (file, index))
        return found

    def place_of_stamp(self, written: str) -> Location:
        """Return where a dated heading stands."""
        file, index = self.stamps[written]
        return Location(file.document.path, file.document.line_of(file.document.starts[index]), 1)


def read_present(records: Records) -> Present:
    """Return what the files in the working tree hold; one that is no text, or unsettled, is left to other checks."""
    present = Present()
    present.tasks = [task_file(document) for document in _readable(records, present, records.family(TASKS))]
    present.journals = [JournalFile(document) for document in _readable(records, present, records.family(JOURNAL))]
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
