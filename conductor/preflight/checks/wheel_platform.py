"""Wheel is for another platform or a newer glibc.

## What it does
Compares the platform tag with the image, and the glibc that the binary was linked against with the one in the
image, also where the tag (`linux_x86_64`) does not name one.

## Why is this bad?
A wrong platform tag is refused by pip. A hidden glibc is worse: pip installs the wheel and the import fails with
"version `GLIBC_2.32' not found", in the worker, after the image was pushed.

## Example
```dockerfile
FROM python:3.11-slim-bullseye
RUN pip install torch==2.5.1
RUN pip install https://github.com/Dao-AILab/flash-attention/releases/download/v2.8.3/flash_attn-2.8.3+cu12torch2.5cxx11abiFALSE-cp311-cp311-linux_x86_64.whl
```

## Output
```text
Dockerfile:3:17: error[PF-WHEEL-002] the binary needs glibc 2.32, which its tag does not say; the environment has 2.31 (flash_attn-2.8.3+cu12torch2.5cxx11abiFALSE-cp311-cp311-linux_x86_64.whl)
    3 | RUN pip install https://github.com/Dao-AILab/flash-attention/releases/download/v2.8.3/flash_attn-2.8.3+cu12torch2.5cxx11abiFALSE-cp311-cp311-linux_x86_64.whl
      |     glibc 2.31 comes from Dockerfile:1: python:3.11-slim-bullseye
  remedy: use https://github.com/Dao-AILab/flash-attention/releases/download/v2.7.4.post1/flash_attn-2.7.4.post1%2Bcu12torch2.5cxx11abiFALSE-cp311-cp311-linux_x86_64.whl
  docs: docs/checks/wheel-platform.md
```

## Use instead
```dockerfile
FROM python:3.11-slim-bullseye
RUN pip install torch==2.5.1
RUN pip install https://github.com/Dao-AILab/flash-attention/releases/download/v2.7.4.post1/flash_attn-2.7.4.post1+cu12torch2.5cxx11abiFALSE-cp311-cp311-linux_x86_64.whl
```

## Source
PEP 600; Dao-AILab/flash-attention publish.yml (built on Ubuntu 22.04 since 2.8.0.post1);
Eyeline-Labs/FlashDepth#12.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.wheels.faults import Reason
from conductor.preflight.wheels.report import wheel_findings

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject

META = Meta(
    id="wheel-platform",
    code="PF-WHEEL-002",
    title="Wheel is for another platform or a newer glibc",
    severity=Severity.ERROR,
    remedy="use a wheel for the system, machine and glibc of the image",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each wheel that is for another platform or a newer glibc."""
    yield from wheel_findings(subject, META, Reason.PLATFORM)
