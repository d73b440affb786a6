"""What is wrong with tasks: two current ones, wrong counters, claims without evidence, ids that name two things."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conductor.domain.finding import Finding, Severity
from conductor.domain.text import one_line
from conductor.records.blocks import Block
from conductor.records.evidence import EvidenceStore
from conductor.records.grammar import DONE_MARK, numbered_rows, plain_rows, task_ids
from conductor.records.lint_place import finding_at
from conductor.records.proof import find_beginning, find_fault, names_of
from conductor.records.store import Records
from conductor.records.task_heads import CURRENT_HEADING, STATUSES, read_status
from conductor.records.task_layout import count_progress, progress_edit, read_progress
from conductor.records.tasks import TaskFile

_DEPENDING = re.compile(rb"Dependencies[*:]{3}[^\n]*TASK-[^\n]*")


def check_tasks(records: Records, file: TaskFile, known: set[str] | None) -> Iterator[Finding]:
    """Yield what is wrong in TASKS.md; `known` are the ids of every task on record, None where some were not read."""
    yield from _check_current(file)
    yield from _check_counter(file)
    yield from _check_chain(file)
    store = records.evidence
    for block in file.odd_blocks(frozenset(STATUSES)):
        yield from _check_status(file, block)
        yield from _check_expectations(records, store, file, block)
    if known is not None:
        yield from _check_depends(file, known)


def _is_odd_chain(file: TaskFile) -> bool:
    """Tell, by the bytes, whether a row may be wrong: not the plain form, an id twice, done while its task is not."""
    if file.chain_index is None:
        return False
    start, end = file.document.heading_body(file.chain_index)
    rows = plain_rows().findall(file.document.plain, start, end)
    ids = [task_id.decode() for _, task_id in rows]
    if len(rows) != len(numbered_rows().findall(file.document.plain, start, end)) or len(set(ids)) < len(ids):
        return True
    done = {task_id for (mark, _), task_id in zip(rows, ids, strict=True) if mark.decode() == DONE_MARK}
    return any(file.by_id[name].status not in {"COMPLETE", "SUPERSEDED"} for name in done if name in file.by_id)


def _check_current(file: TaskFile) -> Iterator[Finding]:
    current = list(file.blocks_titled(CURRENT_HEADING))
    for block in current[1:]:
        yield finding_at(
            file.document,
            block.start,
            "REC-CURRENT-001",
            f"a second current task: {_name(block)}, besides {_name(current[0])}",
            f"conductor task start {_name(current[0])} keeps that one; rename this heading to ## Open Task",
            Severity.ERROR,
        )


def _check_counter(file: TaskFile) -> Iterator[Finding]:
    told, counted = read_progress(file), count_progress(file)
    if told is not None and counted[1] and told != counted:
        edit = progress_edit(file)
        yield finding_at(
            file.document,
            edit.start if edit else 0,
            "REC-COUNT-001",
            f"Progress says {told[0]}/{told[1]}, the chain has {counted[0]}/{counted[1]}",
            "conductor check records --fix counts anew",
            fix=True,
        )


def _check_chain(file: TaskFile) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for row in file.chain if _is_odd_chain(file) else ():
        if row.id and row.id in seen:
            yield finding_at(
                file.document,
                row.start,
                "REC-CHAIN-001",
                f"{row.id} stands in the chain twice (row {seen[row.id]} too)",
                "keep the row that is true, give the other its own task: conductor task new",
            )
        elif row.id:
            seen[row.id] = row.number
        block = file.blocks.get(row.id or "")
        if (
            block
            and row.mark == DONE_MARK
            and not read_status(block.value("Status") or "").startswith(("COMPLETE", "SUPER"))
        ):
            yield finding_at(
                file.document,
                row.start,
                "REC-CHAIN-002",
                f"the chain says {row.id} is done, its status is {block.value('Status')}",
                f"conductor task done {row.id}, or correct the row's mark",
            )
    current = file.current
    if current and file.chain_count[2] and not file.rows_of(_name(current)):
        yield finding_at(
            file.document,
            current.start,
            "REC-CHAIN-003",
            f"the current task {_name(current)} is not in the chain",
            f"add a row for it: ⏳ {one_line(current.value('Title') or 'Title', 60)} ({_name(current)})",
            Severity.ADVICE,
        )


def _check_status(file: TaskFile, block: Block) -> Iterator[Finding]:
    field = file.status_line(block)
    if field is None:
        yield finding_at(
            file.document,
            block.start,
            "REC-STATUS-002",
            f"{_name(block)} has no Status",
            f"write **Status**: PLANNING below its title, or conductor task start {_name(block)}",
        )
        return
    value = field["value"].rstrip().decode("utf-8", "replace")
    status = read_status(value)
    if status not in STATUSES or value not in STATUSES:
        yield finding_at(
            file.document,
            field.start("value"),
            "REC-STATUS-001",
            f"{value!r} is not a status; it is kept and read as {status}",
            "write one of " + ", ".join(STATUSES),
        )


def _check_expectations(records: Records, store: EvidenceStore, file: TaskFile, block: Block) -> Iterator[Finding]:
    for one, start, _ in file.expectation_lines(block):
        fault = find_fault(store, one, find_beginning(records, block), names_of(block)) if one.ticked else None
        if fault:
            yield finding_at(
                file.document,
                start,
                "REC-TICK-001",
                f"{_name(block)}: {one.label!r} is ticked, but {fault}",
                "only Conductor ticks: write [ ] and let a release or conductor task done look for the evidence",
                Severity.ERROR,
            )


def check_duplicates(files: list[TaskFile]) -> Iterator[Finding]:
    """Yield each block whose id another block has already."""
    seen: dict[str, tuple[str, str, int]] = {}
    every = [name for file in files for name in file.block_ids()]
    for file in files if len(set(every)) < len(every) else ():
        for block in file.all_blocks:
            name, title = _name(block), block.title
            if name in seen:
                other = seen[name]
                same = other[0].strip() == title.strip()
                yield finding_at(
                    file.document,
                    block.fields["Task ID"].start,
                    "REC-ID-001",
                    f"{name} names two tasks: {one_line(title, 80)!r} here, "
                    f"{one_line(other[0], 80)!r} at {other[1]}:{other[2]}",
                    "remove the copy"
                    if same
                    else "give the later one a new id: conductor task new, and move its text there",
                    Severity.ERROR,
                )
            else:
                seen[name] = (title, file.document.path, file.document.line_of(block.start))


def _check_depends(file: TaskFile, known: set[str]) -> Iterator[Finding]:
    lines = _DEPENDING.findall(file.document.plain)
    named = {name for line in lines for name in task_ids().findall(line.decode("utf-8", "replace"))}
    for block in file.all_blocks if not named <= known else ():
        for name in task_ids().findall(block.value("Dependencies") or ""):
            if name not in known:
                yield finding_at(
                    file.document,
                    block.fields["Dependencies"].start,
                    "REC-LINK-002",
                    f"{_name(block)} depends on {name}, which no record has",
                    "correct the id; conductor task list --all shows every task",
                )


def _name(block: Block) -> str:
    return block.id
