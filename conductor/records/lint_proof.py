"""Every task that says COMPLETE is carried by evidence or by a person's word, or was so before Conductor came."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from conductor.domain.finding import Finding, Location, Severity
from conductor.domain.text import one_line
from conductor.records.blocks import FORMERLY, Block
from conductor.records.evidence import EvidenceStore
from conductor.records.files import TASKS
from conductor.records.inherited import load_inherited
from conductor.records.lint_place import DOCS, finding_at
from conductor.records.proof import find_beginning, find_fault, names_of
from conductor.records.store import Records
from conductor.records.task_heads import STATUSES, Task, is_complete, meant_value
from conductor.records.tasks import TaskFile

_REFERENCE = re.compile(rb"\(evidence [^\s)]+\)")
_SHOWN = 5
_OPEN = frozenset(STATUSES) - {"COMPLETE"}


def check_proofs(records: Records, files: Sequence[TaskFile]) -> Iterator[Finding]:
    """Yield each COMPLETE that nothing carries; `files` are TASKS.md and its archives."""
    store = records.evidence
    with_block = {name for file in files for name in file.block_ids()}
    bare: list[tuple[TaskFile, Block, str]] = []
    for file in files:
        for block in file.odd_blocks(_OPEN):
            status = file.status_line(block)
            if status is None or not is_complete(meant_value(status["value"].decode("utf-8", "replace")) or ""):
                continue
            fault = _find_lack(records, store, file, block)
            if fault is not None:
                bare.append((file, block, fault))
            elif file.document.path == TASKS:
                yield from _check_open(file, block)
    tasks = [task for file in files for task in file.by_id.values()]
    rows = [task for task in tasks if task.id not in with_block and is_complete(task.status)]
    if bare or rows:
        known = load_inherited(records.repository).complete
        yield from _split(bare, known, with_block)
        yield from (_row(task) for task in {row.id: row for row in rows}.values() if task.id not in known)


def _split(bare: list[tuple[TaskFile, Block, str]], known: frozenset[str], present: set[str]) -> Iterator[Finding]:
    """Yield the new ones as errors, and those that the project brought along as one advice.

    A merge may have given one of those another id; that it was so is believed where nothing else has the former id.
    """
    old: list[tuple[TaskFile, Block, str]] = []
    for file, block, fault in bare:
        if block.id in known or ((former := block.value(FORMERLY)) in known and former not in present):
            old.append((file, block, fault))
        else:
            yield _bare(file, block, fault)
    if old:
        names = ", ".join(block.id for _, block, _ in old[:_SHOWN]) + (", …" if len(old) > _SHOWN else "")
        count = "1 task was" if len(old) == 1 else f"{len(old)} tasks were"
        yield Finding(
            "REC-CLAIM-003",
            f"{count} COMPLETE without evidence before Conductor came: {names}",
            "nothing has to be done; what is completed from now on needs evidence, or a person's word",
            Severity.ADVICE,
            location=_bare(*old[0]).location,
            docs=DOCS,
        )


def _find_lack(records: Records, store: EvidenceStore, file: TaskFile, block: Block) -> str | None:
    """Return why its references don't carry the task, empty where it has none; None where one does."""
    if not _REFERENCE.search(block.document.content, block.start, block.end):
        return ""
    since = find_beginning(records, block)
    faults = [
        find_fault(store, one, since, names_of(block))
        for one in file.expectations(block)
        if one.ticked and one.dropped is None
    ]
    return None if None in faults else next((fault for fault in faults if fault), "")


def _check_open(file: TaskFile, block: Block) -> Iterator[Finding]:
    field = block.fields["Status"]
    open_ones = [one for one in file.expectations(block) if one.dropped is None and not one.ticked]
    if open_ones:
        yield finding_at(
            file.document,
            field.start,
            "REC-CLAIM-002",
            f"{block.id} is COMPLETE, but {open_ones[0].label!r} is not met",
            f'conductor task reopen {block.id} --why "…"',
            Severity.ERROR,
        )


def _bare(file: TaskFile, block: Block, fault: str) -> Finding:
    remedy = (
        f'conductor task reopen {block.id} --why "no evidence", then conductor task expect {block.id} KIND; what only '
        "a person can see is of kind manual, and they say it with: conductor task confirm"
    )
    if file.document.path != TASKS:
        remedy = f"move its block back to TASKS.md, then {remedy}"
    return finding_at(
        file.document,
        block.fields["Status"].start,
        "REC-CLAIM-001",
        f"{block.id} is COMPLETE, and no evidence and no person's word carries it" + (f": {fault}" if fault else ""),
        remedy,
        Severity.ERROR,
    )


def _row(task: Task) -> Finding:
    return Finding(
        "REC-CLAIM-001",
        one_line(f"{task.id} ({task.title}) is listed as complete, without a block whose evidence carries it", 400),
        "list it as planned (⏳), then conductor task start gives it a block whose expectations can be met",
        Severity.ERROR,
        location=Location(task.path, task.line),
        docs=DOCS,
    )
