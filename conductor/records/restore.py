"""Bring back from git's history what the records lost: as it stood, into the archives."""

from __future__ import annotations

import re
from collections import defaultdict

from conductor.errors import RecordSyntaxError
from conductor.records.archive import add_to_journal_archive, add_to_task_archive
from conductor.records.document import Document, Edit, read_document, with_final_newline
from conductor.records.errors_ledger import ACTIVE, RESOLVED, read_errors
from conductor.records.history import Sighting, read_past, title_of
from conductor.records.journal import JournalFile
from conductor.records.losses import find_lost, read_present
from conductor.records.sections import find_section, item_offset
from conductor.records.store import ERRORS, Records
from conductor.records.tasks import TaskFile

_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")


def restore_records(records: Records, *, dry_run: bool = False) -> list[Sighting]:
    """Write what the history held and no record has into the archives, and return it; twice brings nothing twice.

    With `dry_run` nothing is written. Raises RecordSyntaxError where a record file is not UTF-8 text.
    """
    with records.lock():
        past = read_past(records.repository)
        present = read_present(records)
        for name in sorted(present.unread):
            records.load(name)  # raises: what can't be read can't be compared
        lost = find_lost(past, present) if past else []
        if past is None or dry_run or not lost:
            return lost
        texts = _read_texts(records, lost)
        restored: list[Sighting] = []
        restored += _restore_entries(records, [one for one in lost if one.kind == "entry"], texts)
        restored += _restore_tasks(records, [one for one in lost if one.kind in {"task", "row"}], texts)
        restored += _restore_errors(records, [one for one in lost if one.kind == "error"], texts)
    return restored


def _read_texts(records: Records, lost: list[Sighting]) -> dict[str, Document]:
    names = sorted({_place(one) for one in lost})
    blobs = records.repository.read_many(names)
    texts = {}
    for name, blob in zip(names, blobs, strict=True):
        try:
            texts[name] = read_document(blob or b"", name.partition(":")[2])
        except RecordSyntaxError:
            continue
    return texts


def _place(one: Sighting) -> str:
    return f"{one.revision}{'^' if one.removed else ''}:{one.path}"


def _restore_entries(records: Records, lost: list[Sighting], texts: dict[str, Document]) -> list[Sighting]:
    sections: list[bytes] = []
    done = []
    for one in lost:
        document = texts.get(_place(one))
        section = _entry_section(JournalFile(document), one.key) if document else None
        if section is not None:
            sections.append(section)
            done.append(one)
    add_to_journal_archive(records, sections)
    return done


def _entry_section(file: JournalFile, title: str) -> bytes | None:
    document = file.document
    for entry in file.entries():
        if title_of(entry.title) != title or entry.stamp is None:
            continue
        text = document.content[entry.start : entry.end]
        dated = [index for _, index in file.dates if document.headings[index].start <= entry.start]
        if not dated:
            continue
        heading = document.headings[dated[-1]]
        end = document.section_end(dated[-1], level=2)
        titles = [other for other in file.entries() if heading.start <= other.start < end]
        if len(titles) == 1:
            return document.content[heading.start : end]
        return document.content[heading.start : heading.end] + document.eol + text
    return None


def _restore_tasks(records: Records, lost: list[Sighting], texts: dict[str, Document]) -> list[Sighting]:
    blocks: dict[str, list[bytes]] = defaultdict(list)
    rows: dict[str, list[bytes]] = defaultdict(list)
    done = []
    for one in lost:
        document = texts.get(_place(one))
        if document is None:
            continue
        file = TaskFile(document)
        match = _MONTH.search(one.key) if one.kind == "task" else None
        month = match[0] if match else f"{records.now():%Y-%m}"
        block = file.blocks.get(one.key)
        row = next((row for row in file.chain if one.key in {row.id, row.title}), None)
        if block:
            blocks[month].append(_without_chain(file, block.start, block.end))
        elif row:
            rows[month].append(document.content[row.start : row.end])
        else:
            continue
        done.append(one)
    for month in sorted({*blocks, *rows}):
        add_to_task_archive(records, month, blocks[month], rows[month])
    return done


def _without_chain(file: TaskFile, start: int, end: int) -> bytes:
    """Return the block without the chain, which goes on with the tasks that are still there."""
    document, index = file.document, file.chain_index
    if index is None or not start <= document.headings[index].start < end:
        return document.content[start:end]
    stop = min(end, document.section_end(index))
    return document.content[start : document.headings[index].start] + document.content[stop:end]


def _restore_errors(records: Records, lost: list[Sighting], texts: dict[str, Document]) -> list[Sighting]:
    done = []
    for one in lost:
        source = texts.get(_place(one))
        row = next((row for row in read_errors(source) if row.id == one.key), None) if source else None
        if source is None or row is None:
            continue
        document = records.load_or_new(ERRORS)
        index = find_section(document, ACTIVE if row.active else RESOLVED)
        start, end = document.heading_body(index) if index is not None else (0, len(document.content))
        offset = item_offset(document, start, end) if index is not None else end
        line = source.content[row.start : row.end].rstrip(b"\r\n") + document.eol
        records.save(document.apply([Edit(offset, offset, with_final_newline(document, line, offset))]))
        done.append(one)
    return done
