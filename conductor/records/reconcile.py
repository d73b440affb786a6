"""A task is complete on evidence; where later evidence about the same thing says otherwise, it is open again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from conductor.domain.evidence import EvidenceLine, Outcome, Standing
from conductor.domain.finding import Finding, Location
from conductor.domain.text import one_line
from conductor.records.files import TASKS
from conductor.records.store import Records
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
            failure = later_failure(proof, lines.values()) if proof and one.ticked else None
            if proof is not None and failure is not None:
                found.append(Overturned(task_id, task.line, proof, failure))
                break
    return found


def later_failure(proof: EvidenceLine, lines: Iterable[EvidenceLine]) -> EvidenceLine | None:
    """Return the last word on the proof's subject where it is a failure that came after it.

    A command that fails for one task says nothing about another one: it runs on other code.
    """
    same = [
        line
        for line in lines
        if (line.evidence.kind, line.evidence.subject) == (proof.evidence.kind, proof.evidence.subject)
        and line.evidence.detail.get("task") == proof.evidence.detail.get("task")
    ]
    contradiction = _contradiction(proof, same)
    if contradiction is not None:
        return contradiction
    last = max(same, key=lambda line: (line.evidence.observed_at, line.seq), default=None)
    later = last is not None and last.evidence.observed_at > proof.evidence.observed_at
    return last if later and last is not None and last.evidence.outcome is Outcome.FAILED else None


def _contradiction(proof: EvidenceLine, same: list[EvidenceLine]) -> EvidenceLine | None:
    """Return the failure that asking again about the proof itself came to, unless this host saw it pass after that."""
    failed = [
        line
        for line in same
        if line.evidence.outcome is Outcome.FAILED and line.evidence.detail.get("asked_again") == proof.reference
    ]
    last = max(failed, key=lambda line: (line.evidence.observed_at, line.seq), default=None)
    if last is None:
        return None
    passed = [line for line in same if line.evidence.outcome is not Outcome.FAILED and line.standing is Standing.OWN]
    return None if any(_is_after(line, last) for line in passed if line is not proof) else last


def _is_after(line: EvidenceLine, other: EvidenceLine) -> bool:
    return line.evidence.observed_at > other.evidence.observed_at or (
        line.writer == other.writer and line.seq > other.seq
    )


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
