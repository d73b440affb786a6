"""Derive what is in an image from its tag, for families that name their content in the tag."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from conductor.domain.day import Day
from conductor.domain.finding import Confidence
from conductor.knowledge.dates import python_image_system
from conductor.knowledge.image_facts import ImageFacts
from conductor.knowledge.systems import latest_system, system_facts
from conductor.knowledge.torch import torch_cxx11abi
from conductor.ports.tree import Tree

BARE_TOOLS = ("git", "curl", "wget")
OF_ITS_DAY = "docker-library/python, its history (which Debian a tag without one meant)"


def derive(name: str, *, root: Tree | None = None, day: Day | None = None) -> ImageFacts | None:
    """Return the facts that the family's rule gives for `name:tag` on that day, or None."""
    repository, _, tag = name.rpartition(":")
    if repository in MOVING:
        return MOVING[repository](name, tag, root, day)
    reader = FAMILIES.get(repository)
    return reader(name, tag, root) if reader else None


def _on(os: str | None, root: Tree | None) -> dict[str, Any]:
    system = system_facts(os, root=root) if os else None
    return {"os": system.name if system else os, "glibc": system.glibc if system else None}


def _torch(torch: str, cuda: str, flavour: str) -> dict[str, Any]:
    return {
        "has_python": True,
        "torch": torch,
        "has_torch": True,
        "cuda": cuda,
        "cxx11abi": torch_cxx11abi(torch, cuda=cuda),
        "flavour": flavour,
        "has_nvcc": flavour == "devel",
        "has_compiler": True if flavour == "devel" else None,
    }


def _pytorch(name: str, tag: str, root: Tree | None) -> ImageFacts | None:
    found = re.fullmatch(r"(\d+\.\d+\.\d+)-cuda(\d+\.\d+)-cudnn\d+-(runtime|devel)", tag)
    if not found:
        return None
    torch, cuda, flavour = found.groups()
    minor = tuple(int(part) for part in torch.split(".")[:2])
    if minor < (2, 0):
        return None
    python = "3.10" if minor < (2, 4) else "3.11" if minor < (2, 10) else "3.12"
    os = "ubuntu20.04" if minor < (2, 2) else "ubuntu22.04" if minor < (2, 10) else "ubuntu24.04"
    conda = minor < (2, 10)
    return ImageFacts(
        name,
        family="pytorch/pytorch",
        python=python,
        python_path="/opt/conda/bin/python" if conda else "/usr/bin/python3",
        externally_managed=False,
        confidence=Confidence.MEDIUM if (2, 4) <= minor <= (2, 10) else Confidence.LOW,
        source="pytorch/pytorch docker.Makefile and Dockerfile of that time (04da8a0f, 01343dcd, #170338)",
        **_torch(torch, cuda, flavour),
        **_on(os, root),
    )


def _runpod_pytorch(name: str, tag: str, root: Tree | None) -> ImageFacts | None:
    old = re.fullmatch(
        r"(\d+\.\d+\.\d+)-py(3\.\d+)-cuda(\d+\.\d+)(?:\.\d+)?(?:-cudnn\d*)?-(devel|runtime)-(ubuntu\d+\.\d+)", tag
    )
    new = re.fullmatch(r"[\w.]+(?:-dev)?-cu(\d\d)(\d)\d-torch(\d)(\d{1,2})(\d)-(ubuntu\d{4})", tag)
    if old:
        torch, python, cuda, flavour, os = old.groups()
        source, confidence = (
            "python, torch and CUDA stand in the tag (runpod/containers docker-bake.hcl)",
            Confidence.HIGH,
        )
    elif new:
        torch, os, flavour = f"{new[3]}.{new[4]}.{new[5]}", new[6], "devel"
        # Python 3.12 was read from the revision that builds on CUDA 12.8; what earlier ones had is not known.
        read = f"{new[1]}.{new[2]}" in {"12.8", "12.9"} and os != "ubuntu2004"
        python, confidence = ("3.12", Confidence.HIGH) if read else (None, Confidence.LOW)
        cuda = "12.6" if torch == "2.6.0" else f"{new[1]}.{new[2]}"
        source = "runpod/containers at 6990d37, docker-bake.hcl and base/Dockerfile"
    else:
        return None
    return ImageFacts(
        name,
        family="runpod/pytorch",
        python=python,
        externally_managed=None,
        confidence=confidence,
        source=source,
        **_torch(torch, cuda, flavour),
        **_on(os, root),
    )


def _cuda(name: str, tag: str, root: Tree | None) -> ImageFacts | None:
    found = re.fullmatch(
        r"(\d+\.\d+)(?:\.\d+)?(?:-cudnn\d*)?-(base|runtime|devel)-((?:ubuntu|rockylinux|ubi)[\d.]+)", tag
    )
    if not found:
        return None
    cuda, flavour, os = found.groups()
    system = system_facts(os, root=root)
    return ImageFacts(
        name,
        family="nvidia/cuda",
        has_python=False if os.startswith("ubuntu") else None,
        has_torch=False,
        cuda=cuda,
        flavour=flavour,
        has_nvcc=flavour == "devel",
        has_compiler=flavour == "devel",
        externally_managed=system.externally_managed if system else None,
        missing_tools=BARE_TOOLS if os.startswith("ubuntu") and flavour != "devel" else ("git",),
        confidence=Confidence.HIGH,
        source="CUDA, flavour and system stand in the tag; Python is not installed (nvidia/cuda Dockerfiles)",
        **_on(os, root),
    )


def _python(name: str, tag: str, root: Tree | None, day: Day | None) -> ImageFacts | None:
    found = re.fullmatch(
        r"((3\.\d+)(?:\.\d+)?)(?:-(slim))?(?:-(alpine[\d.]*|trixie|bookworm|bullseye|buster|stretch|jessie))?", tag
    )
    if not found:
        return None
    version, python, slim, variant = found.groups()
    alpine = bool(variant and variant.startswith("alpine"))
    system = "alpine" if alpine else variant or python_image_system(version, day)
    return ImageFacts(
        name,
        family="python",
        python=python,
        has_python=True,
        python_path="/usr/local/bin/python",
        has_torch=False,
        flavour="slim" if slim or alpine else "full",
        has_nvcc=False,
        has_compiler=not (slim or alpine),
        externally_managed=False,
        missing_tools=BARE_TOOLS if slim else ("git", "curl") if alpine else (),
        confidence=Confidence.HIGH,
        source="docker-library/python Dockerfiles" if variant else OF_ITS_DAY,
        **_on(system, root),
    )


def _plain_system(name: str, tag: str, root: Tree | None, day: Day | None) -> ImageFacts | None:
    repository = name.rpartition(":")[0]
    version = tag.removesuffix("-slim").partition("-2")[0]
    moves = version in {"latest", "stable"}
    candidate = (latest_system(repository, day, root=root) or "unknown") if moves else version
    if repository == "debian":
        candidate = candidate.partition(".")[0]
    system = system_facts("alpine" if repository == "alpine" else f"{repository}{candidate}", root=root)
    system = system or system_facts(candidate, root=root)
    if system is None or not system.name.startswith(repository):
        return None
    return ImageFacts(
        name,
        family=repository,
        has_python=False,
        has_torch=False,
        os=system.name,
        glibc=system.glibc,
        flavour="base",
        has_nvcc=False,
        has_compiler=False,
        externally_managed=system.externally_managed,
        missing_tools=BARE_TOOLS if repository != "alpine" else ("git", "curl", "bash"),
        confidence=Confidence.LOW if moves else Confidence.HIGH,
        source=system.source,
    )


def _ngc_pytorch(name: str, tag: str, root: Tree | None) -> ImageFacts | None:
    found = re.fullmatch(r"(\d\d)\.(\d\d)-py3(?:-igpu)?", tag)
    if not found:
        return None
    release = (int(found[1]), int(found[2]))
    python, os = ("3.10", "ubuntu22.04") if release <= (24, 10) else ("3.12", "ubuntu24.04")
    return ImageFacts(
        name,
        family="nvcr.io/nvidia/pytorch",
        python=python,
        has_python=True,
        python_path="/usr/bin/python",
        has_torch=True,
        cxx11abi=True,
        flavour="devel",
        has_nvcc=True,
        has_compiler=True,
        externally_managed=False,
        confidence=Confidence.MEDIUM,
        source="Dao-AILab/flash-attention setup.py, #457 and #709 (alpha torch with the new C++ ABI)",
        **_on(os, root),
    )


FAMILIES: dict[str, Callable[[str, str, Tree | None], ImageFacts | None]] = {
    "pytorch/pytorch": _pytorch,
    "runpod/pytorch": _runpod_pytorch,
    "nvidia/cuda": _cuda,
    "nvcr.io/nvidia/cuda": _cuda,
    "nvcr.io/nvidia/pytorch": _ngc_pytorch,
}
# Their tags meant another system on another day.
MOVING: dict[str, Callable[[str, str, Tree | None, Day | None], ImageFacts | None]] = {
    "python": _python,
    "ubuntu": _plain_system,
    "debian": _plain_system,
    "alpine": _plain_system,
}
