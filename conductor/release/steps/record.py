"""record: the task and the journal tell what is proven."""

from __future__ import annotations

from dataclasses import dataclass

from conductor.domain.evidence import Evidence
from conductor.domain.release import ReleaseOutcome
from conductor.errors import UsageProblem
from conductor.ports.target import Target
from conductor.records.again import Answered, Inquiry, Services, as_evidence
from conductor.release.context import Release
from conductor.release.journal_entry import entry_lines, entry_title
from conductor.release.ledger import stamp
from conductor.release.steps.recorded import keep_evidence


def keep_what_differs(release: Release, task: str) -> None:
    """Ask the world again what the task rests on from before this release; what it says instead becomes evidence."""
    world, build = release.world, release.plan.build
    seen = {(line.evidence.kind, line.evidence.subject) for line in world.evidence.lines(release.id)}
    earlier = [line for line in world.proofs(task) if (line.evidence.kind, line.evidence.subject) not in seen]
    services = Services(
        repository=world.repository,
        image=build.image,
        platform=build.platform,
        workflow=build.workflow,
        branch=release.plan.branch,
        remote=lambda: world.remote,
        builds=lambda: world.builds,
        registry=lambda: world.registry,
        target=lambda name: find_target(release, name),
    )
    for asked in Inquiry(services, world.evidence.lines()).ask_all(earlier):
        if asked.answer is Answered.DIFFERS:
            keep_evidence(release, as_evidence(asked, stamp(world.clock)))


def find_target(release: Release, name: str) -> Target:
    """Return the target of that name; raises UsageProblem where this release goes to others."""
    if name not in release.world.targets:
        raise UsageProblem(f"this release does not go to {name}", hint="conductor check --online asks every target")
    return release.world.targets[name]


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
        if task:
            keep_what_differs(release, task)
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
