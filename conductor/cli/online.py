"""`conductor check --online`: what the records rest on, asked of the services again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Location, Severity

if TYPE_CHECKING:
    from conductor.cli.wiring import Project
    from conductor.domain.evidence import EvidenceLine
    from conductor.records.again import Asked
    from conductor.records.store import Records

DOCS = "docs/evidence.md#asked-again"


def check_online(project: Project) -> list[Finding]:
    """Return an error for each line that the world contradicts, and an advice for each reason why one was not asked.

    The lines are those that ticked expectations name, and those of the last release. Nothing is written.
    """
    from conductor.cli.wiring import open_services, project_records
    from conductor.records.again import Answered, Inquiry

    records = project_records(project)
    every = records.evidence.lines()
    named = _references(records)
    releases = sorted({line.writer for line in every if line.writer.startswith("r-")})
    lines = [line for line in every if line.reference in named or line.writer in releases[-1:]]
    answers = Inquiry(open_services(project), every).ask_all(lines)
    differing = [_differs(records, asked) for asked in answers if asked.answer is Answered.DIFFERS]
    skipped: dict[str, list[EvidenceLine]] = {}
    for asked in answers:
        if asked.answer is Answered.SKIPPED:
            skipped.setdefault(asked.told, []).append(asked.line)
    return [*differing, *(_skipped(reason, lines) for reason, lines in sorted(skipped.items()))]


def _references(records: Records) -> set[str]:
    """Return the references of every ticked expectation, the archives' too."""
    from conductor.errors import RecordSyntaxError
    from conductor.records.files import TASK_ARCHIVE, TASKS
    from conductor.records.tasks import TaskFile

    found: set[str] = set()
    for name in (TASKS, *records.archives(TASK_ARCHIVE)):
        try:
            document = records.load(name)
        except RecordSyntaxError:
            continue  # `check records` says why
        file = TaskFile(document) if document else None
        for block in file.all_blocks if file else []:
            found |= (
                {one.reference for one in file.expectations(block) if one.ticked and one.reference} if file else set()
            )
    return found


def _differs(records: Records, asked: Asked) -> Finding:
    line = asked.line
    place = next(iter(records.evidence.files(line.writer)), None)
    where = Location(place.relative_to(records.root).as_posix(), line.seq) if place else None
    return Finding(
        "EV-AGAIN-001",
        f"{line.told} is not what the world says now: {asked.told}",
        "look which of the two is true; conductor task verify --again opens the tasks again that rest on it",
        location=where,
        docs=DOCS,
        data={"evidence": line.reference, "told": asked.told},
    )


def _skipped(reason: str, lines: list[EvidenceLine]) -> Finding:
    names = ", ".join(line.reference for line in lines[:3]) + (", …" if len(lines) > 3 else "")
    count = "1 line" if len(lines) == 1 else f"{len(lines)} lines"
    return Finding(
        "EV-AGAIN-002",
        f"skipped, not asked again: {count} of evidence ({names}): {reason}",
        "it counts as it stands; see to the reason, then conductor check --online again",
        Severity.ADVICE,
        docs=DOCS,
    )
