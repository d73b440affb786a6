"""A later installation replaces torch.

## What it does
Follows torch through all installations of one Python: what the base image or an earlier command brought, and what a
later requirements file, a pin or a package that needs exactly one torch (torchvision, torchaudio, xformers) puts in
its place. It is an error where a compiled extension for the earlier torch is already there.

## Why is this bad?
Wheels that were compiled for the first torch do not load with the second. And the image carries several gigabytes
of a torch that nothing uses.

## Example
```dockerfile
FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-devel
RUN pip install https://github.com/Dao-AILab/flash-attention/releases/download/v2.8.3/flash_attn-2.8.3+cu12torch2.7cxx11abiTRUE-cp311-cp311-linux_x86_64.whl
COPY requirements.txt .
RUN pip install -r requirements.txt
```
```text requirements.txt
torchvision==0.21.0
```

## Output
```text
requirements.txt:1:1: error[PF-TORCH-002] torchvision==0.21.0 replaces torch 2.7.1 by 2.6.0; flash_attn no longer loads
    1 | torchvision==0.21.0
      |     torch 2.7.1 comes from Dockerfile:1: pytorch/pytorch:2.7.1-cuda12.6-cudnn9-devel
  remedy: use torchvision==0.22.1, which goes with torch 2.7.1
  docs: docs/checks/torch-replaced.md
```

## Use instead
```dockerfile
FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-devel
RUN pip install https://github.com/Dao-AILab/flash-attention/releases/download/v2.8.3/flash_attn-2.8.3+cu12torch2.7cxx11abiTRUE-cp311-cp311-linux_x86_64.whl
COPY requirements.txt .
RUN pip install -r requirements.txt
```
```text requirements.txt
torchvision==0.22.1
```

## Source
Requirements in the metadata of torchvision, torchaudio and xformers (each needs one exact torch).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from conductor.domain.finding import Finding, Severity
from conductor.knowledge import companion, companions, is_published
from conductor.preflight.check import Meta
from conductor.preflight.wheels.contents import contents_of
from conductor.preflight.wheels.installs import installed_torch, installed_wheels
from conductor.preflight.wheels.pins import Wanted, unpinned_companion, wanted_torch

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Distribution
    from conductor.preflight.environment.pip import PipInstall
    from conductor.preflight.subject import Subject

META = Meta(
    id="torch-replaced",
    code="PF-TORCH-002",
    title="A later installation replaces torch",
    severity=Severity.ERROR,
    remedy="ask for the version that goes with the torch already there",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each installation that changes the version of an installed torch."""
    for install in subject.pip_installs:
        torch = installed_torch(install.environment, install.interpreter)
        if torch is None or torch.version is None:
            continue
        wanted = wanted_torch(install)
        loose = None if wanted else unpinned_companion(install)
        if loose and not _goes_along(subject, loose, torch.version):
            yield _loose(subject, loose, torch)
        if wanted is None or _same(torch.version, wanted.torch):
            continue
        broken = _compiled_before(subject, install, wanted.torch)
        yield META.finding(
            subject,
            f"{wanted.by} replaces torch {torch.version} by {wanted.torch}"
            + (f"; {broken} no longer loads" if broken else ""),
            wanted.where,
            f"torch {torch.version} comes from {torch.origin}",
            remedy=_remedy(wanted, torch.version),
            severity=Severity.ERROR if broken and not install.command.conditional else Severity.WARNING,
        )


def _goes_along(subject: Subject, wanted: Wanted, torch: str) -> bool:
    """Tell whether the newest version, on the judgement's day, is the one for the torch that is there."""
    there = [one for one in companions(wanted.name) if is_published(one.name, one.version, subject.day)]
    newest = max(there, key=lambda one: Version(one.version), default=None)
    return newest is not None and newest.exact_torch is not None and _same(torch, newest.exact_torch)


def _loose(subject: Subject, wanted: Wanted, torch: Distribution) -> Finding:
    return META.finding(
        subject,
        f"{wanted.by} without a version brings the newest {wanted.name}, and its torch in place of {torch.version}",
        wanted.where,
        f"torch {torch.version} comes from {torch.origin}",
        remedy=_remedy(wanted, str(torch.version)),
        severity=Severity.WARNING,
    )


def _same(installed: str, wanted: str) -> bool:
    try:
        return Version(installed).public == Version(wanted).public
    except InvalidVersion:
        return True


def _compiled_before(subject: Subject, install: PipInstall, torch: str) -> str | None:
    """Return an extension that an earlier installation put there for another minor of torch."""
    minor = ".".join(torch.split(".")[:2])
    for wheel in installed_wheels(subject):
        if wheel.install is install:
            return None
        contents = contents_of(wheel.judgement.wheel)
        if wheel.install.interpreter == install.interpreter and contents.torch not in {None, minor}:
            return wheel.judgement.wheel.distribution
    return None


def _remedy(wanted: Wanted, torch: str) -> str:
    if wanted.name == "torch":
        return f"leave torch {torch} as it is, or start from a base image with torch {wanted.torch}"
    fitting = companion(wanted.name, torch)
    return f"use {wanted.name}=={fitting.version}, which goes with torch {torch}" if fitting else META.remedy
