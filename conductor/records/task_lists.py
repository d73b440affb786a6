"""The tasks of all record files together: every one once, and those that wait for nothing."""

from __future__ import annotations

from typing import Any

from conductor.records.files import TASKS
from conductor.records.store import Records
from conductor.records.task_heads import Task
from conductor.records.tasks import TaskFile


def load_tasks(records: Records, *, archives: bool = False, only_open: bool = False) -> list[Task]:
    """Return the tasks of TASKS.md, with the archives' behind them; each id once; only the open ones if asked for."""
    found: dict[str, Task] = {}
    for name in records.family(TASKS) if archives else (TASKS,):
        document = records.load(name) if name == TASKS else records.peek(name)
        if document is not None:
            for task in TaskFile(document).tasks(only_open=only_open):
                found.setdefault(task.id, task)
    return list(found.values())


def load_ready(records: Records) -> list[Task]:
    """Return the open tasks that wait for nothing: not blocked or claimed, and what they depend on is closed."""
    known: dict[str, Task | None] = {}
    for name in records.family(TASKS):
        document = records.load(name) if name == TASKS else records.peek(name)
        if document is not None:
            for task_id, found in TaskFile(document).survey(only_open=True).items():
                known.setdefault(task_id, found)
    opened = [task for task in known.values() if task and task.status not in {"BLOCKED", "CLAIMED"}]
    # What no record names is not closed.
    return [task for task in opened if all(known.get(one, task) is None for one in task.depends)]


def task_as_json(task: Task) -> dict[str, Any]:
    """Return the stable JSON form of a task in a list."""
    names = ("id", "title", "status", "current", "priority", "phase", "started", "depends", "place", "path", "line")
    return {name: list(task.depends) if name == "depends" else getattr(task, name) for name in names}
