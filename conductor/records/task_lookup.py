"""One task by its id, wherever it stands."""

from __future__ import annotations

from conductor.records.files import TASKS
from conductor.records.store import Records
from conductor.records.task_heads import Task
from conductor.records.tasks import TaskFile
from conductor.records.typed_ids import unknown_id


def find_task(records: Records, task_id: str) -> tuple[TaskFile, Task]:
    """Return the task with the file it stands in; raises UsageProblem where no file names it."""
    for name in records.family(TASKS):
        document = records.load(name) if name == TASKS else records.peek(name)
        if document is None or task_id.encode() not in document.content:
            continue
        file = TaskFile(document)
        block = file.find_block(task_id)
        if block is not None:
            return file, file.task_of(block)
        for task in file.tasks():
            if task.id == task_id:
                return file, task
    raise unknown_id(records, task_id)
