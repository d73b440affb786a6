"""A rule's answer for the report: kept, violated, or honestly something in between; with its evidence."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from conductor.domain.finding import Finding, Severity
from conductor.domain.rule import Rule


class Status(enum.StrEnum):
    """`not observed` = nothing recorded says so either way; `attested` = only the agent says so."""

    KEPT = "kept"
    VIOLATED = "violated"
    NOT_OBSERVED = "not observed"
    NOT_NEEDED = "not needed"
    ATTESTED = "attested"


@dataclass(frozen=True, slots=True)
class Answer:
    """What one rule says; `evidence` are sentences that each name where they come from."""

    status: Status
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleMeta:
    """A rule's title (a short imperative) and what must be true, for the table, the docs and the report."""

    rule: Rule
    title: str
    must: str
    checked_by: str
    example: str = ""
    notes: tuple[str, ...] = field(default=())

    @property
    def docs(self) -> str:
        """Return the rule's page."""
        return f"docs/rules/{self.rule.name}.md"


_SEVERITIES = {"block": Severity.ERROR, "ask": Severity.WARNING, "warn": Severity.WARNING}


def severity_of(level: str) -> Severity:
    """Return how bad a violation is at that level: block makes an error, ask and warn a warning."""
    return _SEVERITIES.get(level, Severity.ADVICE)


def count(number: int, noun: str) -> str:
    """Return `1 file`, `2 files`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def from_findings(findings: list[Finding], kept: str) -> Answer:
    """Return violated with the findings as evidence, or kept with that sentence."""
    if findings:
        return Answer(Status.VIOLATED, tuple(_sentence(finding) for finding in findings[:5]) + _more(findings))
    return Answer(Status.KEPT, (kept,))


def _sentence(finding: Finding) -> str:
    return f"{finding.location}: {finding.message}" if finding.location else finding.message


def _more(findings: list[Finding]) -> tuple[str, ...]:
    return (f"and {len(findings) - 5} more: conductor check rules",) if len(findings) > 5 else ()
