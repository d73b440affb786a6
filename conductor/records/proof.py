"""Whether one line of evidence proves one expectation of one task."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

from conductor.domain.evidence import EvidenceLine, Outcome
from conductor.domain.text import one_line
from conductor.records.blocks import FORMERLY, Block
from conductor.records.evidence import EvidenceStore
from conductor.records.expectations import Expectation
from conductor.records.grammar import read_stamp
from conductor.records.store import Records


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


def names_of(block: Block) -> set[str]:
    """Return the task's id, and the one it had before a merge gave it this."""
    return {block.id, block.value(FORMERLY) or block.id}


def is_proof(one: Expectation, line: EvidenceLine, since: str = "") -> bool:
    """Tell whether the evidence can meet the expectation: its kind, a good outcome, and the name it asks for.

    `since` is the task's beginning, as `find_beginning` returns it: what was observed before proves nothing. A command
    that was changed since then proves nothing until a person has confirmed it.
    """
    evidence = line.evidence
    if evidence.kind != one.kind or evidence.outcome is Outcome.FAILED or is_older(line, since):
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
        and not is_older(line, since)
    ]
    last = max(same, key=lambda line: (line.evidence.observed_at, line.seq), default=None)
    return last if last is not None and find_changes(last) else None


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
    if is_older(line, since):
        return "is older than the task"
    if line.evidence.kind == "command" and of is not None and of not in names:
        return f"was observed for {one_line(str(of), 40)}, not for this task"
    if changes := find_changes(line):
        return f"waits for a person's word: {one_line('; '.join(changes), 200)}"
    if not is_proof(one, line):
        return f"is {line.evidence.kind} {line.evidence.outcome}, which does not prove it"
    return ""


def is_older(line: EvidenceLine, since: str) -> bool:
    """Tell whether the line was observed before the beginning, as `find_beginning` returns it."""
    # Both are UTC; records know minutes only.
    return line.evidence.observed_at[: len(since)] < since


def _zone(records: Records) -> tzinfo:
    if records.timezone == "UTC":
        return UTC
    from zoneinfo import ZoneInfo

    return ZoneInfo(records.timezone)
