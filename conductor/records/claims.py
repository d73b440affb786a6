"""An agent says a task is done: what its expectations and the evidence say about that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from typing import Any

from conductor.domain.evidence import EvidenceLine, Outcome
from conductor.domain.text import one_line
from conductor.records.blocks import Block
from conductor.records.evidence import EvidenceStore
from conductor.records.expectations import Expectation
from conductor.records.grammar import read_stamp
from conductor.records.merge_ids import FORMERLY
from conductor.records.reconcile import later_failure
from conductor.records.store import Records
from conductor.records.task_edits import close_task, tick_expectation
from conductor.records.task_heads import Task
from conductor.records.tasks import TaskFile, find_task

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

    `since` is the task's beginning, as `find_beginning` returns it: what was observed before proves nothing. A command
    that was changed since then proves nothing until a person has confirmed it.
    """
    evidence = line.evidence
    if evidence.kind != one.kind or evidence.outcome is Outcome.FAILED or _is_older(line, since):
        return False
    if find_changes(line):
        return False
    if one.kind in {"build", "image", "smoke", "performance", "command"} and evidence.outcome is not Outcome.PASSED:
        return False
    if not one.argument:
        return True
    return one.argument in {evidence.subject, evidence.subject.partition("@")[0]}


def find_changes(line: EvidenceLine) -> list[str]:
    """Return what of a passed command was changed since its task began, where no person has confirmed that yet."""
    detail = line.evidence.detail
    selection = detail.get("selection")
    decides = selection.get("decides") if isinstance(selection, dict) else None
    if not isinstance(decides, list) or detail.get("confirmed_by"):
        return []
    return [str(one) for one in decides] if line.evidence.outcome is Outcome.PASSED else []


def find_waiting(lines: Sequence[EvidenceLine], one: Expectation, since: str, names: set[str]) -> EvidenceLine | None:
    """Return the last evidence for an open command of the task, where it passed and only waits for a person's word."""
    if one.kind != "command" or one.ticked or one.dropped is not None:
        return None
    same = [
        line
        for line in lines
        if line.evidence.kind == "command"
        and line.evidence.subject == one.argument
        and line.evidence.detail.get("task") in names
        and not _is_older(line, since)
    ]
    last = max(same, key=lambda line: (line.evidence.observed_at, line.seq), default=None)
    return last if last is not None and find_changes(last) else None


def names_of(block: Block) -> set[str]:
    """Return the task's id, and the one it had before a merge gave it this."""
    return {block.id, block.value(FORMERLY) or block.id}


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


def find_fault(store: EvidenceStore, one: Expectation, since: str, names: set[str]) -> str | None:
    """Return why the tick of an expectation is no proof, or None where its evidence proves it.

    `since` is the beginning of its task, `names` are the task's ids: what was run for another task proves nothing.
    """
    if one.reference is None:
        return "ticked without evidence"
    line = store.resolve(one.reference)
    if line is None:
        return f"the evidence {one.reference} does not exist"
    fault = _fault_of(line, one, since, names)
    return f"the evidence {one.reference} {fault}" if fault else None


def _fault_of(line: EvidenceLine, one: Expectation, since: str, names: set[str]) -> str:
    """Return why the line does not prove the expectation, in words that follow its reference; empty where it does."""
    of = line.evidence.detail.get("task")
    if not line.standing.counts:
        return line.standing.fault
    if _is_older(line, since):
        return "is older than the task"
    if line.evidence.kind == "command" and of is not None and of not in names:
        return f"was observed for {one_line(str(of), 40)}, not for this task"
    if changes := find_changes(line):
        return f"waits for a person's word: {one_line('; '.join(changes), 200)}"
    if not is_proof(one, line):
        return f"is {line.evidence.kind} {line.evidence.outcome}, which does not prove it"
    return ""


def _is_older(line: EvidenceLine, since: str) -> bool:
    # Both are UTC; records know minutes only.
    return line.evidence.observed_at[: len(since)] < since


def _zone(records: Records) -> tzinfo:
    if records.timezone == "UTC":
        return UTC
    from zoneinfo import ZoneInfo

    return ZoneInfo(records.timezone)


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
    seen = [line for line in every if line.evidence.kind == one.kind and not _is_older(line, since)]
    if seen and seen[-1].evidence.outcome is Outcome.FAILED:
        return Judged(one, "unmet", one_line(f"failed: {seen[-1].evidence.source}", 200))
    return Judged(one, "unmet", "no evidence yet")
