"""Package compiles at run time, and there is no C compiler.

## What it does
Looks in the finished image for packages that compile kernels when they run: triton and what is written in it, and
DeepSpeed's operators. It reports an image that certainly has no C compiler.

## Why is this bad?
Triton compiles a launcher with `gcc` and Python.h at the first call: `Failed to find C compiler`, on the worker, with
the first job.

## Example
```dockerfile
FROM python:3.11-slim-bookworm
RUN pip install torch==2.5.1 triton sageattention==1.0.6
```

## Output
```text
Dockerfile:2:30: warning[PF-GPU-011] triton compiles when it runs, and the image has no C compiler
    2 | RUN pip install torch==2.5.1 triton sageattention==1.0.6
  remedy: install gcc, libc6-dev and the headers of the Python that runs (python3-dev for the system's)
  docs: docs/checks/jit-compiler.md
```

## Use instead
```dockerfile
FROM python:3.11-slim-bookworm
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev
RUN pip install torch==2.5.1 triton sageattention==1.0.6
```

## Source
triton/runtime/build.py (it looks for CC, gcc, clang); deepspeed.ai/tutorials/advanced-install
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject

META = Meta(
    id="jit-compiler",
    code="PF-GPU-011",
    title="Package compiles at run time, and there is no C compiler",
    severity=Severity.WARNING,
    remedy="install gcc, libc6-dev and the headers of the Python that runs (python3-dev for the system's)",
)
_COMPILING = frozenset({"triton", "sageattention", "deepspeed", "flash-linear-attention", "liger-kernel", "unsloth"})


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for the first installation of such a package."""
    final = subject.timeline.final
    if final is None or not final.lacks("gcc") or "CC" in final.variables:
        return
    if any(final.commands.get(name) for name in ("cc", "clang")):
        return
    there = {name for _, name in final.packages}
    for install in subject.pip_installs:
        for requirement, where in zip(install.requirements, install.where, strict=True):
            if requirement.name in _COMPILING & there:
                message = f"{requirement.name} compiles when it runs, and the image has no C compiler"
                yield META.finding(subject, message, where)
                return
