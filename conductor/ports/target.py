"""Something that runs the image: an endpoint now, a pod in a later step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from conductor.ports.jobs import JobQueue


@dataclass(frozen=True, slots=True)
class TargetState:
    """What is configured; `version` counts the target's own releases, `disk_gb` is a worker's disk.

    None where the target does not tell.
    """

    image: str
    version: int | None
    workers_min: int
    workers_max: int
    disk_gb: int | None = None


@dataclass(frozen=True, slots=True)
class Worker:
    """One running worker; unknown values are None."""

    id: str
    status: str
    is_stale: bool
    version: int | None
    image: str | None


@dataclass(frozen=True, slots=True)
class WorkerList:
    """The workers that run now; those scaled down are not in it."""

    workers: tuple[Worker, ...]
    version: int | None


@dataclass(frozen=True, slots=True)
class TargetRelease:
    """One entry of the target's own history: the images its diff names, None where it names none; ISO 8601 when."""

    version: int | None
    old_image: str | None
    new_image: str | None
    created_at: str | None = None


class Target(Protocol):
    """One thing that runs the image."""

    @property
    def name(self) -> str:
        """Return its name in CONDUCTOR.md."""
        ...

    @property
    def jobs(self) -> JobQueue:
        """Return the queue its workers serve."""
        ...

    def fetch_state(self) -> TargetState:
        """Return what is configured now."""
        ...

    def deploy(self, image: str) -> None:
        """Configure this image and nothing else; whether it was taken is asked afterwards, with `fetch_state`."""
        ...

    def limit_workers(self, least: int, most: int) -> None:
        """Configure how many workers may run, and nothing else."""
        ...

    def fetch_workers(self) -> WorkerList:
        """Return the workers that run now."""
        ...

    def fetch_releases(self) -> tuple[TargetRelease, ...]:
        """Return the target's own releases, newest first."""
        ...

    def fetch_worker_log(self, worker_id: str) -> str:
        """Return the last lines that worker wrote; raises OutsideRefused where they can't be had."""
        ...

    def describe_log(self, worker_id: str | None) -> str:
        """Return where a person finds a worker's log in the service's own pages (None: of every worker)."""
        ...
