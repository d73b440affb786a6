"""The records of a project without tasks and journal yet: a release tells its story in its evidence only."""

from __future__ import annotations

from collections.abc import Sequence

from conductor.domain.evidence import EvidenceLine
from conductor.domain.finding import Finding


class EvidenceOnly:
    """Keeps no task and no journal."""

    def check(self) -> list[Finding]:
        """Return nothing: there is nothing that could be wrong."""
        return []

    def find_task(self, wanted: str | None) -> str | None:
        """Return the wanted task."""
        return wanted

    def apply_evidence(self, task_id: str, evidence: Sequence[EvidenceLine]) -> str:
        """Tick nothing."""
        del task_id, evidence
        return "CLAIMED"

    def add_finding(self, task_id: str, text: str, reference: str | None) -> str:
        """Write nothing."""
        del task_id, text, reference
        return "CLAIMED"

    def write_entry(self, marker: str, title: str, lines: Sequence[str], task_id: str | None) -> str:
        """Write nothing and return the title."""
        del marker, lines, task_id
        return title
