"""A run of the CI service: the logs of every job that failed, those of a matrix too."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from conductor.diagnosis.sources.source import Log, Source
from conductor.domain.text import one_line
from conductor.errors import NothingToDo, OutsideRefused, UsageProblem
from conductor.ports.ci import BuildJob, BuildRun, BuildService, BuildStep, JobLog
from conductor.ports.clock import Clock

# What a job of a run can come to without anything having gone wrong.
_FINE = frozenset({None, "success", "skipped", "neutral"})
MOST_LOGS = 20
# GitHub gives a job's log some seconds after its end; a run that ended longer ago is not waited for.
LATE_S = 120
LATE_TRIES = 4
LATE_PAUSE_S = 3.0
_STAMP = re.compile(r"\ufeff?(?P<second>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?Z ")


def find_run(builds: BuildService, wanted: str, attempt: int | None, branch: str | None) -> BuildRun:
    """Return the run of that number (`latest`: the branch's newest, or that of any) at that attempt, or its last one.

    Raises UsageProblem for what is no run, NothingToDo where there is none, OutsideRefused where it can't be had.
    """
    if wanted == "latest":
        run = (builds.find_latest(branch) if branch else None) or builds.find_latest(None)
        if run is None:
            raise NothingToDo(
                "there is no run of this workflow yet", hint="push, or name a run: conductor diagnose --run ID"
            )
    else:
        if not re.fullmatch(r"[0-9]{1,19}", wanted):
            raise UsageProblem(
                f"{one_line(wanted, 60)!r} is no run", hint="give the number at the end of its address, or latest"
            )
        run = builds.fetch_run(int(wanted))
    if attempt is None or attempt == run.attempt:
        return run
    if not 1 <= attempt <= run.attempt:
        raise UsageProblem(f"run {run.id} has {run.attempt} attempts", hint=f"--attempt 1 to {run.attempt}")
    return builds.fetch_attempt(run.id, attempt)


def read_run(builds: BuildService, clock: Clock, run: BuildRun) -> Source:
    """Return the logs of the jobs that failed; raises NothingToDo where none did, or none has yet.

    Jobs that were cancelled are read only where no other failed: they are what a failure leaves behind.
    """
    jobs = builds.fetch_jobs(run)
    failed = [job for job in jobs if job.conclusion not in _FINE]
    causing = [job for job in failed if job.conclusion != "cancelled"] or failed
    if not causing and run.conclusion in _FINE:
        raise NothingToDo(_describe_fine(run), hint=_next_step(run))
    logs = [_read_job(builds, clock, run, job) for job in causing[:MOST_LOGS]]
    if not logs:
        # A workflow that could not even begin has no jobs.
        logs = [Log(f"run {run.id}", (f"##[error]the run ended with {run.conclusion}, before any job began\n",))]
    notes = [f"{len(causing) - MOST_LOGS} further jobs failed and were not read"] if len(causing) > MOST_LOGS else []
    notes += [f"{log.name}: {log.missing}" for log in logs if log.missing]
    if all(not log.texts for log in logs):
        raise OutsideRefused(
            f"no log of run {run.id} attempt {run.attempt} can be had: {logs[0].missing}",
            hint=f"look at {run.url}, or run it again: gh run rerun {run.id} --failed",
        )
    return Source(f"run {run.id} attempt {run.attempt}", run.url, tuple(logs), run.revision or None, notes=tuple(notes))


def _describe_fine(run: BuildRun) -> str:
    if run.ended:
        return f"run {run.id} attempt {run.attempt} ended with {run.conclusion}: there is nothing to explain"
    return f"run {run.id} is still {run.status}, and no job of it has failed yet"


def _next_step(run: BuildRun) -> str:
    if not run.ended:
        return f"when it has ended: conductor diagnose --run {run.id}"
    if run.attempt > 1:
        return f"an attempt before: conductor diagnose --run {run.id} --attempt {run.attempt - 1}"
    return "name another run: conductor diagnose --run ID"


def _read_job(builds: BuildService, clock: Clock, run: BuildRun, job: BuildJob) -> Log:
    name = f'job "{one_line(job.name, 80)}"'
    log = _fetch(builds, clock, run, job)
    said = [*builds.fetch_notes(job.id)]
    if job.conclusion not in {"failure", "cancelled"}:
        said.append(f"##[error]the job ended with {job.conclusion}")
    notes = "".join(f"{line}\n" for line in said)
    if not log.text.strip():
        return Log(name, (notes,) if notes else (), log.missing or "its log is empty")
    whole = log.text if log.text.endswith("\n") else f"{log.text}\n"
    part = cut_steps(whole, [step for step in job.steps if step.conclusion == "failure"])
    return Log(name, tuple(dict.fromkeys(text + notes for text in (part, whole) if text)))


def _fetch(builds: BuildService, clock: Clock, run: BuildRun, job: BuildJob) -> JobLog:
    log = builds.fetch_log(job.id)
    ended = _instant(run.updated_at)
    fresh = ended is not None and clock.now() - ended < timedelta(seconds=LATE_S)
    for _ in range(LATE_TRIES if fresh else 0):
        if log.text.strip() or not (log.may_come or not log.missing):
            break
        clock.sleep(LATE_PAUSE_S)
        log = builds.fetch_log(job.id)
    return log


def cut_steps(log: str, steps: list[BuildStep]) -> str:
    """Return the log with the lines of other steps made empty, so that numbers stay; empty where times don't tell.

    A step that was let fail stands in the same log as the one that ended the job.
    """
    spans = [(step.started_at[:19], step.ended_at[:19]) for step in steps if step.started_at and step.ended_at]
    if not spans:
        return ""
    kept, inside, any_inside = [], False, False
    for line in log.splitlines(keepends=True):
        if match := _STAMP.match(line):
            # Steps begin and end in whole seconds: a line of the next one may be among these.
            inside = any(first <= match["second"] <= last for first, last in spans)
        any_inside = any_inside or inside
        kept.append(line if inside else "\n")
    return "".join(kept) if any_inside else ""


def _instant(text: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found if found is None or found.tzinfo else None
