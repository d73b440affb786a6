"""A container engine as the rules see it: what was built here, never a way to build."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class EngineImage:
    """One image: `tags` and `pulled_as` (registry digests) as the engine has them, `steps` its history."""

    id: str
    tags: tuple[str, ...]
    pulled_as: tuple[str, ...]
    labels: tuple[tuple[str, str], ...]
    steps: tuple[str, ...]
    created_at: str


class ContainerEngine(Protocol):
    """An engine that answers."""

    def images(self) -> Sequence[EngineImage]:
        """Return every image the engine holds."""
        ...

    def build_steps(self) -> Sequence[str]:
        """Return the descriptions of what the builder's cache holds."""
        ...


@dataclass(frozen=True, slots=True)
class EngineAccess:
    """How far one got: an engine; or `absent` (no socket: verified); or `reason`, why a socket could not be asked."""

    engine: ContainerEngine | None = None
    absent: bool = False
    reason: str = ""
    remedy: str = ""
