"""Evidence as a whole: every file's chain, and every reference that a record makes to it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from conductor.domain.evidence import REFERENCE, EvidenceLine
from conductor.domain.finding import Finding, Location
from conductor.records.evidence import EvidenceStore
from conductor.records.evidence_check import check_store
from conductor.rules.context import RuleContext

TICK = "REC-TICK-001"
_MARK = re.compile("#[1-9][0-9]*:[0-9a-f]{8}")
_RECORDS = ("TASKS.md", "JOURNAL.md", "ERRORS.md")


def check_evidence(context: RuleContext, told: Iterable[Finding] = ()) -> list[Finding]:
    """Return what is wrong with the evidence files, and the references that name no line.

    A line of a record whose tick is already `told` to prove nothing isn't told twice.
    """
    store = EvidenceStore.of(context.repository)
    ticks = {_line_of(finding) for finding in told if finding.code == TICK}
    dangling = _check_references(context, store.every_line())
    return [*check_store(store), *(finding for finding in dangling if _line_of(finding) not in ticks)]


def _line_of(finding: Finding) -> tuple[str, int | None] | None:
    return (finding.location.path, finding.location.line) if finding.location else None


def _check_references(context: RuleContext, lines: list[EvidenceLine]) -> list[Finding]:
    known = {line.reference for line in lines}
    places = {(line.writer, line.seq) for line in lines}
    archives = [path for path in context.paths() if "archive" in path.lower() and path.endswith(".md")]
    return [
        _dangling(match[0], (match["writer"], int(match["seq"])) in places, name, number)
        for name in (*_RECORDS, *archives)
        for number, text in _lines_with_marks(context.read(name) or "")
        for match in REFERENCE.finditer(text)
        if match[0] not in known
    ]


def _lines_with_marks(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines, with their numbers, that may hold a reference: looked for by its mark, which few lines have."""
    number, counted = 1, 0
    for match in _MARK.finditer(text):
        start = text.rfind("\n", 0, match.start()) + 1
        if start >= counted:
            number += text.count("\n", counted, start)
            end = text.find("\n", start)
            counted = end if end >= 0 else len(text)
            yield number, text[start:counted]


def _dangling(reference: str, exists: bool, name: str, number: int) -> Finding:  # noqa: FBT001 - one fact, said once
    why = "the line it names has another hash: it was changed" if exists else "no evidence file has that line"
    return Finding(
        "EV-REF-001",
        f"{reference} proves nothing: {why}",
        "take the evidence file back from git, or take the reference out and let Conductor observe it again",
        location=Location(name, number),
        docs="docs/evidence.md",
    )
