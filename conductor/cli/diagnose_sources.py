"""Fetch what `conductor diagnose --run`, `--worker` and `--job` name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from conductor.domain.text import one_line
from conductor.errors import UsageProblem

if TYPE_CHECKING:
    from conductor.cli.wiring import Project
    from conductor.diagnosis.sources.source import Source
    from conductor.ports.target import Target


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed: at most one of `run`, `worker` and `job`, with what narrows it down."""

    run: str | None = None
    attempt: int | None = None
    worker: str | None = None
    job: str | None = None
    target: str | None = None

    @property
    def is_remote(self) -> bool:
        """Tell whether something is to be fetched."""
        return any(value is not None for value in (self.run, self.worker, self.job))


def check_asked(asked: Asked, path: str | None) -> None:
    """Raise UsageProblem where two things are named, or one that says nothing about what is."""
    named = {"FILE": path, "--run": asked.run, "--worker": asked.worker, "--job": asked.job}
    given = [name for name, value in named.items() if value is not None]
    if len(given) > 1:
        raise UsageProblem(f"{' and '.join(given)} name two logs", hint="name one at a time")
    if asked.attempt is not None and asked.run is None:
        raise UsageProblem("--attempt is one of a run's", hint="conductor diagnose --run ID --attempt 1")
    if asked.target is not None and asked.worker is None and asked.job is None:
        raise UsageProblem(
            "--target says where a worker or a job is", hint="conductor diagnose --worker ID --target NAME"
        )


def fetch_source(project: Project, asked: Asked) -> Source:
    """Return the logs that were asked for.

    Raises UsageProblem without a token or key, OutsideRefused where they can't be had, NothingToDo where none
    failed.
    """
    if asked.run is not None:
        return _fetch_run(project, asked.run, asked.attempt)
    from conductor.diagnosis.sources.worker import read_job, read_worker
    from conductor.release.worker_log import find_kept

    def kept(worker: str) -> str:
        return find_kept(project.repository.common_dir, worker)

    targets = _open_targets(project, asked.target)
    if asked.worker is not None:
        return read_worker(targets, asked.worker, kept)
    return read_job(targets, asked.job or "", kept)


def _fetch_run(project: Project, wanted: str, attempt: int | None) -> Source:
    from conductor.cli.wiring import open_services
    from conductor.diagnosis.sources.run import find_run, read_run

    builds = open_services(project).builds()
    branch = project.repository.branch() or project.settings.branch
    return read_run(builds, project.clock, find_run(builds, wanted, attempt, branch))


def _open_targets(project: Project, wanted: str | None) -> dict[str, Target]:
    from conductor.cli.wiring import open_services

    names = [target.name for target in project.settings.targets]
    if not names:
        raise UsageProblem(
            "CONDUCTOR.md names no target to ask", hint="add it: targets: {production: {kind: serverless, id: …}}"
        )
    if wanted is not None and wanted not in names:
        raise UsageProblem(f"there is no target {one_line(wanted, 60)!r}", hint=f"one of: {', '.join(names)}")
    services = open_services(project)
    return {name: services.target(name) for name in ([wanted] if wanted else names)}
