"""`conductor task verify` and `conductor task confirm`: have what a task expects observed."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING

import typer

from conductor.cli.output import as_json
from conductor.errors import ExitCode, UsageProblem

if TYPE_CHECKING:
    from conductor.cli.wiring import Project
    from conductor.domain.evidence import Evidence
    from conductor.records.expectations import Expectation
    from conductor.records.store import Records
    from conductor.sessions.observe import Observer, Unseen

_ID = typer.Argument(None, help="The task (default: the current one).")
_JSON = typer.Option(False, "--json", help="Print JSON.")


def verify(task_id: str | None = _ID, json: bool = _JSON) -> None:
    """Observe what a task expects and can be seen from here: its commands, files, commits and times.

    Commands are those of CONDUCTOR.md, and run only after `conductor trust`. What is observed is written as evidence
    and ticked; a task whose last expectation is met becomes COMPLETE. Exit 1 while something is unmet.

    Example: conductor task verify TASK-2026-01-05-002
    """
    from conductor.cli.records_of import records_of
    from conductor.cli.wiring import open_project

    project = open_project()
    records = records_of(project)
    name = _task(records, task_id)
    rows = [(one, *_observe(project, records, name, one)) for one in _open_expectations(records, name)]
    _finish("task verify", records, name, rows, json=json)


def confirm(
    task_id: str | None = _ID,
    number: int = typer.Option(0, "--number", help="Which expectation, where there is more than one of kind manual."),
    json: bool = _JSON,
) -> None:
    """Say, as a person, that you looked and agree: evidence for an expectation of kind manual.

    For people only: refused where an agent is typing.

    Example: conductor task confirm TASK-2026-01-05-002
    """
    from conductor.cli.records_of import records_of
    from conductor.cli.wiring import open_project
    from conductor.sessions.grants import require_person
    from conductor.sessions.observe import confirm as give_word

    require_person("task confirm")
    project = open_project()
    records = records_of(project)
    name = _task(records, task_id)
    waiting = [one for one in _open_expectations(records, name) if one.kind == "manual"]
    chosen = [one for one in waiting if number in (0, one.number)]
    if len(chosen) != 1:
        raise UsageProblem(
            f"{name} has {len(waiting)} open expectations of kind manual; say which one",
            hint=f"conductor task show {name} numbers them; conductor task confirm {name} --number N",
        )
    at = project.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    word = give_word(chosen[0].argument or getpass.getuser(), chosen[0], at)
    _finish(
        "task confirm", records, name, [(chosen[0], word, _keep(records, project, word, chosen[0], name))], json=json
    )


def _task(records: Records, given: str | None) -> str:
    from conductor.cli.daily import task_id_of

    return task_id_of(records, given)


def _open_expectations(records: Records, name: str) -> list[Expectation]:
    from conductor.records.tasks import find_task

    file, _ = find_task(records, name)
    block = file.blocks.get(name)
    every = file.expectations(block) if block else []
    return [one for one in every if not one.ticked and one.dropped is None]


def _observe(project: Project, records: Records, name: str, one: Expectation) -> tuple[Evidence | Unseen, str | None]:
    from conductor.sessions.observe import Unseen

    found = _observer(project, records).observe(one, _created(records, name))
    return found, None if isinstance(found, Unseen) else _keep(records, project, found, one, name)


def _observer(project: Project, records: Records) -> Observer:
    from conductor.sessions.observe import Observer

    lines = records.evidence.lines()
    return Observer(project.root, project.repository, project.clock, project.settings, project.asked, lines)


def _created(records: Records, name: str) -> str | None:
    """Return when the task was created: the minute with its offset where that is written, else the day."""
    import re
    from datetime import UTC, datetime
    from zoneinfo import ZoneInfo

    from conductor.records.tasks import find_task

    file, task = find_task(records, name)
    block = file.blocks.get(name)
    text = (block.value("Created") if block else None) or task.started or name.removeprefix("TASK-")
    match = re.match(r"(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}))?", text)
    if match is None or match[2] is None:
        return match[1] if match else None
    zone = UTC if records.timezone == "UTC" else ZoneInfo(records.timezone)
    try:
        return datetime.fromisoformat(f"{match[1]}T{match[2]}").replace(tzinfo=zone).isoformat(timespec="minutes")
    except ValueError:
        return match[1]


def _keep(records: Records, project: Project, found: Evidence, one: Expectation, name: str) -> str | None:
    """Write the evidence, tick what it meets, and return its reference; None where it does not meet it."""
    from conductor.records.claims import is_proof
    from conductor.records.task_edits import tick_expectation

    writer = f"v-{project.clock.now():%Y%m%d}-{name.lower()}"
    line = records.evidence.append(writer, found)
    if not is_proof(one, line):
        return None
    tick_expectation(records, name, one.number, line.reference)
    return line.reference


def _finish(
    command: str,
    records: Records,
    name: str,
    rows: list[tuple[Expectation, Evidence | Unseen, str | None]],
    *,
    json: bool,
) -> None:
    from conductor.records.claims import judge_expectations
    from conductor.records.task_edits import close_task
    from conductor.records.tasks import find_task

    file, task = find_task(records, name)
    block = file.blocks.get(name)
    judged = judge_expectations(records, file, block)
    met = bool(judged) and any(one.state == "met" for one in judged) and all(one.state != "unmet" for one in judged)
    if met and task.status == "CLAIMED":
        task = close_task(records, name, "COMPLETE")
    code = ExitCode.OK if met else ExitCode.FINDINGS
    if json:
        why = {one.number: _told(found, None) for one, found, reference in rows if reference is None}
        expectations = [one.as_json() for one in judged]
        for row in expectations:
            row["reason"] = why.get(row["number"], row["reason"])
        print(as_json(command, code, id=name, status=task.status, expectations=expectations))
    else:
        for one, found, reference in rows:
            print(f"  {'met' if reference else 'unmet':<6} {one.label}  {_told(found, reference)}")
        for rest in (one for one in judged if one.expectation.number not in {row[0].number for row in rows}):
            print(f"  {rest.state:<6} {rest.expectation.label}  {rest.reason}")
        print(f"{name} is {task.status}.")
        if met and task.status != "COMPLETE":
            typer.echo(f"Everything it expects is met: conductor task done {name}", err=True)
    raise typer.Exit(code)


def _told(found: Evidence | Unseen, reference: str | None) -> str:
    from conductor.sessions.observe import Unseen

    if isinstance(found, Unseen):
        return found.reason
    if reference:
        return reference
    code = found.detail.get("exit")
    return f"exit {code}: {found.source}" if code is not None else f"{found.outcome}: {found.source}"
