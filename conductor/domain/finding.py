"""A finding: something is wrong, here, and this is how to put it right."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any


class Severity(enum.StrEnum):
    """How bad it is: an error will fail, a warning may fail or costs something, an advice is style that matters."""

    ERROR = "error"
    WARNING = "warning"
    ADVICE = "advice"


class Confidence(enum.StrEnum):
    """How sure we are."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file: `path` is relative to the project with forward slashes; lines and columns count from 1."""

    path: str
    line: int | None = None
    column: int | None = None
    end_line: int | None = None

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.path, self.line, self.column) if part is not None)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    `code` is stable for ever (`PF-WHEEL-001`, `REC-ID-002`, `R9`); `context` holds further lines for a person (the
    quoted source line, where a fact came from); `docs` is the page, relative to the project's docs; `fix` is true where
    `--fix` can apply the remedy.
    """

    code: str
    message: str
    remedy: str
    severity: Severity = Severity.ERROR
    confidence: Confidence = Confidence.HIGH
    location: Location | None = None
    context: tuple[str, ...] = ()
    docs: str | None = None
    fix: bool = False
    data: dict[str, Any] = field(default_factory=dict, hash=False, compare=False)

    def as_json(self) -> dict[str, Any]:
        """Return the stable JSON form; keys without a value are null, never absent."""
        where = self.location
        return {
            "code": self.code,
            "severity": str(self.severity),
            "confidence": str(self.confidence),
            "message": self.message,
            "path": where.path if where else None,
            "line": where.line if where else None,
            "column": where.column if where else None,
            "end_line": where.end_line if where else None,
            "remedy": self.remedy,
            "context": list(self.context),
            "docs": self.docs,
            "fix": self.fix,
            **({"data": self.data} if self.data else {}),
        }


def sort_findings(findings: list[Finding]) -> list[Finding]:
    """Return the findings by path, line, column and code: the order every output uses."""
    return sorted(
        findings,
        key=lambda f: (
            f.location.path if f.location else "",
            (f.location.line or 0) if f.location else 0,
            (f.location.column or 0) if f.location else 0,
            f.code,
            f.message,
        ),
    )
