"""A task is complete on evidence; where later evidence about the same thing says otherwise, it is open again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from conductor.domain.evidence import EvidenceLine, Outcome
from conductor.domain.finding import Finding, Location
from conductor.domain.text import one_line
from conductor.records.store import TASKS, Records
from conductor.records.task_edits import add_numbered, reopen_task
from conductor.records.tasks import TaskFile


@dataclass(frozen=True, slots=True)
class Overturned:
    """A complete task, the evidence that it rests on, and the later one of the same kind and subject that failed."""

    task: str
    line: int
    proof: EvidenceLine
    failure: EvidenceLine

    @property
    def cause(self) -> str:
        """Return what the failure says about itself: its cause where one is known, else where it can be seen."""
        detail = self.failure.evidence.detail
        said = detail.get("cause") or detail.get("problem") or detail.get("summary")
        return one_line(f"{said} ({self.failure.evidence.source})" if said else self.failure.evidence.source, 300)


def find_overturned(records: Records) -> list[Overturned]:
    """Return every complete task of TASKS.md whose evidence was followed by a failure of the same thing."""
    document = records.peek(TASKS)
    if document is None:
        return []
    file = TaskFile(document)
    lines = {line.reference: line for line in records.evidence.lines()}
    found: list[Overturned] = []
    for task_id, block in file.blocks.items() if lines else ():
        task = file.task_of(block)
        if task.status != "COMPLETE":
            continue
        for one in file.expectations(block):
            proof = lines.get(one.reference or "")
            failure = _later_failure(proof, lines.values()) if proof and one.ticked else None
            if proof is not None and failure is not None:
                found.append(Overturned(task_id, task.line, proof, failure))
                break
    return found


def _later_failure(proof: EvidenceLine, lines: Iterable[EvidenceLine]) -> EvidenceLine | None:
    """Return the last word on the proof's subject where it is a failure that came after it."""
    same = [
        line
        for line in lines
        if (line.evidence.kind, line.evidence.subject) == (proof.evidence.kind, proof.evidence.subject)
    ]
    last = max(same, key=lambda line: (line.evidence.observed_at, line.seq), default=None)
    later = last is not None and last.evidence.observed_at > proof.evidence.observed_at
    return last if later and last is not None and last.evidence.outcome is Outcome.FAILED else None


def check_overturned(records: Records) -> list[Finding]:
    """Return a finding for each complete task that later evidence contradicts."""
    return [
        Finding(
            "TASK-PROOF-001",
            f"{one.task} is COMPLETE on {one.proof.reference}, and {one.failure.reference} failed later: {one.cause}",
            f"conductor check records --fix opens it again, or: conductor task reopen {one.task} --why …",
            location=Location(TASKS, one.line),
            docs="docs/check.md",
            fix=True,
        )
        for one in find_overturned(records)
    ]


def reopen_overturned(records: Records) -> list[str]:
    """Open each such task again, with the failure as a finding, and return their ids."""
    reopened = []
    for one in find_overturned(records):
        why = f"{one.failure.evidence.kind} failed after it was complete (evidence {one.failure.reference})"
        reopen_task(records, one.task, why)
        add_numbered(records, one.task, "finding", f"{why}: {one.cause}")
        reopened.append(one.task)
    return reopened
