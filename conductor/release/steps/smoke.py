"""smoke: a real job on the new release, and its output checked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from conductor.domain.digest import is_revision
from conductor.domain.evidence import Evidence
from conductor.domain.text import one_line
from conductor.ports.jobs import JobState
from conductor.ports.video import Compared, VideoFault
from conductor.release.context import Patience, Release, StepFailed
from conductor.release.quality import as_detail, compare_answer, describe_quality, find_worse
from conductor.release.start_watch import StartWatch
from conductor.release.steps.rollout import UnhealthyWatch, describe_workers, not_told, resume, unhealthy
from conductor.release.timing import count_warm, describe_warm, hash_job, is_warm, measure_job, time_of
from conductor.release.worker_log import keep_worker_log

# How often a job whose result has expired is sent again.
LOST_JOBS = 2
# How many more jobs are sent than warm ones are wanted: one may meet a worker that has just started.
SPARE_JOBS = 3


@dataclass(frozen=True, slots=True)
class Smoke:
    """Sends the smoke job, and more of it where times of warm jobs are asked for."""

    target: str
    name: str = "smoke"
    locked: bool = True

    def done(self, release: Release) -> Evidence | None:
        """Return None: a job sent before is taken up again by `run`."""
        del release
        return None

    def run(self, release: Release) -> Evidence:
        """Run the job, check what it answers, and return the evidence."""
        jobs = [self._run_one(release, "first")]
        quality = self._measure(release, jobs[0])
        wanted = count_warm(release.plan.smoke)
        for number in range(1, wanted + SPARE_JOBS + 1):
            if sum(is_warm(job, jobs) is True for job in jobs[1:]) >= wanted:
                break
            jobs.append(self._run_one(release, "warm" if number == 1 else f"warm {number}"))
        warm = self._check_time(release, jobs)
        output = jobs[0].output if isinstance(jobs[0].output, dict) else {}
        return release.observe(
            "smoke",
            f"{self.target}@{release.the_image().digest}",
            describe_output(output, release.plan.smoke_body)
            + describe_warm(warm, wanted)
            + (f", {describe_quality(quality)}" if quality else ""),
            f"job {jobs[0].id}",
            input=shorten(release.plan.smoke_body),
            output=shorten(output),
            warm_s=median(warm) if warm else None,
            worker=jobs[0].worker_id,
            job_hash=hash_job(release.plan.smoke_body),
            jobs=[{"job": job.id, **found.as_json()} for job in jobs if (found := measure_job(job, jobs))],
            **({"quality": as_detail(quality)} if quality else {}),
        )

    def _run_one(self, release: Release, which: str) -> JobState:
        job = run_job(release, self.target, which)
        problem = find_problem(release, self.target, job)
        if problem:
            raise self._wrong(release, job, problem)
        return job

    def _measure(self, release: Release, job: JobState) -> Compared | None:
        """Return how good the job's video is, None where nobody asks; raises StepFailed where it is not good enough."""
        plan = release.plan.quality
        if plan is None:
            return None
        try:
            found = compare_answer(release.world.videos, plan, job.output)
        except VideoFault as fault:
            of = "answered" if fault.which == "result" else f"can't be judged: the {fault.which}"
            raise self._wrong(release, job, f"{of} {fault.problem}") from fault
        problem = find_worse(plan.asked, found)
        if problem:
            raise self._wrong(release, job, problem, "SMOKE_WORSE", quality=as_detail(found))
        return found

    def _check_time(self, release: Release, jobs: list[JobState]) -> list[float]:
        """Return the times of the warm jobs after the first; raises StepFailed where their median is over its limit."""
        limit = release.plan.smoke.max_warm_s
        warm = [job for job in jobs[1:] if is_warm(job, jobs)]
        told = [(job, time_of(job)) for job in warm]
        took = [seconds_since_sent(release, job) if seconds is None else seconds for job, seconds in told]
        if took and limit is not None and median(took) > limit:
            several = f", the median of {len(took)}" if len(took) > 1 else ""
            problem = f"a warm job took {median(took):.1f} s{several}, more than max_warm_s {limit:g}"
            raise self._wrong(release, warm[-1], problem, "SMOKE_SLOW")
        return took

    def _wrong(
        self, release: Release, job: JobState, problem: str, cause: str = "SMOKE_WRONG", **detail: Any
    ) -> StepFailed:
        image = release.the_image()
        log = keep_worker_log(release, self.target, job.worker_id)
        hint = f"run the handler by hand with {release.plan.smoke.input}, correct it, then release again"
        return StepFailed(
            cause,
            f"target {self.target}: the smoke job {problem}",
            hint=f"{hint}; the worker's log{log.address}" if log.place else hint,
            findings=log.explain(cause, hint),
            evidence=release.refuse(
                "smoke",
                f"{self.target}@{image.digest}",
                problem,
                f"job {job.id}",
                output=shorten(job.output),
                error=job.error,
                worker=job.worker_id,
                log=log.lines[-20:],
                **detail,
            ),
        )


def run_job(release: Release, target: str, which: str) -> JobState:
    """Return the smoke job at its end; one that was sent before an interruption is taken up, not sent again."""
    for left in reversed(range(LOST_JOBS + 1)):
        sent = release.ledger.last(
            "result", action="job", target=target, which=which, digest=release.the_image().digest
        )
        job_id = sent["job"] if sent else submit_job(release, target, which)
        job = wait_for_job(release, target, job_id)
        if job is not None:
            return job
        release.ledger.write(
            "result", step="smoke", action="job_lost", target=target, which=which, job=job_id, digest=None
        )
        if left:
            submit_job(release, target, which)
    raise StepFailed(
        "SMOKE_LOST",
        f"target {target}: the queue forgets the smoke job before it ends",
        hint=f"look at the job {job_id}: {release.world.targets[target].describe_log(None)}",
    )


def seconds_since_sent(release: Release, job: JobState) -> float:
    """Return how long ago the job was sent: the most that it can have taken."""
    sent = release.ledger.last("result", action="job", job=job.id)
    at = datetime.fromisoformat(sent["at"]) if sent else release.world.clock.now()
    return (release.world.clock.now() - at).total_seconds()


def submit_job(release: Release, target: str, which: str) -> str:
    """Send the job and return its id, which is in the ledger before anyone waits for it."""
    release.ledger.write("intent", step="smoke", action="job", target=target, which=which)
    job_id = release.world.targets[target].jobs.submit(release.plan.smoke_body)
    release.ledger.write(
        "result",
        step="smoke",
        action="job",
        target=target,
        which=which,
        job=job_id,
        digest=release.the_image().digest,
    )
    return job_id


def wait_for_job(release: Release, target: str, job_id: str) -> JobState | None:
    """Return the job at its end, or None where the queue knows it no more; raises StepFailed where it does not end."""
    world, poll, watch = release.world, release.plan.poll, UnhealthyWatch()
    patience, for_workers, starting = Patience(), Patience(), StartWatch(release, target)
    deadline = world.clock.monotonic() + poll.job_timeout_s
    lost = False
    seen = "no worker"
    while True:
        job = patience.ask(lambda: _fetch(release, target, job_id))
        if job is not None and job.status == "NOT_FOUND":
            # Right after it was sent, a queue may not know it yet.
            if lost:
                return None
            lost = True
        elif job is not None and job.ended:
            return job
        workers = for_workers.ask(world.targets[target].fetch_workers)
        if workers is not None:
            seen = describe_workers(workers)
            if watch.look(workers):
                raise unhealthy(release, target, watch)
            starting.look(workers)
        if world.clock.monotonic() >= deadline:
            raise _timed_out(release, target, job, seen)
        release.observer.step_detail("smoke", f"job {job.status.lower() if job else 'sent'}; {seen}")
        world.clock.sleep(poll.job_s)


def _fetch(release: Release, target: str, job_id: str) -> JobState:
    found = release.world.targets[target].jobs.fetch(job_id)
    return found if found is not None else JobState(job_id, "NOT_FOUND")


def _timed_out(release: Release, target: str, job: JobState | None, seen: str) -> StepFailed:
    if job is None:
        return not_told(release, target, "the smoke job")
    waiting = job.status in {"IN_QUEUE", "NOT_FOUND"}
    log = None if waiting else keep_worker_log(release, target, job.worker_id)
    hint = f"read the worker's log{log.address}" if log else f"when there is capacity: {resume(release)}"
    return StepFailed(
        "CAPACITY" if waiting else "SMOKE_TIMEOUT",
        f"target {target}: the smoke job is {job.status} after {release.plan.poll.job_timeout_s:.0f} s ({seen})",
        hint=hint,
        findings=log.explain("SMOKE_TIMEOUT", hint) if log else (),
        keep=waiting,
    )


def find_problem(release: Release, target: str, job: JobState) -> str | None:
    """Return what is wrong with the job's answer, or None."""
    expected = release.plan.smoke.status
    if job.status != expected:
        return f"ended {job.status}, not {expected}{f': {job.error}' if job.error else ''}"
    output = job.output
    if isinstance(output, dict) and output.get("error"):
        return f"answered an error: {one_line(str(output['error']), 300)}"
    return find_missing(output, release.plan.smoke_keys) or find_other_revision(release, target, output)


def find_missing(output: Any, keys: tuple[str, ...]) -> str | None:
    """Return which of the keys the output lacks, or which of frames, width and height is no whole number above zero."""
    if not isinstance(output, dict):
        return "answered no output" if keys else None
    for key in keys:
        if key not in output:
            return f"answered no {key!r}"
    for key in (one for one in ("frames", "width", "height") if one in output):
        value = output[key]
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            return f"answered {key} {one_line(str(value), 40)!r}"
    return None


def find_other_revision(release: Release, target: str, output: Any) -> str | None:
    """Return how the answer shows that other code ran; a handler that tells no revision is judged by its worker."""
    told = output.get("revision") if isinstance(output, dict) else None
    if isinstance(told, str) and is_revision(told):
        wanted = release.built_revision
        return None if told == wanted else f"was answered by revision {told[:7]}, not {wanted[:7]}"
    image = release.the_image().reference
    listing = release.world.targets[target].fetch_workers()
    if any(worker.image == image and not worker.is_stale for worker in listing.workers):
        return None
    return "tells no revision, and no worker is seen on the new image"


def describe_output(output: dict[str, Any], body: dict[str, Any]) -> str:
    """Return `24 frames 160×90 → 320×180, cpu, revision 4f2a91c`, as far as the output tells it."""
    parts = []
    if {"frames", "width", "height"} <= output.keys():
        before = source_size(output, body)
        size = f"{output['width']}×{output['height']}"
        parts.append(f"{output['frames']} frames {f'{before} → ' if before else ''}{size}")
    else:
        parts.append("completed")
    if isinstance(output.get("backend"), str):
        parts.append(one_line(output["backend"], 40))
    if isinstance(output.get("revision"), str):
        parts.append(f"revision {one_line(output['revision'], 40)[:7]}")
    return ", ".join(parts)


def source_size(output: dict[str, Any], body: dict[str, Any]) -> str | None:
    """Return the input's width × height, where the output or the job tells it."""
    job = body.get("input")
    for holder in (output.get("source"), output.get("input"), output, job if isinstance(job, dict) else {}):
        if isinstance(holder, dict):
            for width, height in (("source_width", "source_height"), ("input_width", "input_height")):
                if isinstance(holder.get(width), int) and isinstance(holder.get(height), int):
                    return f"{holder[width]}×{holder[height]}"
            if holder is not output and isinstance(holder.get("width"), int) and isinstance(holder.get("height"), int):
                return None if holder is job else f"{holder['width']}×{holder['height']}"
    return None


def shorten(value: Any) -> Any:
    """Return the value with long texts (a video inline) replaced by their length, for evidence."""
    if isinstance(value, str):
        return value if len(value) <= 300 else f"({len(value)} characters)"
    if isinstance(value, dict):
        return {str(key): shorten(item) for key, item in list(value.items())[:50]}
    if isinstance(value, list):
        return [shorten(item) for item in value[:20]]
    return value
