"""Wheel has no kernel for the target's GPU.

## What it does
Compares the GPU architectures that a wheel was compiled for with the GPUs that the targets in CONDUCTOR.md ask for.
Code for 8.0 runs on 8.6 and 8.9, on no other major.

## Why is this bad?
Everything installs and imports. The first call on the GPU fails with "no kernel image is available for execution on
the device", in the worker that is already paid for.

## Example
```dockerfile
FROM pytorch/pytorch:2.6.0-cuda12.6-cudnn9-devel
RUN pip install https://github.com/Dao-AILab/flash-attention/releases/download/v2.7.4.post1/flash_attn-2.7.4.post1+cu12torch2.6cxx11abiTRUE-cp311-cp311-linux_x86_64.whl
```
```markdown CONDUCTOR.md
---
conductor: 1
targets:
  production: {kind: serverless, id: "env:RUNPOD_ENDPOINT", gpu: [RTX 5090]}
---
```

## Output
```text
Dockerfile:2:17: error[PF-WHEEL-006] wheel has kernels for 8.0, 9.0; none runs on the GPU's 12.0 (flash_attn-2.7.4.post1+cu12torch2.6cxx11abiTRUE-cp311-cp311-linux_x86_64.whl)
    2 | RUN pip install https://github.com/Dao-AILab/flash-attention/releases/download/v2.7.4.post1/flash_attn-2.7.4.post1+cu12torch2.6cxx11abiTRUE-cp311-cp311-linux_x86_64.whl
  remedy: use https://github.com/Dao-AILab/flash-attention/releases/download/v2.8.3.post1/flash_attn-2.8.3.post1%2Bcu12torch2.6cxx11abiTRUE-cp311-cp311-linux_x86_64.whl
  docs: docs/checks/wheel-gpu-arch.md
```

## Use instead
```dockerfile
FROM pytorch/pytorch:2.6.0-cuda12.6-cudnn9-devel
RUN pip install https://github.com/Dao-AILab/flash-attention/releases/download/v2.8.3/flash_attn-2.8.3+cu12torch2.6cxx11abiTRUE-cp311-cp311-linux_x86_64.whl
```

## Source
NVIDIA Ada compatibility guide 1.2; Dao-AILab/flash-attention setup.py (binary code only, no PTX).
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
    id="wheel-gpu-arch",
    code="PF-WHEEL-006",
    title="Wheel has no kernel for the target's GPU",
    severity=Severity.ERROR,
    remedy="use a wheel that is compiled for the GPU, or a GPU that the wheel is compiled for",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each wheel without code for one of the targets' GPUs."""
    yield from wheel_findings(subject, META, Reason.ARCH)
