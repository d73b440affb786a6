"""The steps of a release, one file each."""

from __future__ import annotations

from typing import Protocol

from conductor.domain.evidence import Evidence
from conductor.release.context import Release


class Step(Protocol):
    """One step: idempotent, so that a release can be resumed by running the list again."""

    @property
    def name(self) -> str:
        """Return what a person reads."""
        ...

    @property
    def locked(self) -> bool:
        """Tell whether the release lock must be held."""
        ...

    def done(self, release: Release) -> Evidence | None:
        """Return the evidence where the world shows that the step is done already, else None."""
        ...

    def run(self, release: Release) -> Evidence:
        """Do it and return the evidence; raises StepFailed, or OutsideRefused where a service does not answer."""
        ...
