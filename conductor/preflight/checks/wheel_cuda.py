"""Wheel is for another CUDA major.

## What it does
Compares the CUDA major of a wheel with that of torch. Minor versions of one major go together.

## Why is this bad?
The import fails because `libcudart.so.12` (or `.11`) cannot be opened.

## Example
```dockerfile
FROM pytorch/pytorch:2.6.0-cuda11.8-cudnn9-devel
RUN pip install https://github.com/Dao-AILab/flash-attention/releases/download/v2.7.4.post1/flash_attn-2.7.4.post1+cu12torch2.6cxx11abiFALSE-cp311-cp311-linux_x86_64.whl
```

## Output
```text
Dockerfile:2:17: error[PF-WHEEL-005] wheel is for CUDA 12, torch has CUDA 11.8 (flash_attn-2.7.4.post1+cu12torch2.6cxx11abiFALSE-cp311-cp311-linux_x86_64.whl)
    2 | RUN pip install https://github.com/Dao-AILab/flash-attention/releases/download/v2.7.4.post1/flash_attn-2.7.4.post1+cu12torch2.6cxx11abiFALSE-cp311-cp311-linux_x86_64.whl
      |     torch 2.6.0+cu118 comes from Dockerfile:1: pytorch/pytorch:2.6.0-cuda11.8-cudnn9-devel
  remedy: use the wheel for the CUDA major of torch, or a torch of that major; no published wheel is known that fits
  docs: docs/checks/wheel-cuda.md
```

## Use instead
```dockerfile
FROM pytorch/pytorch:2.6.0-cuda12.4-cudnn9-devel
RUN pip install https://github.com/Dao-AILab/flash-attention/releases/download/v2.7.4.post1/flash_attn-2.7.4.post1+cu12torch2.6cxx11abiFALSE-cp311-cp311-linux_x86_64.whl
```

## Source
deepseek-ai/DeepSeek-OCR#70; NVIDIA minor version compatibility.
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
    id="wheel-cuda",
    code="PF-WHEEL-005",
    title="Wheel is for another CUDA major",
    severity=Severity.ERROR,
    remedy="use the wheel for the CUDA major of torch, or a torch of that major",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each wheel that is for another CUDA major."""
    yield from wheel_findings(subject, META, Reason.CUDA_MAJOR)
