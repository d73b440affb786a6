"""The commands of `conductor task` that only read: list, show, next, chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from conductor.cli.output import as_json
from conductor.cli.records_of import complete_task_ids, open_records, say, tell_state
from conductor.domain.text import one_line
from conductor.errors import ExitCode, NothingToDo, UsageProblem

if TYPE_CHECKING:
    from conductor.records.claims import Judged
    from conductor.records.store import Records
    from conductor.records.tasks import Task

CURRENT_ID = typer.Argument(None, help="The task (default: the current one).", autocompletion=complete_task_ids)
JSON = typer.Option(False, "--json", help="Answer as JSON.")


def list_tasks(
    every: bool = typer.Option(False, "--all", help="Closed and archived tasks too."),
    ready: bool = typer.Option(False, "--ready", help="Only what can be begun now."),
    status: list[str] = typer.Option([], "--status", help="Only tasks with this status; repeatable."),
    phase: str | None = typer.Option(None, "--phase", help="Only tasks of this phase."),
    priority: str | None = typer.Option(None, "--priority", help="Only tasks of this priority."),
    json_output: bool = JSON,
) -> None:
    """List the open tasks, the current one first.

    Example: conductor task list --ready
    """
    from conductor.records.store import TASKS
    from conductor.records.tasks import load_tasks, ready_tasks, task_as_json

    whole = every or bool(status) or ready
    records = open_records()
    tasks = load_tasks(records, archives=whole, only_open=not whole)
    tell_state(records, TASKS)
    if status or priority:
        tasks = _chosen(tasks, status, priority)
    if ready:
        tasks = ready_tasks(tasks)
    elif not every and not status:
        tasks = [task for task in tasks if not task.closed]
    if phase is not None:
        tasks = [task for task in tasks if (task.phase or "").casefold() == phase.casefold()]
    tasks.sort(key=lambda task: not task.current)
    if json_output:
        print(as_json("task list", ExitCode.OK, tasks=[task_as_json(task) for task in tasks]))
        return
    if tasks:
        width = max(len(task.status) for task in tasks[:200])
        rows = [
            f"{task.id:<19} {task.status:<{width}} {one_line(task.title, 200)}{'  (current)' if task.current else ''}"
            for task in tasks
        ]
        print("\n".join(rows))
    say(
        f"{len(tasks)} {'task' if len(tasks) == 1 else 'tasks'}"
        + ("" if every or tasks else ': conductor task new "Title" writes one')
    )


def _chosen(tasks: list[Task], status: list[str], priority: str | None) -> list[Task]:
    """Return the tasks with one of the statuses and that priority; UsageProblem for words that are neither."""
    from conductor.records.choices import read_priority, read_status_choice

    wanted = {read_status_choice(text, (task.status for task in tasks)) for text in status}
    urgency = read_priority(priority, (task.priority for task in tasks if task.priority)) if priority else None
    return [
        task
        for task in tasks
        if (not wanted or task.status in wanted)
        and (urgency is None or (task.priority or "").casefold() == urgency.casefold())
    ]


def show(task_id: str | None = CURRENT_ID, json_output: bool = JSON) -> None:
    """Print a task as its record stands, with the state of its expectations.

    Example: conductor task show TASK-2026-01-05-002
    """
    from conductor.records.claims import judge_expectations
    from conductor.records.store import TASKS
    from conductor.records.tasks import find_task, task_as_json

    records = open_records()
    file, task = find_task(records, task_id_of(records, task_id))
    tell_state(records, TASKS)
    block = file.find_block(task.id)
    judged = judge_expectations(records, file, block)
    if json_output:
        notes = {
            name: [{"name": label, "text": text} for label, text in (file.notes(block, section) if block else [])]
            for name, section in (("context", "Task Context"), ("findings", "Findings & Decisions"))
        }
        print(
            as_json(
                "task show",
                ExitCode.OK,
                task={**task_as_json(task), "expectations": [one.as_json() for one in judged], **notes},
            )
        )
        return
    from conductor.domain.text import strip_controls

    if block:
        print(strip_controls(file.document.content[block.start : block.end].decode("utf-8")).rstrip())
    else:
        print(f"{task.id}  {task.status}  {one_line(task.title)}")
    say(f"{task.path}:{task.line}" + (f", {count_met(judged)}" if judged else ""))


def next_task(json_output: bool = JSON) -> None:
    """Name the task to go on with: the current one while it is open, else the first that waits for nothing.

    Example: conductor task next
    """
    from conductor.records.choices import rank
    from conductor.records.store import TASKS
    from conductor.records.tasks import load_tasks, ready_tasks, task_as_json

    records = open_records()
    tasks = load_tasks(records, archives=True)
    tell_state(records, TASKS)
    ready = ready_tasks(tasks)
    found = next((task for task in ready if task.current), None)
    if found is None and ready:
        found = min(ready, key=lambda task: (rank(task.priority), task.id))
    if found is None:
        raise NothingToDo("no task can be begun now", hint="conductor task list shows what is blocked or claimed")
    if json_output:
        print(as_json("task next", ExitCode.OK, task=task_as_json(found)))
        return
    print(f"{found.id}  {found.status}  {one_line(found.title, 200)}")
    say("It is the current task." if found.current else f"conductor task start {found.id}")


def chain(json_output: bool = JSON) -> None:
    """Print the chain of tasks: what is done, what is next.

    Example: conductor task chain
    """
    from conductor.records.store import TASKS
    from conductor.records.tasks import TaskFile

    document = open_records().load(TASKS)
    rows = TaskFile(document).chain if document else []
    if json_output:
        listed = [
            {"number": row.number, "mark": row.mark, "title": row.title, "id": row.id, "ids": list(row.ids)}
            for row in rows
        ]
        print(as_json("task chain", ExitCode.OK, chain=listed))
        return
    for row in rows:
        named = row.id or " to ".join((*row.ids[:1], *row.ids[-1:]))
        print(f"{row.number:>4} {row.mark or ' '} {one_line(row.title, 200)}{f' ({named})' if named else ''}")
    say(f"{len(rows)} {'row' if len(rows) == 1 else 'rows'}")


def task_id_of(records: Records, text: str | None) -> str:
    """Return the id a person typed, or the current task's; raises UsageProblem where there is neither."""
    if text is not None:
        from conductor.records.typed_ids import resolve_task_id

        return resolve_task_id(records, text)
    from conductor.records.store import TASKS
    from conductor.records.tasks import TaskFile

    document = records.load(TASKS)
    current = TaskFile(document).current if document else None
    if current is None:
        raise UsageProblem(
            "there is no current task", hint="name the task, or make one current: conductor task start ID"
        )
    return current.id


def count_met(judged: list[Judged]) -> str:
    """Return `1 of 3 expectations met`; dropped ones don't count."""
    counted = [one for one in judged if one.state != "dropped"]
    if not counted:
        return "it expects nothing that could be seen"
    return f"{sum(one.state == 'met' for one in counted)} of {len(counted)} expectations met"
