"""`conductor task verify` and `conductor task confirm`: have what a task expects observed."""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from conductor.cli.output import as_json
from conductor.errors import ExitCode, UsageProblem

if TYPE_CHECKING:
    from conductor.cli.wiring import Project
    from conductor.domain.evidence import Evidence, EvidenceLine
    from conductor.records.claims import Judged
    from conductor.records.expectations import Expectation
    from conductor.records.store import Records
    from conductor.sessions.observe import Observer, Unseen

# What a selection says, in the order it is told, with the word before each line.
_SELECTION = (("changed", "decides"), ("notice", "notices"))
_ID = typer.Argument(None, help="The task (default: the current one).")
_JSON = typer.Option(False, "--json", help="Print JSON.")


@dataclass(frozen=True, slots=True)
class Seen:
    """One expectation with what was observed for it, and the reference of the evidence where that meets it."""

    expectation: Expectation
    found: Evidence | Unseen
    reference: str | None

    @property
    def told(self) -> str:
        """Return what a person reads behind the expectation."""
        from conductor.sessions.observe import Unseen

        if isinstance(self.found, Unseen):
            return self.found.reason
        if self.reference:
            return self.reference
        if self.waits:
            return "it passed, but what it runs was changed since the task began"
        code = self.found.detail.get("exit")
        return f"exit {code}: {self.found.source}" if code is not None else f"{self.found.outcome}: {self.found.source}"

    @property
    def selection(self) -> dict[str, Any]:
        """Return what was changed of that which selects what a command runs; empty where nothing was compared."""
        from conductor.domain.evidence import Outcome
        from conductor.sessions.observe import Unseen

        if isinstance(self.found, Unseen) or self.found.outcome is not Outcome.PASSED:
            return {}
        selection = self.found.detail.get("selection")
        return selection if isinstance(selection, dict) else {}

    @property
    def waits(self) -> bool:
        """Tell whether only a person's word is missing."""
        return not self.reference and bool(self.selection.get("decides"))


def verify(
    task_id: str | None = _ID,
    again: bool = typer.Option(False, "--again", help="Ask the services again what its evidence rests on."),
    json: bool = _JSON,
) -> None:
    """Observe what a task expects and can be seen from here: its commands, files, commits and times.

    Commands are those of CONDUCTOR.md, and run only after `conductor trust`. What is observed is written as evidence
    and ticked; a task whose last expectation is met becomes COMPLETE. A command that passes after its own words or its
    recipe were changed since the task began waits for a person's word. Exit 1 while something is unmet.

    With --again, nothing is observed anew: the run, the digest, the deployment, the branch and the commit that its
    evidence names are asked about. Exit 1 where one differs, 5 where one could not be asked.

    Example: conductor task verify TASK-2026-01-05-002
    """
    from conductor.cli.wiring import open_project, project_records

    project = open_project()
    records = project_records(project)
    name = _task(records, task_id)
    if again:
        from conductor.cli.task_again import ask_again

        ask_again(project, records, name, json=json)
    rows = [_observe(project, records, name, one) for one in _open_expectations(records, name)]
    _finish("task verify", records, name, rows, json=json)


def confirm(
    task_id: str | None = _ID,
    number: int = typer.Option(0, "--number", help="Which expectation, where more than one waits for a person."),
    json: bool = _JSON,
) -> None:
    """Say, as a person, that you looked and agree: evidence for what only a person can see.

    That is an expectation of kind manual, or a command that passed after what it runs was changed. For people only:
    refused where an agent is typing.

    Example: conductor task confirm TASK-2026-01-05-002
    """
    from conductor.cli.wiring import open_project, project_records
    from conductor.sessions.grants import require_person
    from conductor.sessions.observe import confirm as give_word

    require_person("task confirm")
    project = open_project()
    records = project_records(project)
    name = _task(records, task_id)
    waiting = _waiting_for_a_person(records, name)
    chosen = [pair for pair in waiting if number in (0, pair[0].number)]
    if len(chosen) != 1:
        raise UsageProblem(
            f"{name} has {len(waiting)} expectations that wait for a person",
            hint=f"conductor task show {name} numbers them; conductor task confirm {name} --number N",
        )
    one, evidence = chosen[0]
    at = project.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    word = give_word(one.argument if one.kind == "manual" and one.argument else getpass.getuser(), one, at, evidence)
    _finish("task confirm", records, name, [Seen(one, word, _keep(records, project, word, one, name))], json=json)


def _waiting_for_a_person(records: Records, name: str) -> list[tuple[Expectation, EvidenceLine | None]]:
    """Return the open expectations that a person's word meets, with the evidence that the word is about."""
    from conductor.records.proof import find_beginning, find_waiting, names_of
    from conductor.records.task_lookup import find_task

    file, _ = find_task(records, name)
    block = file.blocks.get(name)
    if block is None:
        return []
    lines, since, names = records.evidence.lines(), find_beginning(records, block), names_of(block)
    found: list[tuple[Expectation, EvidenceLine | None]] = []
    for one in _open_expectations(records, name):
        evidence = find_waiting(lines, one, since, names)
        if one.kind == "manual" or evidence is not None:
            found.append((one, evidence))
    return found


def _task(records: Records, given: str | None) -> str:
    from conductor.cli.daily import task_id_of

    return task_id_of(records, given)


def _open_expectations(records: Records, name: str) -> list[Expectation]:
    from conductor.records.task_lookup import find_task

    file, _ = find_task(records, name)
    block = file.blocks.get(name)
    every = file.expectations(block) if block else []
    return [one for one in every if not one.ticked and one.dropped is None]


def _observe(project: Project, records: Records, name: str, one: Expectation) -> Seen:
    from conductor.sessions.observe import Unseen

    found = _observer(project, records, name).observe(one, _created(records, name))
    return Seen(one, found, None if isinstance(found, Unseen) else _keep(records, project, found, one, name))


def _observer(project: Project, records: Records, name: str) -> Observer:
    from conductor.records.beginning import find_start
    from conductor.records.task_lookup import find_task
    from conductor.sessions.observe import Observer

    block = find_task(records, name)[0].find_block(name)
    return Observer(
        project.root,
        project.repository,
        project.clock,
        project.settings,
        project.asked,
        records.evidence.lines(),
        name,
        find_start(records, block) if block is not None else None,
    )


def _created(records: Records, name: str) -> str | None:
    """Return when the task was created: the minute with its offset where that is written, else the day."""
    from datetime import UTC, datetime
    from zoneinfo import ZoneInfo

    from conductor.records.grammar import read_stamp
    from conductor.records.task_lookup import find_task

    file, task = find_task(records, name)
    block = file.blocks.get(name)
    text = (block.value("Created") if block else None) or task.started or name.removeprefix("TASK-")
    stamp = read_stamp(text)
    if stamp is None or not stamp.time:
        return stamp.day if stamp else None
    zone = UTC if records.timezone == "UTC" else ZoneInfo(records.timezone)
    try:
        return datetime.fromisoformat(stamp.text).replace(tzinfo=zone).isoformat(timespec="minutes")
    except ValueError:
        return stamp.day


def _keep(records: Records, project: Project, found: Evidence, one: Expectation, name: str) -> str | None:
    """Write the evidence, tick what it meets, and return its reference; None where it does not meet it."""
    from conductor.records.proof import is_proof
    from conductor.records.task_edits import tick_expectation

    writer = f"v-{project.clock.now():%Y%m%d}-{name.lower()}"
    line = records.evidence.append(writer, found)
    if not is_proof(one, line):
        return None
    tick_expectation(records, name, one.number, line.reference)
    return line.reference


def _finish(command: str, records: Records, name: str, rows: list[Seen], *, json: bool) -> None:
    from conductor.records.claims import judge_expectations
    from conductor.records.task_edits import close_task
    from conductor.records.task_lookup import find_task

    file, task = find_task(records, name)
    block = file.blocks.get(name)
    judged = judge_expectations(records, file, block)
    met = bool(judged) and any(one.state == "met" for one in judged) and all(one.state != "unmet" for one in judged)
    if met and task.status == "CLAIMED":
        task = close_task(records, name, "COMPLETE")
    code = ExitCode.OK if met else ExitCode.FINDINGS
    if json:
        seen = {row.expectation.number: row for row in rows}
        expectations = [_as_json(one, seen.get(one.expectation.number)) for one in judged]
        print(as_json(command, code, id=name, status=task.status, expectations=expectations))
    else:
        for row in rows:
            print(f"  {'met' if row.reference else 'unmet':<6} {row.expectation.label}  {row.told}")
            for line in _selection_lines(row, name):
                print(f"         {line}")
        for rest in (one for one in judged if one.expectation.number not in {row.expectation.number for row in rows}):
            print(f"  {rest.state:<6} {rest.expectation.label}  {rest.reason}")
        print(f"{name} is {task.status}.")
        if met and task.status != "COMPLETE":
            typer.echo(f"Everything it expects is met: conductor task done {name}", err=True)
    raise typer.Exit(code)


def _as_json(one: Judged, row: Seen | None) -> dict[str, Any]:
    found = one.as_json()
    if row is not None:
        found["reason"] = found["reason"] if row.reference else row.told
        found["selection"] = row.selection or None
    return found


def _selection_lines(row: Seen, name: str) -> list[str]:
    """Return what was changed of that which selects what a command runs, a line each."""
    selection = row.selection
    lines = [f"{word}: {one}" for word, key in _SELECTION for one in selection.get(key, [])]
    if selection.get("not_looked_at"):
        lines.append(f"looked at: {', '.join(selection.get('looked_at', [])) or 'nothing'}")
        lines.append(f"not looked at: {'; '.join(selection['not_looked_at'])}")
    if row.waits:
        lines.append(
            f"a person who has looked at that: conductor task confirm {name} --number {row.expectation.number}"
        )
    return lines
