"""What is to run the image: the configured targets, and what `.runpod/hub.json` asks for, with where each is said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conductor.domain.finding import Location
from conductor.knowledge import Gpu, entries, gpu

if TYPE_CHECKING:
    from conductor.config.settings import TargetSettings
    from conductor.ports.tree import Tree
    from conductor.preflight.subject import Subject

_HUB = ".runpod/hub.json"
_MAX_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one target asks for: pools or names of GPUs as they are written, and the CUDA versions of its hosts.

    `cuda_where` is where the versions stand.
    """

    name: str
    where: Location
    gpus: tuple[str, ...] = ()
    container_disk_gb: int | None = None
    cuda: tuple[str, ...] = ()
    cuda_where: Location | None = None


def wanted_by(subject: Subject) -> list[Wanted]:
    """Return what the targets ask for, the configured ones first."""
    settings, found = subject.settings, []
    build = settings.build
    for target in settings.targets if build is None or build.dockerfile == subject.dockerfile_path else ():
        where = place_of(subject, target)
        found.append(Wanted(f"target {target.name}", where, target.gpu, target.container_disk_gb))
    return [*found, *_hub(subject.root)]


def place_of(subject: Subject, target: TargetSettings) -> Location:
    """Return where the configuration names this target."""
    settings = subject.settings
    line, column = settings.places.get(f"targets.{target.name}", (None, None))
    return Location(settings.source or "CONDUCTOR.md", line, column)


def _hub(root: Tree) -> Iterator[Wanted]:
    """Yield what RunPod's Hub is asked for, where the project is in it."""
    content = root.read(_HUB, _MAX_BYTES)
    try:
        document: Any = json.loads(content) if content is not None else None
    except (ValueError, RecursionError):
        return
    config = document.get("config") if isinstance(document, dict) else None
    if not isinstance(config, dict):
        return
    disk, gpus, cuda = config.get("containerDiskInGb"), config.get("gpuIds"), config.get("allowedCudaVersions")
    names = [one.strip() for one in gpus.split(",")] if isinstance(gpus, str) else []
    yield Wanted(
        "RunPod's Hub",
        Location(_HUB, _line_of(content or b"", "containerDiskInGb")),
        tuple(one for one in names if one and not one.startswith("-")),
        disk if isinstance(disk, int) else None,
        tuple(str(one) for one in cuda) if isinstance(cuda, list) else (),
        Location(_HUB, _line_of(content or b"", "allowedCudaVersions")),
    )


def _line_of(content: bytes, word: str) -> int | None:
    before, found, _ = content.partition(f'"{word}"'.encode())
    return before.count(b"\n") + 1 if found else None


def gpus_of(name: str, root: Tree) -> tuple[Gpu, ...]:
    """Return the GPUs that a pool or a name stands for; none where nobody knows it."""
    pool = next((one for one in entries("gpu-pools", root=root) if str(one["name"]) == name.upper()), None)
    names = [str(one) for one in pool["gpus"]] if pool is not None else [name]
    return tuple(found for one in names if (found := gpu(one, root=root)) is not None)
