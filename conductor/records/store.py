"""The records of one repository: where they stand, one writer at a time, and files made from templates when missing."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from conductor.errors import RecordSyntaxError
from conductor.ports.clock import Clock
from conductor.ports.git import Repository
from conductor.records.conflicts import refuse_unsettled
from conductor.records.document import Document, read_document
from conductor.records.files import (
    ERRORS,
    JOURNAL,
    JOURNAL_ARCHIVE,
    TASK_ARCHIVE,
    TASKS,
    read_bytes,
    records_lock,
    write_atomically,
)
from conductor.records.ids import Places, allocate_id
from conductor.records.templates import render_template

if TYPE_CHECKING:
    from conductor.records.evidence import EvidenceStore

_TEMPLATES = {TASKS: "tasks_file.j2", JOURNAL: "journal_file.j2", ERRORS: "errors_file.j2"}
_ARCHIVES = {TASKS: TASK_ARCHIVE, JOURNAL: JOURNAL_ARCHIVE}
_LEFT_BEHIND = re.compile(r"\.(?:TASKS|JOURNAL|ERRORS)\.md\.[0-9]+\.[0-9a-f]+\.tmp")


@dataclass(frozen=True, slots=True)
class Records:
    """Where a repository keeps its records; `memories` are folders, `max_lines` is the size of a file in lines.

    `unread` grows by each file that was left out because it is no text: what a command tells at its end. `documents`
    are the files as they were read last: one whose bytes are the same is not taken apart again.
    """

    root: Path
    repository: Repository
    clock: Clock
    timezone: str = "UTC"
    memories: tuple[str, ...] = (".serena/memories",)
    max_lines: int = 500
    unread: list[str] = field(default_factory=list, compare=False)
    documents: dict[str, Document] = field(default_factory=dict, compare=False, repr=False)

    @property
    def evidence(self) -> EvidenceStore:
        """Return the project's evidence."""
        from conductor.records.evidence import EvidenceStore

        return EvidenceStore.of(self.repository)

    def now(self) -> datetime:
        """Return the present time in the configured time zone, to the minute."""
        moment = self.clock.now().replace(second=0, microsecond=0)
        if self.timezone == "UTC":
            return moment
        from zoneinfo import ZoneInfo

        return moment.astimezone(ZoneInfo(self.timezone))

    def stamp(self) -> str:
        """Return the present time as records show it: `YYYY-MM-DD HH:MM`."""
        return self.now().strftime("%Y-%m-%d %H:%M")

    def new_id(self, prefix: str) -> str:
        """Return a new id of today, `prefix` being `TASK` or `ERR`; the lock must be held."""
        places = Places(self.root, self.repository.common_dir, self.repository)
        return allocate_id(places, prefix, self.now().strftime("%Y-%m-%d"))

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the records' lock; what a writer that was killed left behind is taken away first.

        Before the very first write it is remembered what the project brought along.
        """
        from conductor.records.inherited import note_inherited

        with records_lock(self.repository.common_dir):
            note_inherited(self.repository)
            for name in os.listdir(self.root):  # noqa: PTH208 - names are enough
                if name.startswith(".") and _LEFT_BEHIND.fullmatch(name):
                    with contextlib.suppress(OSError):
                        (self.root / name).unlink()
            yield

    def load(self, name: str) -> Document | None:
        """Return the record file (a path relative to the root), or None where there is none.

        Raises RecordSyntaxError for a file that is not UTF-8 text.
        """
        content = read_bytes(self.root / name)
        if content is None:
            return None
        known = self.documents.get(name)
        if known is None or known.content != content:
            known = self.documents[name] = read_document(content, name)
        return known

    def load_settled(self, name: str) -> Document | None:
        """Return the record file as `load` does; raises RecordSyntaxError also where a merge has left it unsettled."""
        document = self.load(name)
        if document is not None:
            refuse_unsettled(self.repository, document)
        return document

    def peek(self, name: str) -> Document | None:
        """Return the record file, or None where there is none or it is no text: for those who go on with the others.

        Its name goes to `unread` then; `conductor check records` says what is wrong with it.
        """
        try:
            return self.load(name)
        except RecordSyntaxError as error:
            where = f"{name}:{error.line}" if error.line else name
            if where not in self.unread:
                self.unread.append(where)
            return None

    def load_or_new(self, name: str) -> Document:
        """Return the record file, or a new one from its template where there is none or it is empty."""
        found = self.load(name)
        if found is not None and found.content.strip():
            return found
        today = self.now().strftime("%Y-%m-%d")
        text = render_template(_TEMPLATES[name], self.root, date=today, project=self.root.name)
        return Document(text.encode("utf-8"), name)

    def save(self, document: Document) -> None:
        """Write the document to its path; it is on disk when this returns. The lock must be held.

        Raises RecordSyntaxError for a file that a merge has left unsettled.
        """
        refuse_unsettled(self.repository, document)
        write_atomically(self.root / document.path, document.content)

    def family(self, name: str) -> list[str]:
        """Return the file, TASKS.md or JOURNAL.md, and the files of its archive, oldest first by name."""
        return [name, *self.archives(_ARCHIVES[name])]

    def archives(self, folder: str) -> list[str]:
        """Return the paths of the Markdown files below an archive folder, oldest first by name."""
        top = self.root / folder
        return sorted(path.relative_to(self.root).as_posix() for path in top.rglob("*.md")) if top.is_dir() else []
