"""`conductor task verify --again`: ask the world again what a task's ticked expectations rest on."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import typer

from conductor.cli.output import as_json
from conductor.domain.text import one_line
from conductor.errors import ExitCode, NothingToDo

if TYPE_CHECKING:
    from conductor.cli.wiring import Project
    from conductor.domain.evidence import EvidenceLine
    from conductor.records.again import Asked
    from conductor.records.expectations import Expectation
    from conductor.records.store import Records

_ANEW = "it can only be observed anew"


def ask_again(project: Project, records: Records, name: str, *, json: bool) -> NoReturn:
    """Ask, print what came of it, and exit: 1 where something differs, 5 where something could not be asked."""
    from conductor.cli.wiring import open_services
    from conductor.records.again import Answered, Inquiry

    inquiry = Inquiry(open_services(project), records.evidence.lines())
    rows = [(one, inquiry.ask(line)) for one, line in _ticked(records, name)]
    answers = [asked for _, asked in rows if asked is not None]
    if not answers:
        raise NothingToDo(
            f"{name} rests on no evidence that can be asked again",
            hint=f"a build, an image, a deployment, a push, a file or a commit can: conductor task show {name}",
        )
    for asked in answers:
        _keep(project, records, name, asked)
    differs = any(asked.answer is Answered.DIFFERS for asked in answers)
    skipped = any(asked.answer is Answered.SKIPPED for asked in answers)
    code = ExitCode.FINDINGS if differs else ExitCode.OUTSIDE if skipped else ExitCode.OK
    if json:
        print(as_json("task verify", code, id=name, again=[_row(one, found) for one, found in rows]))
    else:
        for one, found in rows:
            told = f"{found.line.reference}: {found.told}" if found else _ANEW
            print(f"  {found.answer if found else 'not asked':<9} {one.label}  {told}")
        if differs:
            typer.echo("What differs is evidence now; conductor check records tells which tasks rest on it.", err=True)
    raise typer.Exit(code)


def _ticked(records: Records, name: str) -> list[tuple[Expectation, EvidenceLine]]:
    from conductor.records.task_lookup import find_task

    file, _ = find_task(records, name)
    block = file.find_block(name)
    store = records.evidence
    found = []
    for one in file.expectations(block) if block else []:
        line = store.resolve(one.reference) if one.ticked and one.reference else None
        if line is not None and line.standing.counts:
            found.append((one, line))
    return found


def _keep(project: Project, records: Records, name: str, asked: Asked) -> None:
    """Keep what differs as evidence, and what is the same again after it differed."""
    from conductor.records.again import Answered, as_evidence
    from conductor.records.reconcile import later_failure

    contradicted = later_failure(asked.line, records.evidence.lines()) is not None
    if asked.answer is Answered.SKIPPED or contradicted is (asked.answer is Answered.DIFFERS):
        return
    now = project.clock.now()
    at = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    records.evidence.append(f"v-{now:%Y%m%d}-{name.lower()}", as_evidence(asked, at))


def _row(one: Expectation, asked: Asked | None) -> dict[str, str | int | None]:
    return {
        "number": one.number,
        "kind": one.kind,
        "text": one_line(one.label, 200),
        "evidence": one.reference,
        "answer": str(asked.answer) if asked else None,
        "told": asked.told if asked else _ANEW,
    }
