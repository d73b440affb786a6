"""Verdicts on a fixed revision that this release recorded before it was interrupted."""

from __future__ import annotations

from conductor.domain.evidence import Evidence, Outcome
from conductor.release.context import Release


def find_recorded(release: Release, kind: str, subject: str) -> Evidence | None:
    """Return this release's evidence that the check of that subject passed, or None."""
    for line in release.world.evidence.lines(release.id):
        found = line.evidence
        if (found.kind, found.subject, found.outcome) == (kind, subject, Outcome.PASSED):
            return found
    return None
