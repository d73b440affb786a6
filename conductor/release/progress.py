"""Who watches a release: told what begins, what it waits for and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from conductor.domain.finding import Finding


class Observer(Protocol):
    """A watcher. Its methods return at once and never raise."""

    def step_started(self, name: str) -> None:
        """Hear that a step begins."""
        ...

    def step_detail(self, name: str, text: str) -> None:
        """Hear what the step waits for now."""
        ...

    def step_ended(self, name: str, summary: str, seconds: float) -> None:
        """Hear that the step is done, with its evidence in a line."""
        ...

    def step_failed(self, name: str, summary: str, seconds: float, findings: Sequence[Finding]) -> None:
        """Hear that the step failed, and why."""
        ...
