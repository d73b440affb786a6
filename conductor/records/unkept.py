"""What was acknowledged and stands nowhere now, nor in any commit: found by a check, and put back where it belongs."""

from __future__ import annotations

from collections.abc import Iterable

from conductor.domain.finding import Confidence, Finding, Location, Severity
from conductor.domain.text import one_line
from conductor.errors import LockHeld
from conductor.records.acknowledged import Acknowledged, forget, load_acknowledged
from conductor.records.archive import insert_dated
from conductor.records.document import Document
from conductor.records.errors_ledger import put_back_error
from conductor.records.files import ERRORS, JOURNAL, TASKS, records_lock
from conductor.records.history import Past, words_in_common
from conductor.records.lint_place import DOCS
from conductor.records.merge_items import item_key
from conductor.records.present import Present
from conductor.records.sections import find_section, items
from conductor.records.store import Records
from conductor.records.task_edits import put_back_item, put_back_task
from conductor.records.tasks import TaskFile

_PATHS = (TASKS, JOURNAL, ERRORS, "TASKS_ARCHIVE", "JOURNAL_ARCHIVE")
_REMEDY = "conductor records restore puts it back: it was kept when it was written"


def find_unkept(records: Records, past: Past, present: Present) -> list[Acknowledged]:
    """Return what was acknowledged in this working tree and is gone before any commit held it.

    What a commit of any branch, stash or reflog has is not looked for again. An item that the last commit of its task
    leaves out was taken out on purpose.
    """
    every = [one for one in load_acknowledged(records) if present.can_miss(one.path)]
    gone = [one for one in every if not _is_there(one, present, past)]
    lost_tasks = {one.key for one in gone if one.kind == "task"}
    gone += _gone_items(records, [one for one in every if one.kind == "item" and one.key not in lost_tasks])
    if not gone:
        return []
    done = _seen_in_commits(records, gone)
    done |= {one for one in gone if one.kind == "item" and one not in done and _was_left_out(records, one)}
    if done:
        _forget(records, done)
    return [one for one in gone if one not in done]


def forget_items(records: Records, file: TaskFile, task_id: str) -> None:
    """Forget the items that a person took out of the task's block with `task edit`. The lock must be held."""
    block = file.find_block(task_id)
    if block is not None:
        text = file.document.content[block.start : block.end]
        forget(records, lambda one: one.kind == "item" and one.key == task_id and one.first_line.encode() not in text)


def check_unkept(unkept: Iterable[Acknowledged]) -> list[Finding]:
    """Return a finding for each."""
    return [_finding(one) for one in unkept]


def restore_unkept(records: Records, unkept: Iterable[Acknowledged]) -> None:
    """Put each back: a task among the open ones, an item into its task, an entry by its date, an error as active.

    The lock must be held.
    """
    for one in unkept:
        if one.kind == "task":
            put_back_task(records, one.key, one.text, one.row)
        elif one.kind == "item":
            put_back_item(records, one.key, one.section, one.text)
        elif one.kind == "error":
            put_back_error(records, one.text)
        else:
            journal = records.load_or_new(JOURNAL)
            records.save(insert_dated(journal, journal.encode(one.text)))


def _is_there(one: Acknowledged, present: Present, past: Past) -> bool:
    """Tell whether a record has it now, or the history behind HEAD had it: then that comparison names it."""
    if f"{one.kind} {one.key}" in past.sightings or one.kind == "item":
        return True
    if one.kind == "task":
        return present.has_task(one.key)
    if one.kind == "error":
        return one.key in present.errors
    # A title that was edited is the same entry: its date stands there, above words of the old one.
    is_dated = one.first_line in present.stamps
    edited = is_dated and any(words_in_common(one.key, title) >= 0.5 for title in present.titles)
    return one.key in present.titles or edited


def _gone_items(records: Records, every: list[Acknowledged]) -> list[Acknowledged]:
    documents = [document for name in records.family(TASKS) if (document := records.peek(name))] if every else []
    gone = []
    for one in every:
        line = one.first_line.encode()
        if any(line in document.content for document in documents):
            continue
        blocks = ((file, file.find_block(one.key)) for file in map(TaskFile, documents))
        found = next(((file, block) for file, block in blocks if block), None)
        if found is None:
            continue
        file, block = found
        index = find_section(file.document, one.section, block.start, block.end)
        if index is None or item_key(line) not in _keys(file.document, index):
            gone.append(one)
    return gone


def _keys(document: Document, index: int) -> set[object]:
    spans = items(document, *document.heading_body(index))
    return {item_key(document.first_line(start, end).encode()) for start, end in spans}


def _seen_in_commits(records: Records, every: list[Acknowledged]) -> set[Acknowledged]:
    """Return those that a commit of any ref, or of a reflog, wrote into a record file."""
    arguments = (
        "log",
        "--all",
        "--reflog",
        "--full-history",
        "-m",
        "-p",
        "-U0",
        "--format=",
        "--no-color",
        "--no-ext-diff",
    )
    output = records.repository.run(*arguments, "--no-textconv", "--", *_PATHS, check=False).stdout
    return {one for one in every if any(mark.encode() in output for mark in one.marks)}


def _was_left_out(records: Records, one: Acknowledged) -> bool:
    """Tell whether a commit newer than the item has its task, without it."""
    shown = records.repository.run("log", "-1", "--format=%ct", "--", TASKS, check=False).stdout.decode().strip()
    content = records.repository.read("HEAD", TASKS)
    return bool(shown) and content is not None and one.key.encode() in content and int(shown) > one.at


def _forget(records: Records, done: set[Acknowledged]) -> None:
    try:
        with records_lock(records.repository.common_dir, timeout_s=0):
            forget(records, lambda one: one in done)
    except (LockHeld, OSError):
        return  # the next check looks again


def _finding(one: Acknowledged) -> Finding:
    said = {
        "task": f"{one.key} ({one_line(one.title, 100)})",
        "error": f"{one.key} ({one_line(one.title, 100)})",
        "entry": f"the entry {one_line(one.title, 100)!r}",
        "item": f"{one_line(one.title, 100)!r} of {one.key}",
    }[one.kind]
    is_item = one.kind == "item"
    return Finding(
        "REC-KEPT-002" if is_item else "REC-KEPT-001",
        f"{said} was written and acknowledged, and is gone before any commit held it",
        _REMEDY,
        Severity.WARNING if is_item else Severity.ERROR,
        Confidence.HIGH,
        Location(one.path),
        docs=DOCS,
        data={"kind": one.kind, "key": one.key},
    )
