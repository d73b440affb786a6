"""A target's workers and jobs: what they wrote, and what the target itself says about them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from conductor.diagnosis.sources.source import Log, Source
from conductor.domain.secret import redact
from conductor.domain.text import one_line, strip_controls
from conductor.errors import NothingToDo, OutsideRefused
from conductor.ports.jobs import JobState
from conductor.ports.target import Target, Worker

_MOST_OUTPUT = 20_000


# Returns what a release kept of a worker's log, empty where none did.
Kept = Callable[[str], str]
_KEPT = "the service has this worker's log no more: this is what a release kept of it"


def keep_nothing(_: str) -> str:
    """Return nothing: no release has kept a log."""
    return ""


def read_worker(targets: Mapping[str, Target], wanted: str, kept: Kept = keep_nothing) -> Source:
    """Return what a worker wrote; raises OutsideRefused where no target has it or its log can't be had."""
    listed = {name: target.fetch_workers().workers for name, target in targets.items()}
    refused = ""
    for name, target in targets.items():
        worker = next((one for one in listed[name] if one.id == wanted), None)
        try:
            # One that was scaled down is listed no more, and its log may be there all the same.
            text = target.fetch_worker_log(wanted)
        except OutsideRefused as error:
            refused = refused or f" (target {name}: {error.message})"
            text = ""
        said = f"{text.rstrip()}\n{_state_line(worker)}" if worker else text
        if said.strip():
            return _of_worker(target, wanted, said)
        if worker is not None:
            raise OutsideRefused(
                f"worker {one_line(wanted, 80)} is {worker.status} and has written nothing yet{refused}",
                hint=f"try again in a minute, or look at {target.describe_log(wanted)}",
            )
    if text := kept(wanted):
        return replace(_of_worker(next(iter(targets.values())), wanted, text), notes=(_KEPT,))
    told = "; ".join(
        f"{name}: {', '.join(one.id for one in found) or 'none runs now'}" for name, found in listed.items()
    )
    raise OutsideRefused(
        f"no log of a worker {one_line(wanted, 80)!r} can be had{refused}",
        hint=f"workers that run now: {told}; those that are gone: {_anywhere(targets)}",
    )


def _of_worker(target: Target, worker: str, text: str) -> Source:
    return Source(f"worker {worker}", target.describe_log(worker), (Log(f"worker {worker}", (text,)),), at_worker=True)


def _state_line(worker: Worker) -> str:
    """Return the worker's state as a line of its own, where it says that something is wrong."""
    return f"conductor: worker {worker.id} is {worker.status}\n" if worker.status in {"UNHEALTHY", "THROTTLED"} else ""


def read_job(targets: Mapping[str, Target], wanted: str, kept: Kept = keep_nothing) -> Source:
    """Return what a failed job left, its worker's log behind it; raises NothingToDo for one that did not fail.

    A job that nobody takes is explained by the target's workers. Raises OutsideRefused where no queue knows it.
    """
    for target in targets.values():
        job = target.jobs.fetch(wanted)
        if job is not None:
            return _explain_waiting(target, job) if job.status == "IN_QUEUE" else _explain_job(target, job, kept)
    raise OutsideRefused(
        f"no queue knows the job {one_line(wanted, 80)!r}: results are kept 30 minutes, those of /runsync one",
        hint=f"check the id and --target, or look at {_anywhere(targets)}",
    )


def _explain_job(target: Target, job: JobState, kept: Kept) -> Source:
    said = _say_failure(job)
    if not said:
        raise NothingToDo(
            f"job {job.id} is {job.status}: there is nothing to explain",
            hint="name a job that failed: conductor diagnose --job ID",
        )
    log, notes = _log_of(target, job.worker_id, kept)
    # What the job itself says comes first: the worker's log tells of other jobs too.
    texts = dict.fromkeys([said, f"{log.rstrip()}\n{said}"] if log.strip() else [said])
    return Source(
        f"job {job.id}", target.describe_log(job.worker_id), (Log(f"job {job.id}", tuple(texts)),), None, True, notes
    )


def _say_failure(job: JobState) -> str:
    """Return what the job says that it failed of, in lines; empty where it did not fail."""
    lines = [job.details or job.error or ""]
    if isinstance(job.output, dict) and job.output.get("error"):
        lines.append(_show(job.output))
    if not any(lines) and job.status not in {"FAILED", "TIMED_OUT"}:
        return ""
    return "\n".join(line for line in [*lines, f"conductor: job {job.id} is {job.status}"] if line) + "\n"


def _show(output: dict[str, Any]) -> str:
    error = output["error"]
    text = error if isinstance(error, str) else json.dumps(error)
    more = output.get("traceback") or output.get("error_traceback") or ""
    return redact(strip_controls(f"{more}\n{text}" if more else text))[-_MOST_OUTPUT:]


def _log_of(target: Target, worker: str | None, kept: Kept) -> tuple[str, tuple[str, ...]]:
    if worker is None:
        return "", ("the queue does not tell which worker had the job",)
    try:
        return target.fetch_worker_log(worker), ()
    except OutsideRefused as error:
        if text := kept(worker):
            return text, (_KEPT,)
        return "", (f"the log of its worker {worker} can't be had: {error.message}",)


def _explain_waiting(target: Target, job: JobState) -> Source:
    """Return why nobody takes the job: the target may have no workers, or workers that never get ready."""
    state, workers = target.fetch_state(), target.fetch_workers().workers
    sick = [worker for worker in workers if worker.status in {"UNHEALTHY", "INITIALIZING", "THROTTLED"}]
    texts = [f"{_log_of(target, worker.id, keep_nothing)[0].rstrip()}\n{_state_line(worker)}" for worker in sick]
    if state.workers_max == 0:
        texts.append("conductor: the endpoint has workers.max 0\n")
    logs = [text for text in texts if text.strip()]
    if not logs:
        counts = ", ".join(f"{worker.id} {worker.status}" for worker in workers) or "none runs"
        raise NothingToDo(
            f"job {job.id} is IN_QUEUE, and no worker is at fault (workers: {counts}, at most {state.workers_max})",
            hint="wait; without a worker for minutes there is no free GPU of the kind that the endpoint asks for",
        )
    return Source(f"job {job.id}", target.describe_log(None), (Log(f"job {job.id}", ("".join(logs),)),), None, True)


def _anywhere(targets: Mapping[str, Target]) -> str:
    return "; ".join(dict.fromkeys(target.describe_log(None) for target in targets.values()))
