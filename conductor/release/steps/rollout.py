"""rollout: every worker runs the new release."""

from __future__ import annotations

from dataclasses import dataclass, field

from conductor.domain.evidence import Evidence
from conductor.domain.text import one_line
from conductor.ports.target import TargetState, Worker, WorkerList
from conductor.release.context import Patience, Release, StepFailed
from conductor.release.start_watch import READY, StartWatch
from conductor.release.worker_log import keep_worker_log

# A worker may be seen unhealthy once while it is replaced; seen so often in a row, it crashes before it works.
UNHEALTHY_POLLS = 3


@dataclass(frozen=True, slots=True)
class Rollout:
    """Waits until no worker is stale and none is unhealthy. Without workers, the smoke job is the proof."""

    target: str
    name: str = "rollout"
    locked: bool = True

    def done(self, release: Release) -> Evidence | None:
        """Return None: looking at the workers is the whole step."""
        del release
        return None

    def run(self, release: Release) -> Evidence:
        """Wait and return the evidence."""
        image = release.the_image()
        target = release.world.targets[self.target]
        listing = wait_for_workers(release, self.target, image.reference, target.fetch_state())
        count = len(listing.workers)
        version = listing.version if listing.version is not None else "?"
        summary = (
            f"{count} of {count} workers on release {version}, none stale"
            if count
            else f"release {version}, no worker runs now (scaled to zero): the smoke job wakes one"
        )
        return release.observe("rollout", f"{self.target}@{image.digest}", summary, image.reference, workers=count)


@dataclass(slots=True)
class UnhealthyWatch:
    """Counts how often in a row the new release's workers were unhealthy."""

    polls: int = 0
    worker: Worker | None = field(default=None)

    def look(self, listing: WorkerList) -> bool:
        """Take one listing in and tell whether the workers keep crashing."""
        self.worker = next(
            (worker for worker in listing.workers if worker.status == "UNHEALTHY" and not worker.is_stale), None
        )
        self.polls = self.polls + 1 if self.worker else 0
        return self.polls >= UNHEALTHY_POLLS


def wait_for_workers(release: Release, name: str, image: str, state: TargetState) -> WorkerList:
    """Return the workers once all run that image; raises StepFailed where they crash or do not come in time."""
    world, poll, patience, watch = release.world, release.plan.poll, Patience(), UnhealthyWatch()
    starting = StartWatch(release, name)
    deadline = world.clock.monotonic() + poll.rollout_timeout_s
    listing = WorkerList((), state.version)
    while True:
        found = patience.ask(world.targets[name].fetch_workers)
        listing = found if found is not None else listing
        if found is not None and watch.look(found):
            raise unhealthy(release, name, watch)
        starting.look(listing)
        if found is not None and is_rolled_out(found, image, state):
            return found
        if world.clock.monotonic() >= deadline:
            raise not_in_time(release, name, listing) if found is not None else not_told(release, name, "its workers")
        release.observer.step_detail("rollout", describe_workers(listing))
        world.clock.sleep(poll.rollout_s)


def is_rolled_out(listing: WorkerList, image: str, state: TargetState) -> bool:
    """Tell whether the workers prove the release; none at all do so only where the target may scale to zero."""
    if not listing.workers:
        return state.workers_min == 0
    fresh = all(not worker.is_stale and worker.image in (None, image) for worker in listing.workers)
    return fresh and all(worker.status in READY for worker in listing.workers)


def unhealthy(release: Release, name: str, watch: UnhealthyWatch) -> StepFailed:
    """Return the failure of workers that crash, with the last line they wrote."""
    worker = watch.worker.id if watch.worker else "?"
    log = keep_worker_log(release, name, worker)
    said = f'; its log says "{one_line(log.telling, 200)}"' if log.lines else ""
    hint = f"read why the handler does not serve in the worker's log{log.address}"
    what = f"worker {worker} of the new release is unhealthy, seen {watch.polls} times{said}"
    return StepFailed(
        "WORKERS_UNHEALTHY",
        f"target {name}: {what}",
        hint=hint,
        findings=log.explain("WORKERS_UNHEALTHY", hint),
        evidence=release.refuse(
            "rollout",
            f"{name}@{release.the_image().digest}",
            what,
            release.the_image().reference,
            worker=worker,
            log=log.lines[-20:],
        ),
    )


def not_in_time(release: Release, name: str, listing: WorkerList) -> StepFailed:
    """Return the failure of workers that never came: no capacity, or a rollout that hangs."""
    seen = describe_workers(listing)
    waiting = {worker.status for worker in listing.workers if not worker.is_stale}
    no_capacity = "THROTTLED" in waiting or not listing.workers
    log = None if no_capacity else keep_worker_log(release, name, late_worker(listing))
    hint = f"read the worker's log{log.address}" if log else f"when there is capacity: {resume(release)}"
    return StepFailed(
        "CAPACITY" if no_capacity else "ROLLOUT_TIMEOUT",
        f"target {name}: not rolled out after {release.plan.poll.rollout_timeout_s:.0f} s ({seen})",
        hint=hint,
        findings=log.explain("ROLLOUT_TIMEOUT", hint) if log else (),
        evidence=release.refuse("rollout", f"{name}@{release.the_image().digest}", seen, release.the_image().reference),
        # The image before would get no capacity either: what is configured stays, and the release can be resumed.
        keep=no_capacity,
    )


def not_told(release: Release, name: str, what: str) -> StepFailed:
    """Return the failure of a target that does not answer: nothing speaks against what is deployed, or for it."""
    return StepFailed(
        "OUTSIDE",
        f"target {name} does not answer what is asked about {what}: what is deployed is not proven",
        hint=f"when it answers again: {resume(release)}",
        keep=True,
    )


def late_worker(listing: WorkerList) -> str | None:
    """Return the worker of the new release that does not get ready."""
    fresh = [worker for worker in listing.workers if not worker.is_stale]
    return next((worker.id for worker in fresh if worker.status not in READY), None)


def resume(release: Release) -> str:
    """Return the command that takes this release up again."""
    return f"conductor release --resume {release.id}"


def describe_workers(listing: WorkerList) -> str:
    """Return the workers' states in a line."""
    if not listing.workers:
        return "no worker"
    counts: dict[str, int] = {}
    for worker in listing.workers:
        state = "stale" if worker.is_stale else worker.status.lower()
        counts[state] = counts.get(state, 0) + 1
    return "workers: " + ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
