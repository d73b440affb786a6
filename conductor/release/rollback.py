"""Rollback: put back what served before, and prove it with a job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from conductor.domain.text import one_line
from conductor.errors import ConductorError
from conductor.ports.jobs import JobState
from conductor.release.context import Patience, Release
from conductor.release.steps.deploy import show_image
from conductor.release.steps.recorded import keep_evidence
from conductor.release.steps.rollout import READY, UnhealthyWatch


@dataclass(frozen=True, slots=True)
class Restoration:
    """What became of one target.

    `restored` is true where it serves what it served before; `changed` is false where it never served anything else.
    """

    target: str
    restored: bool
    what: str
    changed: bool = True


def changed_targets(release: Release) -> list[dict[str, Any]]:
    """Return the first deploy intent of each target this release has changed, or may have changed."""
    found: dict[str, dict[str, Any]] = {}
    for line in release.ledger.lines:
        if line["event"] == "intent" and line.get("action") == "deploy":
            found.setdefault(line["target"], line)
    return list(found.values())


def restore_targets(release: Release) -> list[Restoration]:
    """Put back every changed target, the last one first."""
    return [_restore_one(release, intent) for intent in reversed(changed_targets(release))]


def _restore_one(release: Release, intent: dict[str, Any]) -> Restoration:
    name, previous, ours = intent["target"], intent["previous"], intent["image"]
    try:
        restoration = _put_back(release, name, previous, ours)
    except ConductorError as error:
        restoration = Restoration(name, restored=False, what=f"not restored: {one_line(error.message, 300)}")
    release.ledger.write("result", action="rollback", target=name, restored=restoration.restored, what=restoration.what)
    return restoration


def _put_back(release: Release, name: str, previous: str, ours: str) -> Restoration:
    image = release.world.targets[name].fetch_state().image
    begun = release.ledger.last("intent", action="rollback", target=name) is not None
    if image == previous and not begun:
        return Restoration(name, restored=True, what=f"{show_image(previous)} was never replaced", changed=False)
    if image not in (previous, ours):
        return Restoration(name, restored=False, what=f"somebody else has deployed {show_image(image)} meanwhile")
    if not previous:
        return Restoration(name, restored=False, what="nothing was deployed before: there is nothing to put back")
    problem = deploy_previous(release, name, previous) if image == ours else None
    problem = problem or wait_for_old_workers(release, name) or prove_with_job(release, name)
    if problem:
        return Restoration(name, restored=False, what=f"{show_image(previous)} is not proven to serve: {problem}")
    told = f"{show_image(previous)} serves again, verified by a job"
    keep_evidence(
        release,
        release.observe("restored", f"{name}@{previous.rpartition('@')[2]}", f"{name}: {told}", previous),
    )
    return Restoration(name, restored=True, what=told)


def deploy_previous(release: Release, name: str, previous: str) -> str | None:
    """Configure the earlier image again; return what the target says instead, or None."""
    target = release.world.targets[name]
    release.ledger.write("intent", action="rollback", target=name, image=previous)
    release.observer.step_detail("rollback", f"{name}: putting back {show_image(previous)}")
    target.deploy(previous)
    image = target.fetch_state().image
    return None if image == previous else f"the target still says {show_image(image)}"


def wait_for_old_workers(release: Release, name: str) -> str | None:
    """Wait until no worker of the withdrawn release is left; return what keeps it from being so, or None."""
    world, poll, patience, watch = release.world, release.plan.poll, Patience(), UnhealthyWatch()
    deadline = world.clock.monotonic() + poll.rollout_timeout_s
    while world.clock.monotonic() < deadline:
        listing = patience.ask(world.targets[name].fetch_workers)
        if listing is not None:
            if watch.look(listing):
                return "its workers are unhealthy as well"
            ready = all(not worker.is_stale and worker.status in READY for worker in listing.workers)
            if ready:
                return None
        world.clock.sleep(poll.rollout_s)
    return "its workers did not come back in time"


def prove_with_job(release: Release, name: str) -> str | None:
    """Run the smoke job on what was put back; return what is wrong with it, or None.

    Only its status counts: the earlier image may not know the smoke job's newest form.
    """
    world, poll, patience = release.world, release.plan.poll, Patience()
    queue = world.targets[name].jobs
    sent = release.ledger.last("result", action="rollback_job", target=name)
    job_id = sent["job"] if sent else queue.submit(release.plan.smoke_body)
    if not sent:
        release.ledger.write("result", action="rollback_job", target=name, job=job_id)
    deadline = world.clock.monotonic() + poll.job_timeout_s
    job: JobState | None = None
    while world.clock.monotonic() < deadline:
        job = patience.ask(lambda: queue.fetch(job_id))
        if job is not None and job.ended:
            return None if job.status == release.plan.smoke.status else f"the job ended {job.status}"
        world.clock.sleep(poll.job_s)
    return f"the job is {job.status if job else 'unknown'} after {poll.job_timeout_s:.0f} s"
