"""An agent says a task is done: what its expectations and the evidence say about that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from conductor.domain.evidence import EvidenceLine, Outcome
from conductor.domain.text import one_line
from conductor.records.evidence import EvidenceStore
from conductor.records.expectations import Expectation
from conductor.records.grammar import read_stamp
from conductor.records.store import Records
from conductor.records.task_edits import close_task, tick_expectation
from conductor.records.task_heads import Task
from conductor.records.tasks import Block, TaskFile, find_task

# What has to be seen first: a job can't pass on an image that was never built.
_ORDER = ("build", "image", "deployed", "smoke", "performance")


@dataclass(frozen=True, slots=True)
class Judged:
    """One expectation with what was found: met, unmet or dropped, and why."""

    expectation: Expectation
    state: str
    reason: str

    def as_json(self) -> dict[str, Any]:
        """Return the stable JSON form."""
        one = self.expectation
        return {
            "number": one.number,
            "kind": one.kind,
            "argument": one.argument,
            "text": one.text,
            "state": self.state,
            "reason": self.reason,
            "evidence": one.reference,
        }


def judge_expectations(records: Records, file: TaskFile, block: Block | None) -> list[Judged]:
    """Return each expectation of the task with its state; only a reference to evidence that passed makes one met.

    What was observed before the task was created is about other work: it neither proves nor explains anything here.
    """
    judged: list[Judged] = []
    waits_for: str | None = None
    since = find_beginning(records, block) if block else ""
    for one in file.expectations(block) if block else []:
        state, reason = _judge(records.evidence, one, since)
        if state == "unmet" and one.kind in _ORDER:
            if waits_for is not None and _ORDER.index(one.kind) > _ORDER.index(waits_for):
                reason = f"waits for {waits_for}"
            elif waits_for is None:
                waits_for = one.kind
        judged.append(Judged(one, state, reason))
    return judged


def find_beginning(records: Records, block: Block) -> str:
    """Return when the task was created, as `YYYY-MM-DDTHH:MM` in UTC.

    Without a readable Created it is the Started, else the day in the task's id; empty where that is no day.
    """
    for text in (block.value("Created"), block.value("Started"), block.id.removeprefix("TASK-")):
        stamp = read_stamp(text or "")
        try:
            moment = datetime.fromisoformat(stamp.text) if stamp else None
        except ValueError:
            continue
        if moment is not None:
            return moment.replace(tzinfo=_zone(records)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M")
    return ""


def is_proof(one: Expectation, line: EvidenceLine, since: str = "") -> bool:
    """Tell whether the evidence can meet the expectation: its kind, a good outcome, and the name it asks for.

    `since` is the task's beginning, as `find_beginning` returns it: what was observed before proves nothing.
    """
    evidence = line.evidence
    if evidence.kind != one.kind or evidence.outcome is Outcome.FAILED or _is_older(line, since):
        return False
    if one.kind in {"build", "image", "smoke", "performance", "command"} and evidence.outcome is not Outcome.PASSED:
        return False
    if not one.argument:
        return True
    return one.argument in {evidence.subject, evidence.subject.partition("@")[0]}


def claim_task(records: Records, task_id: str) -> tuple[Task, list[Judged]]:
    """Close the task as COMPLETE where evidence meets every expectation, else mark it CLAIMED.

    A task that expects nothing is CLAIMED: nothing shows that it is done.
    """
    file, _ = find_task(records, task_id)
    block = file.find_block(task_id)
    judged = judge_expectations(records, file, block)
    complete = any(one.state == "met" for one in judged) and all(one.state != "unmet" for one in judged)
    return close_task(records, task_id, "COMPLETE" if complete else "CLAIMED"), judged


def settle(records: Records, task_id: str, evidence: Sequence[EvidenceLine]) -> None:
    """Tick every open expectation of the task that one of the lines meets."""
    file, _ = find_task(records, task_id)
    block = file.find_block(task_id)
    since = find_beginning(records, block) if block else ""
    for one in file.expectations(block) if block else []:
        if one.dropped is None and not one.ticked:
            proof = next((line for line in evidence if is_proof(one, line, since)), None)
            if proof is not None:
                tick_expectation(records, task_id, one.number, proof.reference)


def find_fault(store: EvidenceStore, one: Expectation, since: str) -> str | None:
    """Return why the tick of an expectation is no proof, or None where its evidence proves it."""
    if one.reference is None:
        return "ticked without evidence"
    line = store.resolve(one.reference)
    if line is None:
        return f"the evidence {one.reference} does not exist"
    if _is_older(line, since):
        return f"the evidence {one.reference} is older than the task"
    if not is_proof(one, line):
        return f"the evidence {one.reference} is {line.evidence.kind} {line.evidence.outcome}, which does not prove it"
    return None


def _is_older(line: EvidenceLine, since: str) -> bool:
    # Both are UTC; records know minutes only.
    return line.evidence.observed_at[: len(since)] < since


def _zone(records: Records) -> tzinfo:
    if records.timezone == "UTC":
        return UTC
    from zoneinfo import ZoneInfo

    return ZoneInfo(records.timezone)


def _judge(store: EvidenceStore, one: Expectation, since: str) -> tuple[str, str]:
    if one.dropped is not None:
        return "dropped", one.dropped
    if one.ticked:
        fault = find_fault(store, one, since)
        return ("unmet", fault) if fault else ("met", one.reference or "")
    every = store.lines() if store.folder.is_dir() else []
    seen = [line for line in every if line.evidence.kind == one.kind and not _is_older(line, since)]
    if seen and seen[-1].evidence.outcome is Outcome.FAILED:
        return "unmet", one_line(f"failed: {seen[-1].evidence.source}", 200)
    return "unmet", "no evidence yet"
