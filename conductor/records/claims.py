"""An agent says a task is done: what its expectations and the evidence say about that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from conductor.domain.evidence import EvidenceLine, Outcome
from conductor.domain.text import one_line
from conductor.records.blocks import Block
from conductor.records.evidence import EvidenceStore
from conductor.records.expectations import Expectation
from conductor.records.proof import find_beginning, find_changes, find_fault, find_waiting, is_older, is_proof, names_of
from conductor.records.reconcile import later_failure
from conductor.records.store import Records
from conductor.records.task_edits import close_task, tick_expectation
from conductor.records.task_heads import Task
from conductor.records.task_lookup import find_task
from conductor.records.tasks import TaskFile

# What has to be seen first: a job can't pass on an image that was never built.
_ORDER = ("build", "image", "deployed", "smoke", "performance")


@dataclass(frozen=True, slots=True)
class Judged:
    """One expectation with what was found: met, unmet or dropped, and why; whether it `waits` for a person's word."""

    expectation: Expectation
    state: str
    reason: str
    waits: bool = False

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
    store = records.evidence
    for one in file.expectations(block) if block else []:
        found = _judge(store, one, since, names_of(block) if block else set())
        if found.state == "unmet" and one.kind in _ORDER:
            if waits_for is not None and _ORDER.index(one.kind) > _ORDER.index(waits_for):
                found = replace(found, reason=f"waits for {waits_for}")
            elif waits_for is None:
                waits_for = one.kind
        judged.append(found)
    return judged


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
    """Tick every expectation of the task that is not met and that one of the lines meets."""
    file, _ = find_task(records, task_id)
    block = file.find_block(task_id)
    since = find_beginning(records, block) if block else ""
    for judged in judge_expectations(records, file, block):
        if judged.state == "unmet":
            proof = next((line for line in evidence if is_proof(judged.expectation, line, since)), None)
            if proof is not None:
                tick_expectation(records, task_id, judged.expectation.number, proof.reference)


def list_proofs(records: Records, task_id: str) -> list[EvidenceLine]:
    """Return the evidence that the task's ticked expectations rest on."""
    file, _ = find_task(records, task_id)
    block = file.find_block(task_id)
    met = [one for one in judge_expectations(records, file, block) if one.state == "met"]
    found = [records.evidence.resolve(one.expectation.reference or "") for one in met]
    return [line for line in found if line is not None]


def _judge(store: EvidenceStore, one: Expectation, since: str, names: set[str]) -> Judged:
    if one.dropped is not None:
        return Judged(one, "dropped", one.dropped)
    if one.ticked:
        fault = find_fault(store, one, since, names)
        line = store.resolve(one.reference or "")
        if line is None or fault:
            return Judged(one, "unmet", fault or "no evidence yet")
        failure = later_failure(line, store.lines())
        return Judged(one, "unmet", f"{failure.told} failed later") if failure else Judged(one, "met", line.told)
    every = store.lines() if store.folder.is_dir() else []
    if waiting := find_waiting(every, one, since, names):
        changes = "; ".join(find_changes(waiting))
        reason = one_line(f"passed, but a person has to look (conductor task confirm): {changes}", 300)
        return Judged(one, "unmet", reason, waits=True)
    seen = [line for line in every if line.evidence.kind == one.kind and not is_older(line, since)]
    if seen and seen[-1].evidence.outcome is Outcome.FAILED:
        return Judged(one, "unmet", one_line(f"failed: {seen[-1].evidence.source}", 200))
    return Judged(one, "unmet", "no evidence yet")
