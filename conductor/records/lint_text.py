"""What is wrong with the text of the records: ids, glued headings, order, links and memories that lead nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from conductor.domain.finding import Finding, Severity
from conductor.domain.text import one_line
from conductor.records.document import Document
from conductor.records.grammar import find_links, find_malformed_ids, is_error_id, is_task_id
from conductor.records.journal import JournalFile
from conductor.records.lint_place import finding_at
from conductor.records.store import Records

_GLUED = re.compile(rb" {0,3}#{1,6} [^\n]*?[^\s#`'\"(\[{&/\\](?P<rest>#{1,6} [A-Z0-9][^\n]*)")
_MEMORY = re.compile(rb"(?<![\w/])(?P<path>(?:\.serena/memories|memory)/[\w./-]+\.md)(?![\w/])")


@dataclass(frozen=True, slots=True)
class Known:
    """What a text may name: tasks and errors on record (None where some were not read), and the memories' paths."""

    tasks: set[str] | None
    errors: set[str] | None
    memories: frozenset[str]

    def lacks(self, link: str) -> bool:
        """Tell whether it is proven that no record has the task or error."""
        known = self.tasks if is_task_id(link) else self.errors if is_error_id(link) else None
        return known is not None and link not in known


def check_text(records: Records, document: Document, known: Known) -> Iterator[Finding]:
    """Yield what is wrong with headings, ids and named memories in any record."""
    yield from _check_glued(document)
    yield from _check_ids(document)
    yield from _check_memories(records, document, known.memories)


def check_journal(file: JournalFile, known: Known) -> Iterator[Finding]:
    """Yield what is wrong with the order and the links of a journal."""
    yield from _check_order(file)
    yield from _check_links(file, known)


def _check_ids(document: Document) -> Iterator[Finding]:
    for offset, text in find_malformed_ids(document.plain):
        yield finding_at(
            document,
            offset,
            "REC-ID-002",
            f"{text} is not a well-formed id",
            "an id reads TASK-2026-01-05-002 or ERR-2026-01-05-001, a letter behind it names a subtask",
        )


def find_glued(document: Document) -> Iterator[re.Match[bytes]]:
    """Yield the headings that hold another heading; its text is the group `rest`."""
    headings = document.headings
    for level, start, line in zip(headings.levels, headings.starts, headings.lines(), strict=True):
        match = _GLUED.match(document.plain, start) if line.count(b"#") > level else None
        if match:
            yield match


def _check_glued(document: Document) -> Iterator[Finding]:
    for match in find_glued(document):
        rest = match["rest"].decode("utf-8", "replace")
        yield finding_at(
            document,
            match.start("rest"),
            "REC-GLUED-001",
            f"a heading is glued to another one: {one_line(rest, 80)!r}",
            "conductor check records --fix puts it on a line of its own",
            fix=True,
        )


def _check_order(file: JournalFile) -> Iterator[Finding]:
    newest_first = file.newest_first
    for (before, _), (after, index) in pairwise(file.dates):
        # A date without a time says nothing about the order within its day.
        length = min(len(before), len(after))
        wrong = before[:length] < after[:length] if newest_first else before[:length] > after[:length]
        if wrong:
            order = "newest first" if newest_first else "oldest first"
            yield finding_at(
                file.document,
                file.document.headings[index].start,
                "REC-ORDER-001",
                f"the entry of {after} stands out of order: the file is written {order}, and {before} stands above it",
                "move it by hand if it matters; Conductor never moves entries",
                Severity.ADVICE,
            )


def _check_links(file: JournalFile, known: Known) -> Iterator[Finding]:
    document = file.document
    lines = b"\n".join(document.headings.lines()).decode("utf-8", "replace")
    lacking = {link for _, link in find_links(lines) if known.lacks(link)}
    for entry in file.entries() if lacking else ():
        for _, link in entry.links:
            if link in lacking:
                yield finding_at(
                    document,
                    entry.start,
                    "REC-LINK-001",
                    f"the entry {one_line(entry.title, 80)!r} links to {link}, which no record has",
                    "conductor records restore looks for it in the history",
                    _severity_of(link),
                )


def _severity_of(link: str) -> Severity:
    # The projects that use the ledger of errors are few; a task that is gone was work.
    return Severity.WARNING if link.startswith("TASK") else Severity.ADVICE


def _check_memories(records: Records, document: Document, names: frozenset[str]) -> Iterator[Finding]:
    plain = document.plain
    for match in _MEMORY.finditer(plain) if b"memory/" in plain or b"/memories/" in plain else ():
        path = match["path"].decode("utf-8", "replace")
        if path not in names and not (records.root / Path(path)).is_file():
            yield finding_at(
                document,
                match.start(),
                "REC-MEMORY-001",
                f"the memory {path} is named, but does not exist",
                f"write it: conductor memory write {Path(path).stem} -, or correct the name",
            )
