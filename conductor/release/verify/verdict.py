"""What looking at a target came to: its checks, and one word for all of them."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from conductor.domain.finding import Finding
from conductor.errors import ExitCode


class Standing(enum.StrEnum):
    """How what runs compares with what was proven.

    same · drift: something else runs, or what runs can't go on doing so · under_way: a release is changing it now ·
    unknown: somebody who had to be asked did not answer · nothing: no release has proven anything there.
    """

    SAME = "same"
    DRIFT = "drift"
    UNDER_WAY = "under_way"
    UNKNOWN = "unknown"
    NOTHING = "nothing"


# The worst first: what a look at several things comes to is the first of these that any of them came to.
_WORST = (Standing.DRIFT, Standing.UNDER_WAY, Standing.UNKNOWN, Standing.SAME, Standing.NOTHING)
_CODES = {
    Standing.DRIFT: ExitCode.FINDINGS,
    Standing.UNDER_WAY: ExitCode.LOCKED,
    Standing.UNKNOWN: ExitCode.OUTSIDE,
    Standing.SAME: ExitCode.OK,
    Standing.NOTHING: ExitCode.NOTHING,
}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; `told` is a line for a person, with both values where they differ."""

    name: str
    standing: Standing
    told: str

    def as_json(self) -> dict[str, str]:
        """Return the JSON form."""
        return {"name": self.name, "standing": str(self.standing), "told": self.told}


@dataclass(slots=True)
class Verdict:
    """What looking at one target came to.

    `expected` and `serves` are image references, None where that is not known; `since` tells since when the target
    serves something else, as far as its own history does.
    """

    target: str
    release: str | None = None
    revision: str | None = None
    context: str | None = None
    expected: str | None = None
    serves: str | None = None
    since: str | None = None
    checks: list[Check] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def standing(self) -> Standing:
        """Return the one word for all checks."""
        return worst([check.standing for check in self.checks])

    def note(self, name: str, standing: Standing, told: str) -> None:
        """Add a check."""
        self.checks.append(Check(name, standing, told))

    def drift(self, name: str, code: str, told: str, remedy: str) -> None:
        """Add a check that found something else, and its finding."""
        self.note(name, Standing.DRIFT, told)
        self.findings.append(
            Finding(code, f"target {self.target}: {told}", remedy, docs="docs/release.md#is-what-runs-what-was-built")
        )

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form: stable keys, null where something is not known."""
        return {
            "name": self.target,
            "standing": str(self.standing),
            "release": self.release,
            "revision": self.revision,
            "context": self.context,
            "expected": self.expected,
            "serves": self.serves,
            "since": self.since,
            "checks": [check.as_json() for check in self.checks],
            "notes": list(self.notes),
        }


def worst(standings: Sequence[Standing]) -> Standing:
    """Return what several looks come to together."""
    return next((one for one in _WORST if one in standings), Standing.NOTHING)


def exit_code(verdicts: Sequence[Verdict]) -> ExitCode:
    """Return the exit code: that of the worst standing, 3 where nothing was ever proven anywhere."""
    return _CODES[worst([verdict.standing for verdict in verdicts])]
