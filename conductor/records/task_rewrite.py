"""A task's block as a person edits it, put back into a file that others may have written to meanwhile."""

from __future__ import annotations

from dataclasses import dataclass

from conductor.errors import UsageProblem
from conductor.records.conflicts import find_conflicts
from conductor.records.document import Document, Edit, read_document
from conductor.records.files import TASKS
from conductor.records.headings import with_plain_line_ends
from conductor.records.merge import merge_records
from conductor.records.merge_ids import Versions
from conductor.records.store import Records
from conductor.records.task_edits import find_own_block, load_task_file, save_edits
from conductor.records.tasks import TaskFile
from conductor.records.unkept import forget_items


@dataclass(frozen=True, slots=True)
class OpenBlock:
    """A task's block with the whole file as it was when the block was opened; `text` has plain line ends."""

    id: str
    document: Document
    start: int
    end: int
    text: str


def open_block(records: Records, task_id: str) -> OpenBlock:
    """Return the block of a task, to be edited; raises UsageProblem where the task has none."""
    file = load_task_file(records)
    block = find_own_block(records, file, task_id)
    text = with_plain_line_ends(file.document.content[block.start : block.end].replace(b"\r\n", b"\n")).decode("utf-8")
    return OpenBlock(task_id, file.document, block.start, block.end, text)


def rewrite_block(records: Records, opened: OpenBlock, text: str) -> bool:
    """Put the edited text in the place of the block; return whether it was merged with what changed meanwhile.

    Raises UsageProblem, and writes nothing, where the text is not one block of this task, or where it changes what
    somebody else changed too.
    """
    edit = _edit(opened, text)
    mine = opened.document.apply([edit])
    _require_one_block(opened, mine, TaskFile(opened.document))
    with records.lock():
        file = load_task_file(records)
        if file.document.content == opened.document.content:
            forget_items(records, save_edits(records, file, [edit]), opened.id)
            return False
        versions = Versions(opened.document.content, file.document.content, mine.content)
        merged = merge_records(TASKS, versions)
        if merged.conflicts:
            raise UsageProblem(
                f"{opened.id} was changed meanwhile in the same place as in your text; nothing was written",
                hint=f"conductor task edit {opened.id} shows it as it is now: bring your changes in there",
                path=TASKS,
            )
        result = read_document(merged.text, TASKS)
        _require_one_block(opened, result, file)
        records.save(result)
        forget_items(records, TaskFile(result), opened.id)
    return True


def _edit(opened: OpenBlock, text: str) -> Edit:
    plain = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    if "\0" in plain or plain.lstrip().split(" ")[0] != "##":
        raise UsageProblem(
            "a task's block begins with its ## heading", hint=f"conductor task edit {opened.id}, and keep that line"
        )
    if find_conflicts(plain.encode()):
        raise UsageProblem("the edited text holds conflict markers", hint="settle them, or quote them in a fence (```)")
    before = opened.document.content[opened.start : opened.end]
    tail = before[len(before.rstrip(b" \t\r\n")) :]
    return Edit(opened.start, opened.end, opened.document.encode(plain.strip("\n").rstrip()) + tail)


def _require_one_block(opened: OpenBlock, result: Document, former: TaskFile) -> None:
    """Raise UsageProblem where the blocks of the result are not those of the former file."""
    blocks = [block.id for block in TaskFile(result).all_blocks]
    if sorted(blocks) != sorted(block.id for block in former.all_blocks):
        raise UsageProblem(
            "the edited text is not exactly one block of this task",
            hint=f"keep its heading and its line **Task ID**: {opened.id}",
        )
