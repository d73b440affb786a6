"""Bring back what the records lost: what git's history had, and what was acknowledged before any commit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from conductor.records.acknowledged import Acknowledged
from conductor.records.archive import add_to_journal_archive, add_to_task_archive
from conductor.records.errors_ledger import put_back_error
from conductor.records.files import ERRORS, JOURNAL, TASKS
from conductor.records.grammar import expand_ids
from conductor.records.history import Past, Sighting, read_past
from conductor.records.lost import Lost, find_lost
from conductor.records.present import Present, read_present
from conductor.records.store import Records
from conductor.records.typed_ids import parse_typed
from conductor.records.unkept import find_unkept, restore_unkept


def restore_records(records: Records, *, words: Sequence[str] = (), dry_run: bool = False) -> list[Sighting]:
    """Write what was lost to where it belongs, and return it; twice brings nothing twice.

    With `words` only what they name, by id as it is typed or by title; with `dry_run` nothing is written.
    Raises RecordSyntaxError where a record file is no text, or unsettled.
    """
    with records.lock():
        present = _read_all(records)
        past = read_past(records.repository) or Past()
        lost = [one for one in find_lost(records, past, present) if _is_named(one.seen, words)]
        unkept = [one for one in find_unkept(records, past, present) if _is_named(_as_seen(one), words)]
        back = [*(one.seen for one in lost), *map(_as_seen, unkept)]
        if not dry_run:
            add_to_journal_archive(records, [one.text for one in lost if one.seen.kind == "entry"])
            _restore_tasks(records, [one for one in lost if one.seen.kind in {"task", "row"}])
            for one in lost:
                if one.seen.kind == "error":
                    put_back_error(records, one.text.decode("utf-8"))
            restore_unkept(records, unkept)
            # What was written into a task that is back only now.
            now = find_unkept(records, past, read_present(records))
            items = [one for one in now if one.kind == "item" and _is_named(_as_seen(one), words)]
            restore_unkept(records, items)
            back += map(_as_seen, items)
    return back


def _is_named(one: Sighting, words: Sequence[str]) -> bool:
    for word in words:
        typed = parse_typed(word)
        if typed.fits(one.key) if typed and typed.parts else word.casefold() in one.title.casefold():
            return True
    return not words


def _as_seen(one: Acknowledged) -> Sighting:
    return Sighting(one.kind, one.key, one.title, "", one.path, "", 0, removed=False)


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
