"""What the pins of one installation ask of torch, said outright or through a package that needs exactly one torch."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from conductor.knowledge import companions

if TYPE_CHECKING:
    from conductor.domain.finding import Location
    from conductor.preflight.environment.pip import PipInstall
    from conductor.preflight.parse.requirements import Requirement

EXACT = ("torchvision", "torchaudio", "xformers")
# A folder of the PyTorch index.
FOLDER = re.compile(r"https?://download\.pytorch\.org/whl/(cu\d+|cpu)/?")
# These have torchvision and torchaudio beside their torch.
BASES_WITH_VISION = frozenset({"pytorch/pytorch", "runpod/pytorch"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """A torch version that an installation ends with; `by` is the requirement that says so."""

    name: str
    by: str
    torch: str
    where: Location


def wanted_torch(install: PipInstall) -> Wanted | None:
    """Return the torch an installation pins, or the one that its first pinned companion brings; None for neither."""
    found = list(wanted_torches(install))
    return next((one for one in found if one.name == "torch"), found[0] if found else None)


def wanted_torches(install: PipInstall) -> tuple[Wanted, ...]:
    """Return every exact torch that the installation's requirements ask for, in their order."""
    found = []
    for requirement, where in zip(install.requirements, install.where, strict=True):
        torch = None if requirement.marker else needed_torch(requirement, install)
        if torch is not None and requirement.name is not None:
            found.append(Wanted(requirement.name, requirement.raw.partition("#")[0].strip(), torch, where))
    return tuple(found)


def unpinned_companion(install: PipInstall) -> Wanted | None:
    """Return a companion without a version that is not there yet: pip takes the newest, and its torch with it."""
    names = {requirement.name for requirement in install.requirements}
    if "torch" in names or install.has("--no-deps") or install.has("--constraint") or not install.complete:
        return None
    from_base = (install.environment.base or "").partition(":")[0].removeprefix("docker.io/") in BASES_WITH_VISION
    for requirement, where in zip(install.requirements, install.where, strict=True):
        wanted = "xformers" if from_base else requirement.name
        plain = requirement.name in EXACT and not requirement.specifier and not requirement.address
        if plain and requirement.name == wanted and not install.environment.package(install.interpreter, wanted or ""):
            return Wanted(str(requirement.name), requirement.raw, "the newest", where)
    return None


def needed_torch(requirement: Requirement, install: PipInstall) -> str | None:
    """Return the exact torch that a requirement needs, where its pin says it."""
    pinned = requirement.pinned
    if pinned is None or requirement.name is None:
        return None
    if requirement.name == "torch":
        return pinned.partition("+")[0]
    if requirement.name not in EXACT or install.has("--no-deps"):
        return None
    for item in companions(requirement.name):
        if _equal(item.version, pinned.partition("+")[0]) and item.torch[:1].isdigit():
            return item.torch
    return None


def _equal(left: str, right: str) -> bool:
    try:
        return Version(left) == Version(right)
    except InvalidVersion:
        return False
