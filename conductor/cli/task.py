"""`conductor task`: create, change and finish tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from conductor.cli import daily, task_verify
from conductor.cli.daily import task_id_of
from conductor.cli.groups import command_app
from conductor.cli.output import as_json
from conductor.cli.record_commands import complete_task_ids, open_records, say
from conductor.cli.task_views import (
    CURRENT_ID,
    JSON,
    chain,
    count_met,
    list_tasks,
    next_task,
    show,
)
from conductor.domain.text import one_line
from conductor.errors import ExitCode, NothingToDo, UsageProblem

if TYPE_CHECKING:
    from conductor.records.claims import Judged
    from conductor.records.task_heads import Task

app = command_app(
    no_args_is_help=True,
    help='Create, change and finish tasks, kept in TASKS.md.\n\nExample: conductor task new "Use the cp311 wheel"',
)
ID = typer.Argument(..., help="The task, for example TASK-2026-01-05-002.", autocompletion=complete_task_ids)


@app.command("new")
def new(
    title: list[str] = typer.Argument(..., help="What is to be done, in one line; several words are one title."),
    context: list[str] = typer.Option(
        [], "--context", help="What one needs to know to begin; repeatable; - reads standard input."
    ),
    priority: str | None = typer.Option(
        None, "--priority", help="How urgent it is: P0 to P3, or critical, high, medium, low."
    ),
    depends: list[str] = typer.Option(
        [], "--depends", help="A task that must be complete first; repeatable.", autocompletion=complete_task_ids
    ),
    phase: str | None = typer.Option(None, "--phase", help="The phase it belongs to."),
    expect: list[str] = typer.Option(
        [],
        "--expect",
        help="What must be seen before it is complete: build, image, deployed, smoke, command NAME …; repeatable.",
    ),
    json_output: bool = JSON,
) -> None:
    """Write a new task and print its id.

    Example: conductor task new "Use the cp311 flash-attn wheel" --expect build --expect "smoke production"
    """
    daily.new_task(title, context, priority, depends, phase, expect, json_output=json_output)


app.command("list")(list_tasks)
app.command("show")(show)
app.command("next")(next_task)
app.command("chain")(chain)


@app.command("start")
def start(task_id: str = ID, json_output: bool = JSON) -> None:
    """Make a task the current one, in progress.

    Example: conductor task start TASK-2026-01-05-002
    """
    from conductor.records.task_edits import start_task

    records = open_records()
    task = start_task(records, task_id_of(records, task_id))
    _answer("task start", task, json_output, f"{task.id} is the current task, IN_PROGRESS: {task.title}")


@app.command("test")
def begin_test(task_id: str | None = CURRENT_ID, json_output: bool = JSON) -> None:
    """Say that a task's work is finished and is being tried out: TESTING. `done` says that it held.

    Example: conductor task test TASK-2026-01-05-002
    """
    from conductor.records.task_edits import begin_testing

    records = open_records()
    task = begin_testing(records, task_id_of(records, task_id))
    _answer("task test", task, json_output, f"{task.id} is TESTING: {task.title}")


def _text_command(name: str, help_text: str, example: str) -> None:
    @app.command(name, help=f"{help_text}\n\nExample: conductor task {name} {example}")
    def add(
        text: list[str] = typer.Argument(
            ...,
            help="The text, after the task's id if it is not the current task's; - reads standard input.",
            autocompletion=complete_task_ids,
        ),
        json_output: bool = JSON,
    ) -> None:
        daily.write_item(name, text, json_output=json_output)


_text_command("note", "Write a note into a task's context.", '"the build takes 40 minutes"')
_text_command("finding", "Write down what was found out.", '"the base image has Python 3.11"')
_text_command("decide", "Write down a decision.", '"keep torch 2.7.1, because the wheel is built for it"')
_text_command("block", "Write down what stops a task, and mark it BLOCKED.", '"no GPU is free in the region"')


@app.command("expect")
def expect(
    words: list[str] = typer.Argument(
        None,
        help="The task's id, if it is not the current one, then what is expected: build, command unit …",
    ),
    drop: int | None = typer.Option(None, "--drop", help="Take the expectation with this number back."),
    why: str | None = typer.Option(None, "--why", help="Why it does not apply; stays on record."),
    json_output: bool = JSON,
) -> None:
    """Say what must be seen before a task is complete, or take it back with a reason.

    Example: conductor task expect TASK-2026-01-05-002 "smoke production"
    """
    from conductor.records.expectations import read_wish
    from conductor.records.task_edits import add_expectations, drop_expectation
    from conductor.records.typed_ids import parse_typed

    given = list(words or [])
    named = given.pop(0) if given and parse_typed(given[0]) else None
    if drop is not None and (not why or given):
        raise UsageProblem(
            "an expectation is taken back by its number and with a reason",
            hint='conductor task expect TASK-2026-01-05-002 --drop 3 --why "there is no endpoint yet"',
        )
    if drop is None and not given:
        raise UsageProblem("say what is expected", hint="conductor task expect TASK-2026-01-05-002 build")
    records = open_records()
    task_id = task_id_of(records, named)
    if drop is not None:
        changed = drop_expectation(records, task_id, drop, why or "")
        text = f"{task_id}: expectation {drop} is dropped: {changed.label}"
        rows = [{"number": drop, "expectation": changed.label, "dropped": changed.dropped}]
    else:
        every = add_expectations(records, task_id, [read_wish(" ".join(given))])
        text = f"{task_id} expects: {every[-1].label}"
        rows = [{"number": one.number, "expectation": one.label, "dropped": one.dropped} for one in every]
    print(as_json("task expect", ExitCode.OK, id=task_id, expectations=rows) if json_output else text)


@app.command("done")
def done(task_id: str | None = CURRENT_ID, json_output: bool = JSON) -> None:
    """Say that a task is done: COMPLETE where evidence meets every expectation, else CLAIMED (exit 1).

    Example: conductor task done TASK-2026-01-05-002
    """
    from conductor.records.claims import claim_task

    records = open_records()
    task, judged = claim_task(records, task_id_of(records, task_id))
    code = ExitCode.OK if task.status == "COMPLETE" else ExitCode.FINDINGS
    if json_output:
        from conductor.records.task_lists import task_as_json

        print(
            as_json("task done", code, task={**task_as_json(task), "expectations": [one.as_json() for one in judged]})
        )
    else:
        print(f"{'COMPLETE' if code == ExitCode.OK else 'CLAIMED, not complete'}. {count_met(judged)}.")
        width = max((len(one.expectation.label) for one in judged), default=0)
        for one in judged:
            print(f"  {one.state:<7}  {one.expectation.label:<{min(width, 60)}}  {one.reason}")
        if code:
            say(_next_after_claim(task, judged))
    raise typer.Exit(code)


@app.command("reopen")
def reopen(
    task_id: str = ID,
    why: str = typer.Option(..., "--why", help="Why it is not done after all."),
    json_output: bool = JSON,
) -> None:
    """Open a closed task again, with the reason in its context.

    Example: conductor task reopen TASK-2026-01-05-002 --why "the smoke job ran on the old image"
    """
    from conductor.records.task_edits import reopen_task

    records = open_records()
    task = reopen_task(records, task_id_of(records, task_id), why)
    _answer("task reopen", task, json_output, f"{task.id} is open again: {task.title}")


@app.command("drop")
def drop(
    task_id: str = ID,
    why: str = typer.Option(..., "--why", help="Why it will not be done; stays on record."),
    by: str | None = typer.Option(
        None, "--superseded-by", help="The task that takes its place.", autocompletion=complete_task_ids
    ),
    json_output: bool = JSON,
) -> None:
    """Say that a task will not be done. It stays on record, with the reason.

    Example: conductor task drop TASK-2026-01-05-003 --why "the customer withdrew the request"
    """
    from conductor.records.task_edits import close_task

    records = open_records()
    other = task_id_of(records, by) if by else None
    reason = f"by {other}: {why}" if other else why
    task = close_task(records, task_id_of(records, task_id), "SUPERSEDED" if other else "DROPPED", reason)
    _answer("task drop", task, json_output, f"{task.id} is {task.status}: {task.title}")


@app.command("phase")
def phase(
    name: list[str] = typer.Argument(None, help="The phase that begins (default: print the present one)."),
    target: str | None = typer.Option(None, "--target", help="The day it should end, YYYY-MM-DD."),
    json_output: bool = JSON,
) -> None:
    """Print the active phase, or begin another one.

    Example: conductor task phase "Runtime on L40" --target 2026-02-01
    """
    from conductor.records.grammar import is_day
    from conductor.records.task_edits import read_phase, set_phase

    records = open_records()
    if target is not None and (not name or not is_day(target)):
        raise UsageProblem(
            "a target is a day of the phase that begins",
            hint='conductor task phase "Runtime on L40" --target 2026-02-01',
        )
    if name:
        set_phase(records, " ".join(name), target)
    found = read_phase(records)
    if json_output:
        print(as_json("task phase", ExitCode.OK, phase=found))
        return
    if not found:
        raise NothingToDo("TASKS.md names no active phase", hint='conductor task phase "Name" begins one')
    print("\n".join(f"{key}: {one_line(value)}" for key, value in found.items()))


@app.command("edit")
def edit(task_id: str | None = CURRENT_ID, json_output: bool = JSON) -> None:
    """Open a task's block in $EDITOR and put the result back; nothing else of the file is touched.

    What others write meanwhile is merged. Where that can't be, and where the editor fails, your text is kept in a file.

    Example: EDITOR=nano conductor task edit TASK-2026-01-05-002
    """
    from conductor.cli.editor import edited
    from conductor.records.task_rewrite import open_block, rewrite_block

    records = open_records()
    name = task_id_of(records, task_id)
    opened = open_block(records, name)
    with edited(records, opened.text, f"{name}.md") as text:
        changed = text != opened.text
        merged = rewrite_block(records, opened, text) if changed else False
    if json_output:
        print(as_json("task edit", 0, id=name, changed=changed, merged=merged))
    elif not changed:
        say("Nothing was changed.")
    else:
        print(f"{name} is written" + (", merged with what changed meanwhile" if merged else ""))


def _next_after_claim(task: Task, judged: list[Judged]) -> str:
    if waiting := [one.expectation.number for one in judged if one.waits]:
        return f"Next: a person looks at it, and says so: conductor task confirm {task.id} --number {waiting[0]}"
    unmet = [one.expectation for one in judged if one.state == "unmet"]
    if not unmet:
        return f"Next: say how its end is seen (conductor task expect {task.id} build), then say again that it is done."
    needs_release = any(one.kind in {"build", "image", "deployed", "smoke"} for one in unmet)
    first = "ask the user for a release (conductor release)" if needs_release else "bring the evidence"
    return (
        f"Next: {first}, or say why an expectation does not apply "
        f"(conductor task expect {task.id} --drop {unmet[-1].number} --why …)."
    )


def _answer(command: str, task: Task, json_output: bool, text: str) -> None:
    daily.answer_task(command, task, text, json_output=json_output)


app.command("verify")(task_verify.verify)
app.command("confirm")(task_verify.confirm)
