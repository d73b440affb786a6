"""Compiled extension without torch.

## What it does
Finds wheels of compiled torch extensions that are installed for a Python that certainly has no torch.

## Why is this bad?
The extension imports torch and fails; where pip fetches a torch for it, it takes the newest one, which the wheel
does not fit.

## Example
```dockerfile
FROM python:3.11-slim-bookworm
RUN pip install https://github.com/Dao-AILab/flash-attention/releases/download/v2.8.3/flash_attn-2.8.3+cu12torch2.7cxx11abiTRUE-cp311-cp311-linux_x86_64.whl
```

## Output
```text
Dockerfile:2:17: error[PF-TORCH-001] flash_attn needs torch, and none is installed (flash_attn-2.8.3+cu12torch2.7cxx11abiTRUE-cp311-cp311-linux_x86_64.whl)
    2 | RUN pip install https://github.com/Dao-AILab/flash-attention/releases/download/v2.8.3/flash_attn-2.8.3+cu12torch2.7cxx11abiTRUE-cp311-cp311-linux_x86_64.whl
      |     python 3.11 comes from Dockerfile:1: python:3.11-slim-bookworm
  remedy: install torch first, in a command of its own, at the version the wheel is for
  docs: docs/checks/torch-missing.md
```

## Use instead
```dockerfile
FROM python:3.11-slim-bookworm
RUN pip install torch==2.7.1
RUN pip install https://github.com/Dao-AILab/flash-attention/releases/download/v2.8.3/flash_attn-2.8.3+cu12torch2.7cxx11abiTRUE-cp311-cp311-linux_x86_64.whl
```

## Source
Dao-AILab/flash-attention#246 and #1920.
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
    id="torch-missing",
    code="PF-TORCH-001",
    title="Compiled extension without torch",
    severity=Severity.ERROR,
    remedy="install torch first, in a command of its own, at the version the wheel is for",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each wheel with this fault."""
    yield from wheel_findings(subject, META, Reason.TORCH_MISSING)
