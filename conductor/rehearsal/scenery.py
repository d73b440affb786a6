"""What stands on the stage, and so what a drill can spoil and look at."""

from __future__ import annotations

import subprocess
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conductor.rehearsal.actions import ActionsState
from conductor.rehearsal.builder import StandInBuilder
from conductor.rehearsal.endpoint import Endpoint
from conductor.rehearsal.git_host import GitHost
from conductor.rehearsal.github import GitHub
from conductor.rehearsal.project import RehearsedProject
from conductor.rehearsal.recorder import Recorder
from conductor.rehearsal.registry import Registry
from conductor.rehearsal.runpod import RunPodControl, RunPodJobs
from conductor.rehearsal.understudy import Cast


@dataclass(frozen=True, slots=True)
class StageInfo:
    """Where everything is: what a release has to be told to run on this stage.

    `environment` is to be set for the release (None: removed); `endpoints` names each target's endpoint id; `previous`
    is the image reference that serves before the release, at version 3 of each endpoint.
    """

    folder: Path
    project: Path
    name: str
    slug: str
    is_sample: bool
    revision: str
    branch: str
    remote_url: str
    ssh_command: str
    github_url: str
    runpod_url: str
    runpod_jobs_url: str
    registry_url: str
    registry_host: str
    previous: str
    endpoints: dict[str, str]
    environment: dict[str, str | None]


class Scenery:
    """The servers and what they serve.

    `limits` are each endpoint's worker limits before the release; `victim` is the release's process, where it runs in
    one of its own to be killed; `cast` says who plays what, where workers are acted.
    """

    info: StageInfo
    project: RehearsedProject
    recorder: Recorder
    registry: Registry
    builder: StandInBuilder
    actions: ActionsState
    github: GitHub
    git_host: GitHost
    control: RunPodControl
    jobs: RunPodJobs
    endpoints: dict[str, Endpoint]
    limits: dict[str, dict[str, Any]]
    victim: Future[subprocess.Popen[bytes]]
    cast: Cast | None

    def the_cast(self) -> Cast:
        """Return who plays what."""
        if self.cast is None:
            raise AssertionError("only a drill whose workers are acted has a cast")
        return self.cast
