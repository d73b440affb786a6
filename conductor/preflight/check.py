"""What a check is: a module with META and one function, and how both are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conductor.domain.finding import Confidence, Finding, Location, Severity

if TYPE_CHECKING:
    from types import ModuleType

    from conductor.preflight.environment.origin import Origin
    from conductor.preflight.subject import Subject


@dataclass(frozen=True, slots=True)
class Meta:
    """What is fixed about a check.

    `id` is the name of its file with hyphens, `code` stays the same for ever, `severity` is the worst it reports,
    `offline` is false for a check that can only judge with `--online`, `since` the version that brought it.
    """

    id: str
    code: str
    title: str
    severity: Severity
    remedy: str
    confidence: Confidence = Confidence.HIGH
    offline: bool = True
    since: str = "0.1"

    @property
    def docs(self) -> str:
        """Return the check's page."""
        return f"docs/checks/{self.id}.md"

    def finding(
        self,
        subject: Subject,
        message: str,
        where: Location,
        *facts: str | Origin | None,
        remedy: str | None = None,
        severity: Severity | None = None,
        confidence: Confidence | None = None,
        fix: Fix | None = None,
        **data: Any,
    ) -> Finding:
        """Return a finding of this check, with the quoted line and what it rests on."""
        if fix is not None:
            data["fix"] = fix.as_data()
        return Finding(
            code=self.code,
            message=message,
            remedy=remedy or self.remedy,
            severity=severity or self.severity,
            confidence=confidence or self.confidence,
            location=where,
            context=subject.quote(where, *facts),
            docs=self.docs,
            fix=fix is not None,
            data=data,
        )


@dataclass(frozen=True, slots=True)
class Fix:
    """A safe repair: in `path` (relative to the project), on line `line`, `old` becomes `new`.

    `old` must stand on that line exactly once, else the repair is refused. An empty `old` puts `new` in as a line of
    its own before `line`. `chmod` gives the file its x bit instead, `crlf` rewrites its line ends.
    """

    path: str
    line: int = 0
    old: str = ""
    new: str = ""
    kind: str = "replace"

    def as_data(self) -> dict[str, Any]:
        """Return the fix as it stands in a finding's data."""
        return {"path": self.path, "line": self.line, "old": self.old, "new": self.new, "kind": self.kind}


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its page (the module's docstring), what is fixed about it, and the function that judges."""

    meta: Meta
    page: str
    judge: Callable[[Subject], Iterator[Finding]]

    @property
    def module(self) -> str:
        """Return the name of its module in `checks/`."""
        return self.meta.id.replace("-", "_")


def load_check(module: ModuleType) -> Check:
    """Return the check that a module holds."""
    return Check(module.META, module.__doc__ or "", module.judge)
