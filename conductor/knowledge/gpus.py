"""GPUs: compute capability, memory, which compiled kernels run where, and the driver a CUDA version needs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from conductor.knowledge.entries import entries
from conductor.ports.tree import Tree

NOT_THE_NAME = re.compile(
    r"nvidia|geforce|tesla|quadro|gpu|sxm\d*|pcie|nvl|hgx|generation|\d+gb|server|workstation|edition"
)


@dataclass(frozen=True, slots=True)
class Gpu:
    """A GPU as sold. `capability` is `major.minor`; `vram_gib` the smallest size it is sold with."""

    name: str
    capability: str
    vram_gib: int | None
    source: str


@dataclass(frozen=True, slots=True)
class DriverRule:
    """`min_driver` is the oldest driver family that runs images of that CUDA major."""

    cuda_major: str
    min_driver: str
    source: str


def _plain(name: str) -> str:
    words = re.sub(r"[^a-z0-9]+", " ", name.lower()).split()
    return "".join(word for word in words if not NOT_THE_NAME.fullmatch(word))


def gpu(name: str, *, root: Tree | None = None) -> Gpu | None:
    """Return the GPU of that name, however it is spelled (`RTX 4090`, `NVIDIA GeForce RTX 4090`, `A100-SXM4-80GB`)."""
    wanted = _plain(name)
    for entry in entries("gpus", root=root):
        if _plain(str(entry["name"])) == wanted:
            return Gpu(str(entry["name"]), str(entry["sm"]), entry.get("vram_gib"), str(entry["source"]))
    return None


def runs_on(architectures: Iterable[int], capability: str) -> bool:
    """Tell whether binary code for one of these architectures (80 means sm_80) runs on a GPU of that capability.

    Code for X.Y runs on X.Z where Z is Y or more, and on no other major (NVIDIA Ada compatibility guide, 1.2).
    """
    major, _, minor = capability.partition(".")
    return any(sm // 10 == int(major) and sm % 10 <= int(minor or 0) for sm in architectures)


def driver_rule(cuda: str, *, root: Tree | None = None) -> DriverRule | None:
    """Return the least driver for a CUDA version such as `12.6`."""
    major = cuda.partition(".")[0]
    for entry in entries("drivers", root=root):
        if str(entry["name"]) == major:
            return DriverRule(major, str(entry["min_driver"]), str(entry["source"]))
    return None
