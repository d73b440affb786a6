"""Rollback: put back what served before, and prove it with a job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from conductor.domain.text import one_line
from conductor.errors import ConductorError
from conductor.ports.jobs import JobState
from conductor.release.context import Patience, Release
from conductor.release.start_watch import READY
from conductor.release.steps.deploy import configure, read_back, show_image
from conductor.release.steps.recorded import keep_evidence
from conductor.release.steps.rollout import UnhealthyWatch

NOT_FOUND = "NOT_FOUND"
# Right after it was sent, a queue may not know a job yet.
FORGOTTEN_POLLS = 3


@dataclass(frozen=True, slots=True)
class Restoration:
    """What became of one target.

    `restored` is true where it serves what it served before; `changed` is false where it never served anything else.
    `open` is true where that can be tried again: what this release deployed may be live, and is not proven.
    """

    target: str
    restored: bool
    what: str
    changed: bool = True
    open: bool = False


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
    name = intent["target"]
    try:
        restoration = _put_back(release, name, intent)
    except (ConductorError, OSError) as error:
        told = error.message if isinstance(error, ConductorError) else str(error)
        restoration = Restoration(name, restored=False, what=f"not restored: {one_line(told, 300)}", open=True)
    release.ledger.write("result", action="rollback", target=name, restored=restoration.restored, what=restoration.what)
    return restoration


def _put_back(release: Release, name: str, intent: dict[str, Any]) -> Restoration:
    previous, ours = intent["previous"], intent["image"]
    # An earlier release that was never proven may have been there: it is no more wanted back than ours.
    unproven = {ours, intent.get("replaced", ours)} - {previous}
    image = release.world.targets[name].fetch_state().image
    begun = release.ledger.last("intent", action="rollback", target=name) is not None
    if image == previous and not begun:
        return Restoration(name, restored=True, what=f"{show_image(previous)} was never replaced", changed=False)
    if image != previous and image not in unproven:
        return Restoration(name, restored=False, what=f"somebody else has deployed {show_image(image)} meanwhile")
    if not previous:
        return Restoration(name, restored=False, what="nothing was deployed before: there is nothing to put back")
    if image == previous and release.ledger.last("result", action="rollback", target=name, restored=True):
        return Restoration(name, restored=True, what=f"{show_image(previous)} serves again")
    problem = deploy_previous(release, name, previous) if image in unproven else None
    limits = None if problem else restore_limits(release, name, intent)
    problem = problem or wait_for_old_workers(release, name) or prove_with_job(release, name)
    if problem:
        told = f"{show_image(previous)} is not proven to serve: {problem}"
        return Restoration(name, restored=False, what=told, open=True)
    told = f"{show_image(previous)} serves again, verified by a job{limits or ''}"
    keep_evidence(
        release,
        release.observe("restored", f"{name}@{previous.rpartition('@')[2]}", f"{name}: {told}", previous),
    )
    return Restoration(name, restored=True, what=told)


def deploy_previous(release: Release, name: str, previous: str) -> str | None:
    """Configure the earlier image again; return what the target says instead, or None."""
    before = release.world.targets[name].fetch_state()
    release.ledger.write("intent", action="rollback", target=name, image=previous)
    release.observer.step_detail("rollback", f"{name}: putting back {show_image(previous)}")
    configure(release, name, previous, "rollback")
    image = read_back(release, name, previous, before).image
    return None if image == previous else f"the target still says {show_image(image)}"


def restore_limits(release: Release, name: str, intent: dict[str, Any]) -> str | None:
    """Raise the target's worker limits to what they were before; return that in words, or None where they are.

    RunPod lowers them where workers are unhealthy again and again. What was raised meanwhile stays, and so does what a
    person finds who asks for a rollback later.
    """
    before = intent.get("limits")
    if not before or (release.ledger.last("failed") or {}).get("cause") == "ASKED":
        return None
    target = release.world.targets[name]
    state = target.fetch_state()
    least, most = (max(was, now) for was, now in zip(before, (state.workers_min, state.workers_max), strict=True))
    if (least, most) == (state.workers_min, state.workers_max):
        return None
    release.ledger.write("intent", action="limits", target=name, least=least, most=most)
    target.limit_workers(least, most)
    return f", its worker limits are {least} to {most} again"


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
    job_id = find_sent(release, name) or send_job(release, name)
    deadline = world.clock.monotonic() + poll.job_timeout_s
    job: JobState | None = None
    lost = 0
    while world.clock.monotonic() < deadline:
        job = patience.ask(lambda: queue.fetch(job_id) or JobState(job_id, NOT_FOUND))  # noqa: B023
        if job is not None and job.ended:
            return None if job.status == release.plan.smoke.status else f"the job ended {job.status}"
        lost = lost + 1 if job is not None and job.status == NOT_FOUND else 0
        if lost == FORGOTTEN_POLLS:
            # Its result is kept for a while only: a rollback that is taken up a day later needs another job.
            job_id = send_job(release, name)
        world.clock.sleep(poll.job_s)
    return f"the job is {job.status if job else 'unknown'} after {poll.job_timeout_s:.0f} s"


def find_sent(release: Release, name: str) -> str | None:
    """Return the job that an interrupted try has sent; one whose try came to an end has told what it can tell."""
    for line in reversed(release.ledger.lines):
        if line["event"] == "result" and line.get("target") == name:
            if line.get("action") == "rollback":
                return None
            if line.get("action") == "rollback_job":
                return str(line["job"])
    return None


def send_job(release: Release, name: str) -> str:
    """Send the smoke job to what was put back and return its id, which is in the ledger before anyone waits for it."""
    job_id = release.world.targets[name].jobs.submit(release.plan.smoke_body)
    release.ledger.write("result", action="rollback_job", target=name, job=job_id)
    return job_id
