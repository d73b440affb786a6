"""Bring back from git's history what the records lost: as it stood, into the archives."""

from __future__ import annotations

from collections import defaultdict

from conductor.records.archive import add_to_journal_archive, add_to_task_archive
from conductor.records.document import Document, Edit, with_final_newline
from conductor.records.errors_ledger import ACTIVE, RESOLVED, read_errors
from conductor.records.grammar import expand_ids
from conductor.records.history import Sighting, read_past
from conductor.records.lost import Lost, find_lost
from conductor.records.present import Present, read_present
from conductor.records.sections import find_section, item_offset
from conductor.records.store import ERRORS, JOURNAL, TASKS, Records


def restore_records(records: Records, *, dry_run: bool = False) -> list[Sighting]:
    """Write what the history held and no record has into the archives, and return it; twice brings nothing twice.

    With `dry_run` nothing is written. Raises RecordSyntaxError where a record file is no text, or unsettled.
    """
    with records.lock():
        past = read_past(records.repository)
        lost = find_lost(records, past, _read_all(records)) if past else []
        if not dry_run:
            add_to_journal_archive(records, [one.text for one in lost if one.seen.kind == "entry"])
            _restore_tasks(records, [one for one in lost if one.seen.kind in {"task", "row"}])
            _restore_errors(records, [one for one in lost if one.seen.kind == "error"])
    return [one.seen for one in lost]


def _read_all(records: Records) -> Present:
    for name in (*records.family(TASKS), *records.family(JOURNAL), ERRORS):
        records.load_settled(name)  # raises: what can't be read can't be compared
    return read_present(records)


def _restore_tasks(records: Records, lost: list[Lost]) -> None:
    blocks: dict[str, list[bytes]] = defaultdict(list)
    rows: dict[str, list[bytes]] = defaultdict(list)
    for one in lost:
        ids = expand_ids(one.seen.key)
        month = ids[0].removeprefix("TASK-")[:7] if ids else f"{records.now():%Y-%m}"
        texts = rows[month] if one.is_row else blocks[month]
        if one.text not in texts:  # a row of several tasks is lost once
            texts.append(one.text)
    for month in sorted({*blocks, *rows}):
        add_to_task_archive(records, month, blocks[month], rows[month])


def _restore_errors(records: Records, lost: list[Lost]) -> None:
    for one in lost:
        document = records.load_or_new(ERRORS)
        [row] = read_errors(Document(one.text, ERRORS))
        index = find_section(document, ACTIVE if row.active else RESOLVED)
        start, end = document.heading_body(index) if index is not None else (0, len(document.content))
        offset = item_offset(document, start, end) if index is not None else end
        line = document.encode(one.text.decode("utf-8").rstrip("\r\n") + "\n")
        records.save(document.apply([Edit(offset, offset, with_final_newline(document, line, offset))]))
