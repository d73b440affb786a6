"""Why GitHub does not take a workflow."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why GitHub does not take the file: what is wrong, what to write, and where (from 1)."""

    message: str
    remedy: str
    line: int
    column: int
