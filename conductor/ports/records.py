"""What a release writes into the project's records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from conductor.domain.evidence import EvidenceLine
from conductor.domain.finding import Finding


class ReleaseRecords(Protocol):
    """Tasks and journal, as a release needs them."""

    def check(self) -> list[Finding]:
        """Return what is wrong with the records."""
        ...

    def find_task(self, wanted: str | None) -> str | None:
        """Return the id of the task this release is for: the wanted one, or the one in progress; None without one."""
        ...

    def apply_evidence(self, task_id: str, evidence: Sequence[EvidenceLine]) -> str:
        """Tick what the evidence meets, complete the task if everything is met, and return its status."""
        ...

    def add_finding(self, task_id: str, text: str, reference: str | None) -> str:
        """Write the finding onto the task, once; a task that said it was done is CLAIMED then. Return its status."""
        ...

    def write_entry(self, marker: str, title: str, lines: Sequence[str], task_id: str | None, issues: str = "") -> str:
        """Write a journal entry with the marker in it, once, and return its heading."""
        ...
