"""No index that pip asks has this version of torch.

## What it does
Compares pins of torch, torchvision and torchaudio with the Python, the local part (`+cu126`) and the index options
of the installation: a local version is only on the PyTorch index, each CUDA folder there holds the versions built
for it, and every torch supports a range of Pythons.

## Why is this bad?
pip answers "No matching distribution found" and the build stops.

## Example
```dockerfile
FROM python:3.11-slim-bookworm
RUN pip install torch==2.7.1+cu126
```

## Output
```text
Dockerfile:2:17: error[PF-PIP-002] torch==2.7.1+cu126 is only on the PyTorch index, which is not asked
    2 | RUN pip install torch==2.7.1+cu126
  remedy: add --index-url https://download.pytorch.org/whl/cu126
  docs: docs/checks/no-such-version.md
```

## Use instead
```dockerfile
FROM python:3.11-slim-bookworm
RUN pip install torch==2.7.1+cu126 --index-url https://download.pytorch.org/whl/cu126
```

## Source
PyTorch, "Installing previous versions"; the file names that pip lists for torch.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from conductor.domain.finding import Finding, Severity
from conductor.knowledge import companions, torch_build, torch_builds
from conductor.preflight.check import Meta
from conductor.preflight.wheels.pins import FOLDER

if TYPE_CHECKING:
    from conductor.domain.finding import Location
    from conductor.knowledge import TorchBuild
    from conductor.preflight.environment.pip import PipInstall
    from conductor.preflight.parse.requirements import Requirement
    from conductor.preflight.subject import Subject

META = Meta(
    id="no-such-version",
    code="PF-PIP-002",
    title="No index that pip asks has this version of torch",
    severity=Severity.ERROR,
    remedy="ask for a version that the index has, or add the index that has it",
)
FAMILY = frozenset({"torch", "torchvision", "torchaudio"})
# Up to here the facts list every patch release.
LAST_COMPLETE = Version("2.9.1")


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each pin of the torch family that nothing can satisfy."""
    for install in subject.pip_installs:
        if not install.complete or install.command.conditional or _indexes_unknown(subject, install):
            continue
        # The first one only: what torch does not have, its companions do not have for the same reason.
        found = next(_problems(install), None)
        if found:
            where, message, remedy = found
            yield META.finding(subject, message, where, remedy=remedy)


def _problems(install: PipInstall) -> Iterator[tuple[Location, str, str]]:
    for requirement, where in zip(install.requirements, install.where, strict=True):
        if requirement.name in FAMILY and requirement.pinned and not requirement.marker:
            problem = _problem(requirement, install)
            if problem:
                yield where, *problem


def _indexes_unknown(subject: Subject, install: PipInstall) -> bool:
    """Tell whether pip may look where the command line does not say."""
    if any(install.has(option) for option in ("--find-links", "--torch-backend", "--no-index")):
        return True
    if any(name.startswith(("UV_", "PIP_FIND_LINKS", "PIP_CONFIG_FILE")) for name in install.environment.variables):
        return True
    return _configures_pip(subject)


@functools.lru_cache(maxsize=4)
def _configures_pip(subject: Subject) -> bool:
    return any(one.name.startswith("pip") and "config" in one.arguments for one in subject.commands)


def _problem(requirement: Requirement, install: PipInstall) -> tuple[str, str] | None:
    public, _, local = str(requirement.pinned).partition("+")
    torch = _torch_of(str(requirement.name), public)
    if torch is None:
        return None
    build = torch_build(torch)
    if build is None:
        return _unknown(torch) if requirement.name == "torch" else None
    return (
        _python(requirement, build, install)
        or _local(requirement, build, local, install)
        or _folder(build, install, requirement)
    )


def _torch_of(name: str, version: str) -> str | None:
    if name == "torch":
        return version
    return next((item.torch for item in companions(name) if item.version == version), None)


def _unknown(version: str) -> tuple[str, str] | None:
    try:
        asked = Version(version)
    except InvalidVersion:
        return None
    if asked.is_prerelease or asked > LAST_COMPLETE or asked < Version("2.0.0"):
        return None
    near = [build.version for build in torch_builds() if Version(build.version).release[:2] == asked.release[:2]]
    return f"there is no torch {version}", f"use torch=={near[-1]}" if near else META.remedy


def _python(requirement: Requirement, build: TorchBuild, install: PipInstall) -> tuple[str, str] | None:
    version = install.interpreter.version if install.interpreter else None
    if not version or not re.match(r"3\.\d+", version) or build.supports(".".join(version.split(".")[:2])):
        return None
    first, last = build.python
    fitting = [one.version for one in torch_builds() if one.supports(".".join(version.split(".")[:2]))]
    return (
        f"{requirement.raw} is published for Python {first} to {last}, and this pip belongs to Python {version}",
        f"use a Python from {first} to {last}, or torch {fitting[0]} to {fitting[-1]}" if fitting else META.remedy,
    )


def _local(requirement: Requirement, build: TorchBuild, local: str, install: PipInstall) -> tuple[str, str] | None:
    if not local.startswith(("cu", "cpu")):
        return None
    if build.cuda_builds and local not in build.cuda_builds:
        return f"{requirement.raw} was never built for {local}", f"there are {', '.join(build.cuda_builds)}"
    if install.index_url is None and not install.extra_index_urls:
        address = f"https://download.pytorch.org/whl/{local}"
        return f"{requirement.raw} is only on the PyTorch index, which is not asked", f"add --index-url {address}"
    return None


def _folder(build: TorchBuild, install: PipInstall, requirement: Requirement) -> tuple[str, str] | None:
    found = FOLDER.fullmatch(install.index_url or "")
    if found is None or install.extra_index_urls or not build.cuda_builds:
        return None
    folder, local = found[1], str(requirement.pinned).partition("+")[2]
    if folder not in build.cuda_builds:
        message = f"{requirement.raw} is not in the index folder {folder}"
        return message, f"use one of the folders {', '.join(build.cuda_builds)}"
    if local and local != folder:
        return (
            f"{requirement.raw} is not in the index folder {folder}",
            f"use --index-url https://download.pytorch.org/whl/{local}",
        )
    return None
