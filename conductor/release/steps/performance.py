"""performance: this release's jobs are no slower than the last one's, on the same GPU."""

from __future__ import annotations

from dataclasses import dataclass

from conductor.config.settings import PerformanceSettings
from conductor.domain.evidence import Evidence, EvidenceLine, Outcome
from conductor.domain.speed import Limits, compare
from conductor.release.context import Release, StepFailed
from conductor.release.ledger import stamp


@dataclass(frozen=True, slots=True)
class Performance:
    """Compares the times that the smoke step measured with those of the last release that stayed."""

    target: str
    asked: PerformanceSettings
    name: str = "performance"
    locked: bool = True

    def done(self, release: Release) -> Evidence | None:
        """Return None: to compare again costs nothing."""
        del release
        return None

    def run(self, release: Release) -> Evidence:
        """Return the evidence: passed, or observed only where there is nothing to compare with; raises StepFailed."""
        last = self._find_smoke(release)
        asked = Limits(self.asked.warm_percent, self.asked.cold_percent)
        found = compare(last, release.world.evidence.lines(), asked)
        outcome = Outcome.FAILED if found.slower else Outcome.PASSED if found.rows else Outcome.OBSERVED
        against = dict.fromkeys(row.against for row in found.rows if row.against)
        evidence = Evidence(
            "performance",
            last.evidence.subject,
            outcome,
            stamp(release.world.clock),
            f"evidence {last.reference}" + (f" against {', '.join(against)}" if against else ""),
            {"summary": found.told, **found.as_detail()},
        )
        if found.slower:
            raise StepFailed(
                "PERFORMANCE_SLOWER",
                f"target {self.target}: slower than before: {'; '.join(row.told for row in found.rows if row.slower)}",
                hint="find what made it slower and release again; if it is meant, raise smoke.expect.performance",
                evidence=evidence,
            )
        return evidence

    def _find_smoke(self, release: Release) -> EvidenceLine:
        subject = f"{self.target}@{release.the_image().digest}"
        for line in reversed(release.world.evidence.lines(release.id)):
            found = line.evidence
            if (found.kind, found.subject, found.outcome) == ("smoke", subject, Outcome.PASSED):
                return line
        raise AssertionError("the smoke step runs before what compares its times")
