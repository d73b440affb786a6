"""Evidence of this release: kept once, and found again after an interruption."""

from __future__ import annotations

from conductor.domain.evidence import Evidence, EvidenceLine, Outcome
from conductor.release.context import Release


def find_recorded(release: Release, kind: str, subject: str) -> Evidence | None:
    """Return this release's evidence that the check of that subject passed, or None."""
    for line in release.world.evidence.lines(release.id):
        found = line.evidence
        if (found.kind, found.subject, found.outcome) == (kind, subject, Outcome.PASSED):
            return found
    return None


def keep_evidence(release: Release, evidence: Evidence) -> EvidenceLine | None:
    """Append the evidence, once: a resumed release finds what it recorded before. The records speak for themselves."""
    if evidence.kind == "record":
        return None
    for line in release.world.evidence.lines(release.id):
        known = line.evidence
        if (known.kind, known.subject, known.outcome) == (evidence.kind, evidence.subject, evidence.outcome):
            return line
    return release.world.evidence.append(release.id, evidence)
