"""Compilers take more memory than the runner has.

## What it does
Looks for CUDA extensions that the build compiles from a repository with nvcc, without a word on how many compilers may run
at once. flash-attn is left out: its setup counts for itself.

## Why is this bad?
ninja starts two compilers more than the machine has cores. Each takes gigabytes, and the runner kills the build, or itself:
"nvcc error: 'cicc' died due to signal 9", or a job that was lost without a log.

## Example
```dockerfile
FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-devel
RUN apt-get update && apt-get install -y git
RUN pip install --no-cache-dir --no-build-isolation git+https://github.com/thu-ml/SageAttention.git@v2.2.0
```

## Output
```text
Dockerfile:3:53: advice[PF-MEM-001] sageattention is compiled, and nothing says how many compilers may run at once
    3 | RUN pip install --no-cache-dir --no-build-isolation git+https://github.com/thu-ml/SageAttention.git@v2.2.0
      |     4 cores + 2 = 6 compilers x 9 GB = 54 GB; a hosted runner has 16 GB
  remedy: write ENV MAX_JOBS=1 before it, or install a wheel
  docs: docs/checks/compile-memory.md
```

## Use instead
```dockerfile
FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-devel
RUN apt-get update && apt-get install -y git
ENV MAX_JOBS=1
RUN pip install --no-cache-dir --no-build-isolation git+https://github.com/thu-ml/SageAttention.git@v2.2.0
```

## Source
ninja manual, -j; Dao-AILab/flash-attention, setup.py (the memory of one compiler)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Confidence, Finding, Severity
from conductor.knowledge import entries
from conductor.preflight.check import Meta
from conductor.preflight.checks.source_build import COMPILED

if TYPE_CHECKING:
    from conductor.preflight.environment.pip import PipInstall
    from conductor.preflight.subject import Subject

META = Meta(
    id="compile-memory",
    code="PF-MEM-001",
    title="Compilers take more memory than the runner has",
    severity=Severity.ADVICE,
    remedy="write ENV MAX_JOBS=1 before it, or install a wheel",
    confidence=Confidence.MEDIUM,
)
_COUNTS_ITSELF = frozenset({"flash-attention", "flash-attn"})


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each extension that as many compilers build as there are cores, and two more."""
    known = {str(one["name"]): one for one in entries("runners", root=subject.root)}
    machine, each_gb = known["machine"], float(known["nvcc job"]["memory_gb"])
    jobs = int(machine["cores"]) + 2
    total = jobs * each_gb
    for install in subject.pip_installs:
        if install.command.phase != "build" or not install.environment.commands.get("nvcc") or _is_limited(install):
            continue
        for requirement, where in zip(install.requirements, install.where, strict=True):
            name = _repository(requirement.address or "")
            if name in COMPILED - _COUNTS_ITSELF and total > float(machine["memory_gb"]):
                message = f"{name} is compiled, and nothing says how many compilers may run at once"
                shown = (
                    f"{machine['cores']} cores + 2 = {jobs} compilers x {each_gb:.0f} GB = {total:.0f} GB; "
                    f"a hosted runner has {machine['memory_gb']} GB"
                )
                yield META.finding(subject, message, where, shown)


def _is_limited(install: PipInstall) -> bool:
    given = {name for name, _ in install.command.assignments} | set(install.environment.variables)
    return bool(given & {"MAX_JOBS", "CMAKE_BUILD_PARALLEL_LEVEL", "MAKEFLAGS"})


def _repository(address: str) -> str:
    """Return the name of the repository that a `git+` address installs from, "" for another address."""
    if not address.startswith("git+"):
        return ""
    name = address.partition("#")[0].rpartition("/")[2].partition("@")[0]
    return name.removesuffix(".git").lower().replace("_", "-")
