"""The commands of `conductor task` that only read: list, show, next, chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from conductor.cli import daily
from conductor.cli.daily import task_id_of
from conductor.cli.output import as_json
from conductor.cli.record_commands import complete_task_ids, open_records, say, tell_state
from conductor.domain.text import one_line
from conductor.errors import ExitCode

if TYPE_CHECKING:
    from conductor.records.claims import Judged

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
    daily.list_tasks(every=every, ready=ready, status=status, phase=phase, priority=priority, json_output=json_output)


def show(task_id: str | None = CURRENT_ID, json_output: bool = JSON) -> None:
    """Print a task as its record stands, with the state of its expectations.

    Example: conductor task show TASK-2026-01-05-002
    """
    from conductor.records.claims import judge_expectations
    from conductor.records.files import TASKS
    from conductor.records.task_lists import task_as_json
    from conductor.records.task_lookup import find_task

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
    daily.next_task(json_output=json_output)


def chain(json_output: bool = JSON) -> None:
    """Print the chain of tasks: what is done, what is next.

    Example: conductor task chain
    """
    from conductor.records.files import TASKS
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


def count_met(judged: list[Judged]) -> str:
    """Return `1 of 3 expectations met`; dropped ones don't count."""
    counted = [one for one in judged if one.state != "dropped"]
    if not counted:
        return "it expects nothing that could be seen"
    return f"{sum(one.state == 'met' for one in counted)} of {len(counted)} expectations met"
