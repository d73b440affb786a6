"""An agent says a task is done: what its expectations and the evidence say about that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from conductor.domain.evidence import EvidenceLine, Outcome
from conductor.domain.text import one_line
from conductor.records.evidence import EvidenceStore
from conductor.records.expectations import Expectation
from conductor.records.store import Records
from conductor.records.task_edits import close_task, tick_expectation
from conductor.records.tasks import Task, find_task

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


def judge_expectations(store: EvidenceStore, expectations: Sequence[Expectation]) -> list[Judged]:
    """Return each expectation with its state; only a reference to evidence that passed makes one met."""
    judged: list[Judged] = []
    waits_for: str | None = None
    for one in expectations:
        state, reason = _judge(store, one)
        if state == "unmet" and one.kind in _ORDER:
            if waits_for is not None and _ORDER.index(one.kind) > _ORDER.index(waits_for):
                reason = f"waits for {waits_for}"
            elif waits_for is None:
                waits_for = one.kind
        judged.append(Judged(one, state, reason))
    return judged


def is_proof(one: Expectation, line: EvidenceLine) -> bool:
    """Tell whether the evidence can meet the expectation: its kind, a good outcome, and the name it asks for."""
    evidence = line.evidence
    if evidence.kind != one.kind or evidence.outcome is Outcome.FAILED:
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
    judged = judge_expectations(records.evidence, file.expectations(block) if block else [])
    complete = any(one.state == "met" for one in judged) and all(one.state != "unmet" for one in judged)
    return close_task(records, task_id, "COMPLETE" if complete else "CLAIMED"), judged


def settle(records: Records, task_id: str, evidence: Sequence[EvidenceLine]) -> None:
    """Tick every open expectation of the task that one of the lines meets."""
    file, _ = find_task(records, task_id)
    block = file.find_block(task_id)
    for one in file.expectations(block) if block else []:
        if one.dropped is None and not one.ticked:
            proof = next((line for line in evidence if is_proof(one, line)), None)
            if proof is not None:
                tick_expectation(records, task_id, one.number, proof.reference)


def find_fault(store: EvidenceStore, one: Expectation) -> str | None:
    """Return why the tick of an expectation is no proof, or None where its evidence proves it."""
    if one.reference is None:
        return "ticked without evidence"
    line = store.resolve(one.reference)
    if line is None:
        return f"the evidence {one.reference} does not exist"
    if not is_proof(one, line):
        return f"the evidence {one.reference} is {line.evidence.kind} {line.evidence.outcome}, which does not prove it"
    return None


def _judge(store: EvidenceStore, one: Expectation) -> tuple[str, str]:
    if one.dropped is not None:
        return "dropped", one.dropped
    if one.ticked:
        fault = find_fault(store, one)
        return ("unmet", fault) if fault else ("met", one.reference or "")
    seen = [line for line in store.lines() if line.evidence.kind == one.kind] if store.folder.is_dir() else []
    if seen and seen[-1].evidence.outcome is Outcome.FAILED:
        return "unmet", one_line(f"failed: {seen[-1].evidence.source}", 200)
    return "unmet", "no evidence yet"
