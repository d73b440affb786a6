"""Wheel has another C++ ABI than torch.

## What it does
Compares the C++ ABI that the binary really has with that of torch. The label in the name is not the ABI: in
flash-attn 2.8.0 to 2.8.3.post1 the label FALSE only means that nothing was forced.

## Why is this bad?
pip installs the wheel, and the import fails with an undefined symbol that ends in `cxx1112basic_string` or `Ss`.

## Example
```dockerfile
FROM pytorch/pytorch:2.6.0-cuda12.6-cudnn9-devel
RUN pip install https://github.com/Dao-AILab/flash-attention/releases/download/v2.7.4.post1/flash_attn-2.7.4.post1+cu12torch2.6cxx11abiFALSE-cp311-cp311-linux_x86_64.whl
```

## Output
```text
Dockerfile:2:17: error[PF-WHEEL-004] wheel has the old C++ ABI, torch has the new C++ ABI (flash_attn-2.7.4.post1+cu12torch2.6cxx11abiFALSE-cp311-cp311-linux_x86_64.whl)
    2 | RUN pip install https://github.com/Dao-AILab/flash-attention/releases/download/v2.7.4.post1/flash_attn-2.7.4.post1+cu12torch2.6cxx11abiFALSE-cp311-cp311-linux_x86_64.whl
      |     torch 2.6.0+cu126 comes from Dockerfile:1: pytorch/pytorch:2.6.0-cuda12.6-cudnn9-devel
  remedy: use https://github.com/Dao-AILab/flash-attention/releases/download/v2.8.3.post1/flash_attn-2.8.3.post1%2Bcu12torch2.6cxx11abiTRUE-cp311-cp311-linux_x86_64.whl
  docs: docs/checks/wheel-abi.md
```

## Use instead
```dockerfile
FROM pytorch/pytorch:2.6.0-cuda12.6-cudnn9-devel
RUN pip install https://github.com/Dao-AILab/flash-attention/releases/download/v2.8.3/flash_attn-2.8.3+cu12torch2.6cxx11abiFALSE-cp311-cp311-linux_x86_64.whl
```

## Source
Dao-AILab/flash-attention#1783, #1717 and #1644; PyTorch 2.6 release blog.
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
    id="wheel-abi",
    code="PF-WHEEL-004",
    title="Wheel has another C++ ABI than torch",
    severity=Severity.ERROR,
    remedy="use the wheel whose binary has the C++ ABI of torch",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each wheel that has another C++ ABI than torch."""
    yield from wheel_findings(subject, META, Reason.ABI)
