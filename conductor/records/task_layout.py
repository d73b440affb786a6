"""Where things go in TASKS.md: the edits that place a block, a row of the chain, an item, a status, the counter."""

from __future__ import annotations

import re
from collections.abc import Sequence

from conductor.errors import RecordSyntaxError
from conductor.records.blocks import Block
from conductor.records.chain import find_chain, put_chain
from conductor.records.document import Document, Edit, with_final_newline
from conductor.records.files import TASKS
from conductor.records.grammar import ACTIVE_MARK, DONE_MARK, DROPPED_MARK, PLANNED_MARK
from conductor.records.sections import (
    Field,
    add_field,
    append_item,
    find_section,
    find_sections,
    read_fields,
    set_field,
)
from conductor.records.task_heads import CURRENT_HEADING, is_closed
from conductor.records.tasks import CHAIN_HEADING, CLOSED_HEADING, OPEN_HEADING, TaskFile

_PROGRESS = re.compile(r"([0-9]+)/([0-9]+)( tasks completed)?")
_MARKS = {"COMPLETE": DONE_MARK, "PLANNING": PLANNED_MARK, "DROPPED": DROPPED_MARK, "SUPERSEDED": DROPPED_MARK}


def insert_block(file: TaskFile, text: str) -> Edit:
    """Put the block where its kind stands: before or behind the other open ones, else before what follows the tasks."""
    document = file.document
    opened = file.blocks_titled(OPEN_HEADING)
    first = next(opened, None)
    if first is not None:
        # Before the newest, unless the file has several and the oldest stands first.
        last = first
        for block in opened:
            if block.id < last.id:
                last = first
                break
            last = block
        offset = first.start if last is first else last.end
    elif file.current is not None:
        offset = file.current.end
    else:
        index = find_section(document, CURRENT_HEADING)
        if index is None:
            index = find_section(document, "Active Phase")
        offset = document.section_end(index, level=2) if index is not None else _after_title(document)
    return block_edit(document, offset, text)


def block_edit(document: Document, offset: int, text: str) -> Edit:
    """Return the edit that puts a section at the offset, one blank line before and behind it."""
    before, behind = document.plain[:offset], document.content[offset:]
    lead = ""
    if before[document.body :].strip():
        lead = "" if before.endswith(b"\n\n") else "\n" if before.endswith(b"\n") else "\n\n"
    return Edit(offset, offset, document.encode(lead + text.rstrip("\n") + "\n" + ("\n" if behind.strip() else "")))


def _after_title(document: Document) -> int:
    first = next((heading for heading in document.headings if heading.level == 2), None)
    return first.start if first else len(document.content)


def chain_edits(file: TaskFile, row: str) -> list[Edit]:
    """Return the edits that add a row to the end of the chain, numbered or bulleted as it is.

    `row` is without its number. A file without a chain gets none: it would leave out the tasks that are there.
    """
    if file.chain_index is None:
        return []
    number = file.chain_count[2] + 1
    bulleted = number == 1 and bool(file.chain)
    return [append_item(file.document, file.chain_index, f"- {row}" if bulleted else f"{number}. {row}")]


def _section_edit(document: Document, end: int, title: str, line: str) -> Edit:
    offset = end - (len(document.plain[:end]) - len(document.plain[:end].rstrip(b"\n \t")))
    found = document.plain.find(b"\n", offset, end)
    offset = found + 1 if found >= 0 else end
    text = document.encode(f"\n### {title}\n{line}\n")
    return Edit(offset, offset, with_final_newline(document, text, offset))


def item_edits(file: TaskFile, block: Block, section: str, line: str) -> list[Edit]:
    """Return the edits that add a list item to one of the block's sections, and the section where it is missing."""
    index = find_section(file.document, section, block.start, block.end)
    if index is not None:
        return [append_item(file.document, index, line)]
    # A missing section goes before the chain, which stands last in a block.
    chain = find_section(file.document, CHAIN_HEADING, block.start, block.end)
    if chain is None:
        return [_section_edit(file.document, block.end, section, line)]
    start = file.document.headings[chain].start
    return [Edit(start, start, file.document.encode(f"### {section}\n{line}\n\n"))]


def status_edits(file: TaskFile, block: Block, status: str) -> list[Edit]:
    """Return the edits that give the block a status, and its row in the chain the mark that goes with it."""
    document = file.document
    field = block.fields.get("Status")
    edits = (
        [set_field(document, field, status)]
        if field
        else [add_field(document, block.fields.get("Title") or block.fields["Task ID"], "Status", status)]
    )
    if field and field.value == status:
        edits = []
    wanted = _MARKS.get(status, ACTIVE_MARK)
    for row in file.rows_of(block.id):
        if row.mark and row.mark != wanted:
            at = document.content.index(row.mark.encode(), row.start, row.end)
            width = len(row.mark.encode())
            if document.content[at + width : at + width + 3] == "\ufe0f".encode():
                width += 3
            edits.append(Edit(at, at + width, wanted.encode()))
    return edits


def rename_edit(document: Document, block: Block, title: str) -> Edit:
    """Return the edit that gives the block's heading another title."""
    heading = document.headings[block.index]
    line = document.plain[heading.start : heading.end]
    end = heading.start + len(line.rstrip(b"\n \t"))
    return Edit(heading.start, end, f"## {title}".encode())


def naming_edits(file: TaskFile) -> list[Edit]:
    """Return the edits that write the current task's id where the chain says `(CURRENT)`: it will mean another task."""
    if file.current is None:
        return []
    edits = []
    for row in file.rows_of(file.current.id):
        at = file.document.content.find(b"(CURRENT)", row.start, row.end)
        if at >= 0:
            edits.append(Edit(at, at + 9, f"({row.id})".encode()))
    return edits


def current_edits(file: TaskFile, block: Block) -> list[Edit]:
    """Return the edits that make the block the only `## Current Task`; the chain goes along with all its bytes."""
    edits = [rename_edit(file.document, block, CURRENT_HEADING)]
    for index in find_sections(file.document, CURRENT_HEADING):
        heading = file.document.headings[index]
        if heading.level == 2:
            former = next((other for other in file.blocks_titled(CURRENT_HEADING) if other.index == index), None)
            title = OPEN_HEADING if former and not is_closed(former.value("Status") or "") else CLOSED_HEADING
            placeholder = Block(file.document, "", index, heading.start, heading.end)
            edits.append(rename_edit(file.document, former or placeholder, title))
    return edits + _move_chain(file, block)


def _move_chain(file: TaskFile, block: Block) -> list[Edit]:
    """Take the chain along into the block of the new current task, with every byte of it."""
    chain = find_chain(file)
    if chain is None or find_section(file.document, CHAIN_HEADING, block.start, block.end) is not None:
        return []
    eol = file.document.eol
    text = chain.text.rstrip(b"\r\n") + eol
    return [Edit(chain.start, chain.end, b""), put_chain(file.document, block, chain.lead or eol, text)]


def is_counted_anew(file: TaskFile, edits: Sequence[Edit]) -> bool:
    """Tell whether the edits can change what the counter counts: they touch the chain, or there is none yet."""
    if file.chain_index is None:
        return True
    start, end = file.document.headings.starts[file.chain_index], file.document.section_end(file.chain_index)
    return any(edit.start <= end and start <= edit.end for edit in edits)


def read_progress(file: TaskFile) -> tuple[int, int] | None:
    """Return the counter as the Active Phase shows it (done, all), or None where it shows none."""
    match = _PROGRESS.fullmatch(_progress_value(file) or "")
    return (int(match[1]), int(match[2])) if match else None


def count_progress(file: TaskFile) -> tuple[int, int]:
    """Return how many rows of the chain are done, and how many there are; dropped ones don't count."""
    return file.chain_count[:2]


def progress_edit(file: TaskFile) -> Edit | None:
    """Return the edit that sets the counter to what the chain says, or None where it is right or missing."""
    if read_progress(file) in {None, count_progress(file)}:
        return None
    done, every = count_progress(file)
    field = progress_field(file)
    if field is None:
        raise RecordSyntaxError("the counter is gone", hint="conductor check records", path=TASKS)
    return set_field(file.document, field, f"{done}/{every} tasks completed")


def progress_field(file: TaskFile) -> Field | None:
    """Return the field of the counter, or None where there is none."""
    index = find_section(file.document, "Active Phase")
    return None if index is None else read_fields(file.document, *file.document.heading_body(index)).get("Progress")


def _progress_value(file: TaskFile) -> str | None:
    field = progress_field(file)
    return field.value if field else None
