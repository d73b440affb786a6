"""What the commands do that agents run all day long. Nothing here imports Typer: `swift` calls them without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conductor.cli.record_commands import open_records, read_words, say, tell_state
from conductor.domain.text import one_line
from conductor.errors import NothingToDo, UsageProblem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conductor.records.store import Records
    from conductor.records.task_heads import Task

KINDS = {"note": "note", "finding": "finding", "decide": "decision", "block": "blocker"}


def new_task(
    title: Sequence[str],
    context: Sequence[str] = (),
    priority: str | None = None,
    depends: Sequence[str] = (),
    phase: str | None = None,
    expect: Sequence[str] = (),
    *,
    json_output: bool = False,
) -> None:
    """Write a new task and print its id."""
    from conductor.records.expectations import read_wish
    from conductor.records.merge_state import driver_notice
    from conductor.records.task_edits import NewTask, create_task

    urgency = None
    if priority:
        from conductor.records.choices import read_priority

        urgency = read_priority(priority)
    wishes = [read_wish(text) for text in expect]
    notes = [read_words(text) for text in context]
    records = open_records()
    ids = [task_id_of(records, one) for text in depends for one in text.split(",") if one.strip()]
    task = create_task(records, NewTask(read_words(" ".join(title)), notes, urgency, ids, phase, wishes))
    answer_task("task new", task, f"{task.id}  {task.title}", json_output=json_output)
    if json_output:
        return
    if notice := driver_notice(records):
        say(notice)
    if not wishes:
        say(f"Nothing says yet how its end is seen: conductor task expect {task.id} build")


def write_item(verb: str, text: Sequence[str], *, json_output: bool = False) -> None:
    """Write a note, finding, decision or blocker into a task, as the verb says, and print its name."""
    from conductor.records.task_edits import add_note, add_numbered
    from conductor.records.typed_ids import take_task_id

    records = open_records()
    named, rest = take_task_id(records, list(text))
    task_id = named or task_id_of(records, None)
    words = read_words(" ".join(rest))
    line = add_note(records, task_id, words) if verb == "note" else add_numbered(records, task_id, KINDS[verb], words)
    label = line[2:].split("**")[1]
    if json_output:
        print_json(f"task {verb}", id=task_id, name=label)
    else:
        print(f"{label} in {task_id}")


def list_tasks(
    *,
    every: bool = False,
    ready: bool = False,
    status: Sequence[str] = (),
    phase: str | None = None,
    priority: str | None = None,
    json_output: bool = False,
) -> None:
    """Print the open tasks, the current one first."""
    from conductor.records.files import TASKS
    from conductor.records.task_lists import load_ready, load_tasks, task_as_json

    whole = every or bool(status)
    records = open_records()
    tasks = load_ready(records) if ready else load_tasks(records, archives=whole, only_open=not whole)
    tell_state(records, TASKS)
    if status or priority:
        tasks = _chosen(tasks, status, priority)
    if phase is not None:
        tasks = [task for task in tasks if (task.phase or "").casefold() == phase.casefold()]
    tasks.sort(key=lambda task: not task.current)
    if json_output:
        print_json("task list", tasks=[task_as_json(task) for task in tasks])
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


def _chosen(tasks: list[Task], status: Sequence[str], priority: str | None) -> list[Task]:
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


def next_task(*, json_output: bool = False) -> None:
    """Name the task to go on with: the current one while it is open, else the first that waits for nothing."""
    from conductor.records.choices import rank
    from conductor.records.files import TASKS
    from conductor.records.task_lists import load_ready, task_as_json

    records = open_records()
    ready = load_ready(records)
    tell_state(records, TASKS)
    found = next((task for task in ready if task.current), None)
    if found is None and ready:
        found = min(ready, key=lambda task: (rank(task.priority), task.id))
    if found is None:
        raise NothingToDo("no task can be begun now", hint="conductor task list shows what is blocked or claimed")
    if json_output:
        print_json("task next", task=task_as_json(found))
        return
    print(f"{found.id}  {found.status}  {one_line(found.title, 200)}")
    say("It is the current task." if found.current else f"conductor task start {found.id}")


def prime(budget: int = 1000, *, json_output: bool = False) -> None:
    """Print what an agent needs to go on, at most `budget` tokens of it."""
    from conductor.cli.wiring import open_project, project_records
    from conductor.guard.hooks.running import note_unguarded
    from conductor.records.prime import prime_agent
    from conductor.sessions.ledger import SessionLedger

    project = open_project()
    rules = [f"{name} {rule.level}" for name, rule in project.settings.rules.items() if rule.level in {"block", "ask"}]
    told = prime_agent(project_records(project), rules, budget=budget)
    unguarded = note_unguarded(SessionLedger(project.repository.common_dir))
    lines = [*([unguarded] if unguarded else []), *told.lines]
    if json_output:
        print_json("prime", lines=lines, tokens=told.tokens, left_out=told.left_out, budget=budget)
        return
    print("\n".join(lines))
    if told.left_out:
        say(f"{told.left_out} lines did not fit into {budget} tokens: conductor prime --budget {budget * 2}")


def task_id_of(records: Records, text: str | None) -> str:
    """Return the id a person typed, or the current task's; raises UsageProblem where there is neither."""
    if text is not None:
        from conductor.records.typed_ids import resolve_task_id

        return resolve_task_id(records, text)
    from conductor.records.files import TASKS
    from conductor.records.tasks import TaskFile

    document = records.load(TASKS)
    current = TaskFile(document).current if document else None
    if current is None:
        raise UsageProblem(
            "there is no current task", hint="name the task, or make one current: conductor task start ID"
        )
    return current.id


def answer_task(command: str, task: Task, text: str, *, json_output: bool) -> None:
    """Print what became of a task, as a line or as JSON."""
    if json_output:
        from conductor.records.task_lists import task_as_json

        print_json(command, task=task_as_json(task))
    else:
        print(one_line(text))


def print_json(command: str, **payload: Any) -> None:
    """Print the JSON that a command answers when all went well."""
    from conductor.cli.output import as_json
    from conductor.errors import ExitCode

    print(as_json(command, ExitCode.OK, **payload))
