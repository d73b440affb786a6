"""The seam between a stage and what stands on it: five parts, embedded in this process, or real.

| part | embedded | real (`conductor.rehearsal.real`) |
| --- | --- | --- |
| registry | `Registry` | Docker's registry, twice over the same files |
| builder | `StandInBuilder` | act with an engine's own builder |
| actions | `ActionsState` | `RealActions`: jobs, steps, logs and timings of act |
| git host | `GitHost` (asyncssh) | OpenSSH's server |
| worker | `Worker`: the handler as a process | `ContainerWorker` |

GitHub's REST API and RunPod's control plane are the same stand-ins for both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conductor.config.settings import PollSettings
from conductor.rehearsal.actions import ActionsState, Shape, Timing
from conductor.rehearsal.builder import BuildFault, BuildPlace, StandInBuilder
from conductor.rehearsal.git_host import GitHost, PushListener
from conductor.rehearsal.project import RehearsedProject
from conductor.rehearsal.recorder import Recorder
from conductor.rehearsal.registry import Registry
from conductor.rehearsal.registry_client import RegistryClient
from conductor.rehearsal.workers import Worker, split_image


@dataclass(frozen=True, slots=True)
class Setting:
    """What every part is told: a folder of the stage's own, the project, where it is built, and the password."""

    folder: Path
    project: RehearsedProject
    place: BuildPlace
    recorder: Recorder
    password: str


class Parts:
    """The parts that are threads of this process, and the handler's own process."""

    poll = PollSettings(
        run_s=0.2, run_appears_s=10, run_timeout_s=60, image_timeout_s=10, rollout_s=0.2, rollout_timeout_s=60,
        job_s=0.1, job_timeout_s=60,
    )  # fmt: skip
    worker_type: Callable[..., Worker] = Worker

    def open(self, setting: Setting) -> None:
        """Prepare what the parts stand on."""
        self.setting = setting

    def close(self) -> None:
        """End what the parts stood on; safe to call twice."""

    def make_registry(self) -> Any:
        """Return a registry that answers at `base_url`."""
        return Registry(self.setting.recorder, "builder", self.setting.password).start()

    def make_builder(self, bare: Path, registry: Any, faults: tuple[BuildFault, ...]) -> Any:
        """Return what builds a revision of the bare repository and knows its digest."""
        return StandInBuilder(bare, self.setting.place, self._client(registry), faults=faults)

    def make_actions(self, builder: Any, timing: Timing, shape: Shape | None = None) -> ActionsState:
        """Return what carries runs out."""
        return ActionsState(builder, timing, shape)

    def make_git_host(self, bare: Path, path: str, on_push: PushListener) -> Any:
        """Return a git host that serves the bare repository at `url`."""
        return GitHost(bare, path, self.setting.folder / "keys", self.setting.recorder, on_push).start()

    def left_out(self) -> list[str]:
        """Return what was not run for real, for the summary."""
        return [f"RUN lines of {self.setting.place.dockerfile}", "the GPU path"]

    def _client(self, registry: Any) -> RegistryClient:
        _, repository = split_image(self.setting.place.image)
        return RegistryClient(registry.base_url, repository, f"builder:{self.setting.password}")
