"""Send the smoke job once more, to what runs now: the one part of verify that costs a job."""

from __future__ import annotations

from conductor.config.settings import Settings
from conductor.domain.digest import short
from conductor.domain.text import one_line
from conductor.errors import ConductorError, OutsideRefused
from conductor.ports.clock import Clock
from conductor.ports.git import Repository
from conductor.ports.jobs import JobState
from conductor.ports.target import Target
from conductor.release.context import Patience
from conductor.release.plan import read_smoke, require_build
from conductor.release.steps.smoke import describe_output, find_missing
from conductor.release.verify.verdict import Standing, Verdict


def probe(verdict: Verdict, target: Target, repository: Repository, settings: Settings, clock: Clock) -> None:
    """Run the smoke job of the proven revision (of HEAD, where that one is not here) and add what it came to.

    A job that does not end within `poll.job_timeout_s` tells nothing about the image: that is `unknown`.
    """
    build = require_build(settings)
    revision = verdict.revision or repository.head() or "HEAD"
    if repository.run("cat-file", "-e", f"{revision}^{{commit}}", check=False).returncode != 0:
        revision = "HEAD"
    smoke, body, keys = read_smoke(repository, revision, settings.smoke, build.context)
    try:
        job = wait_for(target, body, settings, clock)
    except OutsideRefused as error:
        verdict.note("job", Standing.UNKNOWN, one_line(f"target {target.name}: {error.message}", 300))
        return
    if not job.ended:
        told = f"job {job.id} is {job.status} after {settings.poll.job_timeout_s:.0f} s: no capacity, or nothing serves"
        verdict.note("job", Standing.UNKNOWN, told)
        return
    problem = find_problem(job, smoke.status, keys, verdict.revision)
    if problem:
        remedy = f"read the worker's log ({target.describe_log(job.worker_id)}), then conductor release or rollback"
        verdict.drift("job", "DRIFT_SMOKE", f"job {job.id} {problem}", remedy)
        return
    output = job.output if isinstance(job.output, dict) else {}
    verdict.note("job", Standing.SAME, f"job {job.id}: {describe_output(output, body)}")


def wait_for(target: Target, body: dict[str, object], settings: Settings, clock: Clock) -> JobState:
    """Send the job and return it at its end, or as it stands when the time is over; it is taken back then."""
    job_id, patience, poll = target.jobs.submit(body), Patience(), settings.poll
    deadline = clock.monotonic() + poll.job_timeout_s
    job = JobState(job_id, "IN_QUEUE")
    while clock.monotonic() < deadline:
        job = patience.ask(lambda: target.jobs.fetch(job_id) or JobState(job_id, "NOT_FOUND")) or job
        if job.ended:
            return job
        clock.sleep(poll.job_s)
    try:
        target.jobs.cancel(job_id)
    except ConductorError:
        return job
    return job


def find_problem(job: JobState, status: str, keys: tuple[str, ...], revision: str | None) -> str | None:
    """Return what is wrong with the job's answer, or None."""
    if job.status != status:
        return f"ended {job.status}, not {status}{f': {job.error}' if job.error else ''}"
    output = job.output
    if isinstance(output, dict) and output.get("error"):
        return f"answered an error: {one_line(str(output['error']), 300)}"
    missing = find_missing(output, keys)
    told = output.get("revision") if isinstance(output, dict) else None
    if missing or revision is None or not isinstance(told, str) or told == revision:
        return missing
    return f"was answered by revision {short(one_line(told, 40))}, not {short(revision)}"
