"""Change TASKS.md: every function takes the lock and splices what it means to; it is on disk when it returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from conductor.errors import UsageProblem
from conductor.records.acknowledged import acknowledge
from conductor.records.blocks import Block
from conductor.records.document import Edit, with_final_newline
from conductor.records.expectations import Expectation, is_reference, render_expectation
from conductor.records.files import TASKS
from conductor.records.grammar import PLANNED_MARK
from conductor.records.markup import TITLE_LIMIT, clean_text, clean_title, escape_title, list_item
from conductor.records.sections import Field, add_field, find_section, plain_title, read_fields, set_field
from conductor.records.store import Records
from conductor.records.task_heads import CURRENT_HEADING, STATUSES, Task, is_closed, read_status
from conductor.records.task_layout import (
    chain_edits,
    count_progress,
    current_edits,
    insert_block,
    is_counted_anew,
    item_edits,
    naming_edits,
    progress_edit,
    read_progress,
    rename_edit,
    status_edits,
)
from conductor.records.tasks import CHAIN_HEADING, CLOSED_HEADING, OPEN_HEADING, TaskFile
from conductor.records.templates import render_template
from conductor.records.typed_ids import unknown_id

CONTEXT, FINDINGS, EXPECTATIONS = "Task Context", "Findings & Decisions", "Expectations"
_NUMBERED = {"finding": "FINDING", "decision": "DECISION", "blocker": "BLOCKER"}


@dataclass(frozen=True, slots=True)
class NewTask:
    """What a person says about a task before it exists."""

    title: str
    context: Sequence[str] = ()
    priority: str | None = None
    depends: Sequence[str] = ()
    phase: str | None = None
    expectations: Sequence[Expectation] = ()


def create_task(records: Records, wish: NewTask) -> Task:
    """Write a new task in PLANNING and return it: the current task where the file has none, else an open one."""
    title = clean_title(wish.title)
    with records.lock():
        document = records.load_or_new(TASKS)
        task_id = records.new_id("TASK")
        file = TaskFile(document)
        first = find_section(document, CURRENT_HEADING) is None
        block = _render_block(records, wish, task_id, title, CURRENT_HEADING if first else OPEN_HEADING)
        row = f"{PLANNED_MARK} {escape_title(title)} ({task_id})"
        edits = _task_edits(file, block, row, is_first=first)
        saved = save_edits(records, file, edits)
        acknowledge(records, "task", task_id, block, row=row)
    return saved.task_of(find_own_block(records, saved, task_id))


def put_back_task(records: Records, task_id: str, text: str, row: str) -> None:
    """Write a task's block and row as they were written first. The lock must be held."""
    file = TaskFile(records.load_or_new(TASKS))
    if task_id not in file.blocks:
        _, _, rest = text.partition("\n")
        is_first = find_section(file.document, CURRENT_HEADING) is None
        block = f"## {CURRENT_HEADING if is_first else OPEN_HEADING}\n{rest}"
        save_edits(records, file, _task_edits(file, block, row, is_first=is_first))


def put_back_item(records: Records, task_id: str, section: str, text: str) -> None:
    """Write an item as it stood into a section of its task, wherever that stands. The lock must be held."""
    for name in records.family(TASKS):
        document = records.peek(name)
        file = TaskFile(document) if document else None
        block = file.find_block(task_id) if file else None
        if file and block:
            records.save(file.document.apply(item_edits(file, block, section, text)))
            return


def _task_edits(file: TaskFile, block: str, row: str, *, is_first: bool) -> list[Edit]:
    if is_first and file.chain_index is None:
        return [insert_block(file, f"{block}\n### {CHAIN_HEADING}\n1. {row}\n")]
    # Both may go to the same place, the end of the file: the row belongs to the chain that stands there.
    return [*chain_edits(file, row), insert_block(file, block)]


def start_task(records: Records, task_id: str) -> Task:
    """Make the task the current one, IN_PROGRESS; the current task so far stays as an open or a previous one.

    The state the project is in is noted the first time: evidence is compared with it.
    """
    from conductor.records.beginning import note_start

    with records.lock():
        file = load_task_file(records)
        if file.find_block(task_id) is None:
            file = TaskFile(file.document.apply([_block_from_chain(records, file, task_id)]))
        block = find_own_block(records, file, task_id)
        _refuse_closed(block, task_id)
        moved = file
        if not file.is_current(block):
            named = TaskFile(file.document.apply(naming_edits(file)))
            moved = TaskFile(named.document.apply(current_edits(named, find_own_block(records, named, task_id))))
        block = find_own_block(records, moved, task_id)
        edits = status_edits(moved, block, "IN_PROGRESS")
        started = block.fields.get("Started")
        if started and started.value == "not yet":
            edits.append(set_field(moved.document, started, records.stamp()))
        saved = save_edits(records, moved, edits)
    note_start(records, task_id)
    return saved.task_of(find_own_block(records, saved, task_id))


def add_note(records: Records, task_id: str, text: str) -> str:
    """Write a note with the time into the task's context and return the line."""
    return _add_item(records, task_id, CONTEXT, f"**Note {records.stamp()}**", text)


def add_numbered(records: Records, task_id: str, kind: str, text: str) -> str:
    """Write a finding, decision or blocker below the task and return its line; a blocker makes the task BLOCKED."""
    return _add_item(records, task_id, FINDINGS, _NUMBERED[kind], text)


def set_status(records: Records, task_id: str, status: str) -> Task:
    """Give an open task another status, its row in the chain the mark that goes with it."""
    if status not in STATUSES:
        raise UsageProblem(f"{status[:40]!r} is not a status", hint="use one of " + ", ".join(STATUSES))
    with records.lock():
        file = load_task_file(records)
        saved = save_edits(records, file, status_edits(file, find_own_block(records, file, task_id), status))
    return saved.task_of(find_own_block(records, saved, task_id))


def begin_testing(records: Records, task_id: str) -> Task:
    """Make an open task TESTING; raises UsageProblem for a closed one."""
    with records.lock():
        file = load_task_file(records)
        block = find_own_block(records, file, task_id)
        _refuse_closed(block, task_id)
        saved = save_edits(records, file, status_edits(file, block, "TESTING"))
    return saved.task_of(find_own_block(records, saved, task_id))


def close_task(records: Records, task_id: str, status: str, why: str | None = None) -> Task:
    """Give the task a final status (COMPLETE, DROPPED, SUPERSEDED) or CLAIMED, with the time and the reason."""
    with records.lock():
        file = load_task_file(records)
        block = find_own_block(records, file, task_id)
        edits = status_edits(file, block, status)
        if status != "CLAIMED":
            name = {"COMPLETE": "Completed", "DROPPED": "Dropped"}.get(status, "Superseded")
            value = records.stamp() + (f" ({escape_title(clean_title(why, 'the reason'))})" if why else "")
            known = block.fields.get(name)
            edits += _closed_heading(file, block)
            edits.append(
                set_field(file.document, known, value)
                if known
                else add_field(file.document, _first_of(block, "Started", "Status"), name, value)
            )
        saved = save_edits(records, file, edits)
    return saved.task_of(find_own_block(records, saved, task_id))


def _closed_heading(file: TaskFile, block: Block) -> list[Edit]:
    title = plain_title(file.document.headings[block.index].text)
    return [rename_edit(file.document, block, CLOSED_HEADING)] if title == OPEN_HEADING.casefold() else []


def reopen_task(records: Records, task_id: str, why: str) -> Task:
    """Make a closed task an open one in PLANNING, with the reason in its context."""
    reason = list_item(clean_text(clean_title(why, "the reason")))
    with records.lock():
        file = load_task_file(records)
        block = find_own_block(records, file, task_id)
        if not is_closed(block.value("Status") or "") and block.value("Status") != "CLAIMED":
            raise UsageProblem(f"{task_id} is open: {block.value('Status')}", hint=f"conductor task show {task_id}")
        edits = status_edits(file, block, "PLANNING")
        heading = file.document.headings[block.index]
        if plain_title(heading.text) == CLOSED_HEADING.casefold():
            edits.append(rename_edit(file.document, block, OPEN_HEADING))
        edits += item_edits(file, block, CONTEXT, f"- **Reopened {records.stamp()}**: {reason}")
        saved = save_edits(records, file, edits)
    return saved.task_of(find_own_block(records, saved, task_id))


def add_expectations(records: Records, task_id: str, wishes: Sequence[Expectation]) -> list[Expectation]:
    """Add expectations to the task and return all it has."""
    with records.lock():
        file = load_task_file(records)
        block = find_own_block(records, file, task_id)
        lines = [render_expectation(wish) for wish in wishes]
        save_edits(records, file, item_edits(file, block, EXPECTATIONS, "\n".join(lines)))
        for line in lines:
            acknowledge(records, "item", task_id, line, section=EXPECTATIONS)
        file = load_task_file(records)
        return file.expectations(find_own_block(records, file, task_id))


def change_expectation(records: Records, task_id: str, number: int, **changes: str | bool | None) -> Expectation:
    """Rewrite the line of one expectation (numbered from 1) with other values and return it."""
    with records.lock():
        file = load_task_file(records)
        lines = file.expectation_lines(find_own_block(records, file, task_id))
        if not 1 <= number <= len(lines):
            raise UsageProblem(
                f"{task_id} has {len(lines)} expectations, so there is no number {number}",
                hint=f"conductor task show {task_id} numbers them",
            )
        expectation, start, end = lines[number - 1]
        changed = replace(expectation, **changes)  # type: ignore[arg-type]
        line_end = file.document.plain.find(b"\n", start, end)
        stop = line_end if line_end >= 0 else end
        if file.document.content[stop - 1 : stop] == b"\r":
            stop -= 1
        save_edits(records, file, [Edit(start, stop, render_expectation(changed).encode("utf-8"))])
    return changed


def drop_expectation(records: Records, task_id: str, number: int, why: str) -> Expectation:
    """Take an expectation back, on record: its line stays, with the date and the reason."""
    return change_expectation(
        records,
        task_id,
        number,
        dropped=clean_title(why, "the reason"),
        dropped_on=records.now().strftime("%Y-%m-%d"),
        ticked=False,
        reference=None,
    )


def tick_expectation(records: Records, task_id: str, number: int, reference: str) -> Expectation:
    """Tick an expectation with the evidence that meets it; raises UsageProblem for a reference that is none."""
    line = records.evidence.resolve(reference) if is_reference(reference) else None
    if line is None or not line.standing.counts:
        raise UsageProblem(
            f"{reference[:80]!r} is no evidence of this project", hint="give a reference from .conductor/evidence"
        )
    return change_expectation(records, task_id, number, ticked=True, reference=reference)


def set_phase(records: Records, name: str, target: str | None = None) -> None:
    """Begin another phase: the Active Phase section gets its name, today's date and the target."""
    with records.lock():
        file = TaskFile(records.load_or_new(TASKS))
        document = file.document
        index = find_section(document, "Active Phase")
        if index is None:
            text = f"## Active Phase\n**Phase**: {escape_title(clean_title(name, 'the phase'))}\n"
            text += f"**Started**: {records.now():%Y-%m-%d}\n**Target**: {clean_title(target or 'not set')}\n\n"
            offset = (
                document.headings[0].end if document.headings and document.headings[0].level == 1 else document.body
            )
            edits = [Edit(offset, offset, with_final_newline(document, document.encode("\n" + text), offset))]
        else:
            fields = read_fields(document, *document.heading_body(index))
            values = {
                "Phase": escape_title(clean_title(name, "the phase")),
                "Started": f"{records.now():%Y-%m-%d}",
                "Target": clean_title(target or "not set"),
            }
            edits = [set_field(document, fields[key], value) for key, value in values.items() if key in fields]
        save_edits(records, file, edits)


def load_task_file(records: Records) -> TaskFile:
    """Return TASKS.md; raises UsageProblem where there is none."""
    document = records.load(TASKS)
    if document is None:
        raise UsageProblem("there is no TASKS.md yet", hint='conductor task new "Title" starts one', path=TASKS)
    return TaskFile(document)


def find_own_block(records: Records, file: TaskFile, task_id: str) -> Block:
    """Return the task's block; raises UsageProblem where it has none, or no record names it."""
    block = file.find_block(task_id)
    if block is not None:
        return block
    if task_id.encode() in file.document.content and any(task.id == task_id for task in file.tasks()):
        raise UsageProblem(
            f"{task_id} stands in a list only, without a block of its own",
            hint=f"conductor task start {task_id} gives it one",
            path=TASKS,
        )
    raise unknown_id(records, task_id)


def _first_of(block: Block, *names: str) -> Field:
    return next(block.fields[name] for name in (*names, "Task ID") if name in block.fields)


def _refuse_closed(block: Block, task_id: str) -> None:
    status = block.value("Status") or ""
    if is_closed(status):
        raise UsageProblem(
            f"{task_id} is {read_status(status)}", hint=f'conductor task reopen {task_id} --why "…" opens it again'
        )


def _render_block(records: Records, wish: NewTask, task_id: str, title: str, heading: str) -> str:
    context = [clean_text(text) for text in wish.context if text.strip()]
    whole = " ".join(clean_text(wish.title).split())
    if len(whole) > TITLE_LIMIT:
        context.insert(0, f"**Full title**: {whole}")
    fields = ""
    if wish.priority:
        fields += f"\n**Priority**: {clean_title(wish.priority, 'the priority')}"
    if wish.phase:
        fields += f"\n**Phase**: {escape_title(clean_title(wish.phase, 'the phase'))}"
    return render_template(
        "task.j2",
        records.root,
        heading=heading,
        id=task_id,
        title=escape_title(title),
        status="PLANNING",
        created=records.stamp(),
        started="not yet",
        dependencies=", ".join(wish.depends) or "None",
        fields=fields,
        context="".join(f"- {list_item(text)}\n" for text in context),
        expectations="".join(f"{render_expectation(one)}\n" for one in wish.expectations),
    )


def _add_item(records: Records, task_id: str, section: str, label: str, text: str) -> str:
    words = clean_text(text)
    if not words:
        raise UsageProblem("the text is empty", hint='give it some words, for example "the base image has Python 3.11"')
    with records.lock():
        file = load_task_file(records)
        block = find_own_block(records, file, task_id)
        if not label.startswith("**"):
            names = [name for name, _ in file.notes(block, section)]
            numbers = [int(name.rpartition("-")[2]) for name in names if name.startswith(f"{label}-")]
            label = f"**{label}-{max(numbers, default=0) + 1:03d}**"
        line = f"- {label}: {list_item(words)}"
        edits = item_edits(file, block, section, line)
        if label.startswith("**BLOCKER"):
            edits += status_edits(file, block, "BLOCKED")
        save_edits(records, file, edits)
        acknowledge(records, "item", task_id, line, section=section)
    return line


def _block_from_chain(records: Records, file: TaskFile, task_id: str) -> Edit:
    row = next(iter(file.rows_of(task_id)), None)
    if row is None:
        raise unknown_id(records, task_id)
    text = _render_block(records, NewTask(row.title), task_id, clean_title(row.title), OPEN_HEADING)
    return insert_block(file, text)


def save_edits(records: Records, file: TaskFile, edits: Sequence[Edit]) -> TaskFile:
    """Apply the edits and, where the counter was right before, keep it right; then write the file and return it."""
    result = file.document.apply(edits)
    if is_counted_anew(file, edits) and read_progress(file) == count_progress(file):
        changed = progress_edit(TaskFile(result))
        result = result.apply([changed]) if changed else result
    records.save(result)
    return TaskFile(result)


def read_phase(records: Records) -> dict[str, str]:
    """Return the fields of the Active Phase section; empty where there is none."""
    document = records.load(TASKS)
    index = find_section(document, "Active Phase") if document else None
    if document is None or index is None:
        return {}
    fields = read_fields(document, *document.heading_body(index))
    return {name.lower().replace(" ", "_"): field.value for name, field in fields.items()}
