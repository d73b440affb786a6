"""torch without CUDA on a GPU worker.

## What it does
Finds installations of a CPU build of torch (`+cpu`, or the `cpu` folder of the PyTorch index) in an image that is
made for a GPU: its base brings CUDA, or a target in CONDUCTOR.md asks for a GPU.

## Why is this bad?
`torch.cuda.is_available()` is False. The worker either fails on its first job or computes on the CPU of a GPU that
is paid.

## Example
```dockerfile
FROM nvidia/cuda:12.6.3-runtime-ubuntu22.04
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-pip
RUN pip3 install torch==2.7.1 --index-url https://download.pytorch.org/whl/cpu
```

## Output
```text
Dockerfile:3:18: error[PF-TORCH-003] this torch has no CUDA, and the image is for a GPU
    3 | RUN pip3 install torch==2.7.1 --index-url https://download.pytorch.org/whl/cpu
      |     CUDA 12.6 comes from Dockerfile:1: nvidia/cuda:12.6.3-runtime-ubuntu22.04
  remedy: install a CUDA build: --index-url https://download.pytorch.org/whl/cu126, or the folder of the base's CUDA
  docs: docs/checks/torch-cpu-only.md
```

## Use instead
```dockerfile
FROM nvidia/cuda:12.6.3-runtime-ubuntu22.04
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-pip
RUN pip3 install torch==2.7.1 --index-url https://download.pytorch.org/whl/cu126
```

## Source
PyTorch, "Get started" (the index folders).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.wheels.installs import target_gpus

if TYPE_CHECKING:
    from conductor.preflight.environment.pip import PipInstall
    from conductor.preflight.parse.requirements import Requirement
    from conductor.preflight.subject import Subject

META = Meta(
    id="torch-cpu-only",
    code="PF-TORCH-003",
    title="torch without CUDA on a GPU worker",
    severity=Severity.ERROR,
    remedy="install a CUDA build: --index-url https://download.pytorch.org/whl/cu126, or the folder of the base's CUDA",
)
CPU_INDEX = re.compile(r"https?://download\.pytorch\.org/whl/cpu/?")


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each installation of a CPU build where the image is for a GPU."""
    for install in subject.pip_installs:
        reason = _for_gpu(subject, install)
        for requirement, where in zip(install.requirements, install.where, strict=True):
            if reason and requirement.name == "torch" and _is_cpu(requirement, install):
                yield META.finding(subject, "this torch has no CUDA, and the image is for a GPU", where, reason)


def _for_gpu(subject: Subject, install: PipInstall) -> str | None:
    gpus = target_gpus(subject)
    if gpus:
        return f"a target asks for {', '.join(gpus)}"
    cuda = install.environment.cuda
    return f"CUDA {cuda.value} comes from {cuda.origin}" if cuda else None


def _is_cpu(requirement: Requirement, install: PipInstall) -> bool:
    pinned = requirement.pinned or ""
    if "+" in pinned:
        return pinned.endswith("+cpu")
    if requirement.address:
        return "%2Bcpu-" in requirement.address or "+cpu-" in requirement.address
    return bool(CPU_INDEX.fullmatch(install.index_url or ""))
