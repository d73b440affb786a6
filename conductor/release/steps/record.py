"""record: the task and the journal tell what is proven."""

from __future__ import annotations

from dataclasses import dataclass

from conductor.domain.evidence import Evidence
from conductor.domain.release import ReleaseOutcome
from conductor.release.context import Release
from conductor.release.story import entry_lines, entry_title


@dataclass(frozen=True, slots=True)
class Record:
    """Ticks what the evidence meets and writes one journal entry."""

    name: str = "record"
    locked: bool = True

    def done(self, release: Release) -> Evidence | None:
        """Return None: writing the same entry or tick again changes nothing."""
        del release
        return None

    def run(self, release: Release) -> Evidence:
        """Write the records and return the evidence."""
        world, task = release.world, release.plan.task
        release.ledger.write("intent", step=self.name, action="records", task=task)
        status = world.records.apply_evidence(task, world.evidence.lines(release.id)) if task else None
        heading = world.records.write_entry(
            f"{release.id} {ReleaseOutcome.VERIFIED}",
            entry_title(release, ReleaseOutcome.VERIFIED),
            entry_lines(release, ReleaseOutcome.VERIFIED),
            task,
        )
        release.ledger.write("result", step=self.name, action="records", task=task, task_status=status, journal=heading)
        told = f"{task} {status}, " if task else "no task in progress, "
        return release.observe("record", release.plan.revision, f"{told}journal {heading}", "conductor release")
