"""What git's history held and no record has any more, each with the very bytes that bring it back.

Only what can be read in the version that held it counts: a row in a fence was never a row. So whatever a check calls
lost, `conductor records restore` can write.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from conductor.errors import RecordSyntaxError
from conductor.records.blocks import Block, ChainRow
from conductor.records.chain import find_chain
from conductor.records.document import Document, read_document
from conductor.records.errors_ledger import read_errors
from conductor.records.history import Past, Sighting, title_of
from conductor.records.journal import Entry, JournalFile
from conductor.records.present import Present
from conductor.records.sections import plain_title
from conductor.records.store import Records
from conductor.records.tasks import CHAIN_HEADING, TaskFile


@dataclass(frozen=True, slots=True)
class Lost:
    """Something that is gone: where it was seen last, and its text as it stood there.

    `text` is a task's block without the chain, a row of the chain, a dated section of the journal, or an error's row;
    `is_row` tells that a task has no block, only its row.
    """

    seen: Sighting
    text: bytes
    is_row: bool = False


def find_lost(records: Records, past: Past, present: Present) -> list[Lost]:
    """Return everything that the history held and no record has, newest commits first."""
    suspects = [one for one in _suspects(past, present) if present.can_miss(one.path)]
    versions = _Versions(records, suspects)
    found = (versions.find(one, present) for one in suspects)
    return [one for one in found if one is not None]


def _suspects(past: Past, present: Present) -> Iterator[Sighting]:
    of_tasks = {one.title for _, seen in past.of("task") for one in seen}
    yield from (seen[0] for task_id, seen in past.of("task") if not present.has_task(task_id))
    yield from (seen[0] for error_id, seen in past.of("error") if error_id not in present.errors)
    yield from (seen[0] for title, seen in past.of("entry") if not _is_known(title, past, present.titles))
    for title, seen in past.of("row"):
        if title not in of_tasks and not _is_known(title, past, present.rows):
            yield seen[0]


def _is_known(title: str, past: Past, known: set[str]) -> bool:
    seen = set()
    while title not in known:
        seen.add(title)
        following = past.renamed.get(title)
        if following is None or following in seen:
            return False
        title = following
    return True


class _Version:
    """One version of a record file, read once."""

    def __init__(self, document: Document, day: str) -> None:
        self.document = document
        self.day = day

    @cached_property
    def tasks(self) -> TaskFile:
        return TaskFile(self.document)

    @cached_property
    def rows(self) -> list[ChainRow]:
        """Return the rows of every chain: a file may hold several."""
        file, found = self.tasks, []
        for index, heading in enumerate(self.document.headings):
            if plain_title(heading.text) == CHAIN_HEADING.casefold():
                found += file.rows_below(index)
        return found

    @cached_property
    def entries(self) -> list[Entry]:
        return list(JournalFile(self.document).entries())


class _Versions:
    """The versions of record files that suspects were seen in, read by one process of git."""

    def __init__(self, records: Records, suspects: list[Sighting]) -> None:
        names = sorted({_place(one) for one in suspects})
        blobs = records.repository.read_many(names)
        days = _days(records, sorted({one.revision for one in suspects}))
        self._known: dict[str, _Version] = {}
        for name, blob in zip(names, blobs, strict=True):
            revision, _, path = name.partition(":")
            try:
                document = read_document(blob or b"", path)
            except RecordSyntaxError:
                continue
            self._known[name] = _Version(document, days.get(revision.rstrip("^"), ""))

    def find(self, one: Sighting, present: Present) -> Lost | None:
        """Return what was seen, as it stood; None where that version has it as something else, or it is not gone."""
        version = self._known.get(_place(one))
        if version is None:
            return None
        if one.kind == "task":
            return _lost_task(version, one)
        if one.kind == "row":
            return _lost_row(version, one, present)
        return _lost_entry(version, one) if one.kind == "entry" else _lost_error(version, one)


def _place(one: Sighting) -> str:
    return f"{one.revision}{'^' if one.removed else ''}:{one.path}"


def _days(records: Records, revisions: list[str]) -> dict[str, str]:
    if not revisions:
        return {}
    shown = records.repository.run("show", "-s", "--format=%H %as", *revisions, check=False).stdout.decode()
    return dict(line.split(" ", 1) for line in shown.splitlines() if " " in line)


def _lost_task(version: _Version, one: Sighting) -> Lost | None:
    block = version.tasks.blocks.get(one.key)
    if block is not None:
        text = _without_chain(version.tasks, block)
        return Lost(_at(version, one, block.start), text)
    row = next((row for row in version.rows if one.key in row.ids or row.id == one.key), None)
    return None if row is None else Lost(_at(version, one, row.start), _bytes(version, row), is_row=True)


def _lost_row(version: _Version, one: Sighting, present: Present) -> Lost | None:
    row = next((row for row in version.rows if row.title == one.key), None)
    # `(CURRENT)` stood for a task: it is gone only if that task is.
    if row is None or (row.id and present.has_task(row.id)):
        return None
    return Lost(_at(version, one, row.start), _bytes(version, row), is_row=True)


def _lost_entry(version: _Version, one: Sighting) -> Lost | None:
    document, file = version.document, JournalFile(version.document)
    entry = next((entry for entry in version.entries if title_of(entry.title) == one.key), None)
    if entry is None:
        return None
    dated = [index for _, index in file.dates if document.headings[index].start <= entry.start]
    seen = _at(version, one, entry.start)
    if entry.stamp is None or not dated:
        heading = document.encode(f"## {version.day or entry.stamp}\n\n")
        return Lost(seen, heading + document.content[entry.start : entry.end])
    start, end = document.headings[dated[-1]].start, document.section_end(dated[-1], level=2)
    if sum(start <= other.start < end for other in version.entries) == 1:
        return Lost(seen, document.content[start:end])
    heading = document.content[start : document.headings[dated[-1]].end] + document.eol
    return Lost(seen, heading + document.content[entry.start : entry.end])


def _lost_error(version: _Version, one: Sighting) -> Lost | None:
    row = next((row for row in read_errors(version.document) if row.id == one.key), None)
    if row is None:
        return None
    text = version.document.content[row.start : row.end].rstrip(b"\r\n") + version.document.eol
    return Lost(_at(version, one, row.start), text)


def _at(version: _Version, one: Sighting, offset: int) -> Sighting:
    return one._replace(line=version.document.line_of(offset))


def _bytes(version: _Version, row: ChainRow) -> bytes:
    return version.document.content[row.start : row.end]


def _without_chain(file: TaskFile, block: Block) -> bytes:
    """Return the block without the chain, which goes on with the tasks that are still there."""
    chain, content = find_chain(file), file.document.content
    if chain is None or chain.holder.start != block.start:
        return content[block.start : block.end]
    return content[block.start : chain.start] + content[chain.end : block.end]
