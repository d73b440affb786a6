"""Wheel is compiled for another torch.

## What it does
Compares the torch that a compiled wheel was built against with the torch of the environment. A wheel that was built
against a nightly counts as built for another torch.

## Why is this bad?
pip does not know this relation and installs the wheel. The import then fails with an undefined symbol of c10 or
torch.

## Example
```dockerfile
FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-devel
RUN pip install https://github.com/Dao-AILab/flash-attention/releases/download/v2.8.3/flash_attn-2.8.3+cu12torch2.6cxx11abiTRUE-cp311-cp311-linux_x86_64.whl
```

## Output
```text
Dockerfile:2:17: error[PF-WHEEL-003] wheel is compiled for torch 2.6, the environment has 2.7.1+cu126 (flash_attn-2.8.3+cu12torch2.6cxx11abiTRUE-cp311-cp311-linux_x86_64.whl)
    2 | RUN pip install https://github.com/Dao-AILab/flash-attention/releases/download/v2.8.3/flash_attn-2.8.3+cu12torch2.6cxx11abiTRUE-cp311-cp311-linux_x86_64.whl
      |     torch 2.7.1+cu126 comes from Dockerfile:1: pytorch/pytorch:2.7.1-cuda12.6-cudnn9-devel
  remedy: use https://github.com/Dao-AILab/flash-attention/releases/download/v2.8.3/flash_attn-2.8.3%2Bcu12torch2.7cxx11abiTRUE-cp311-cp311-linux_x86_64.whl (256,027,206 bytes, sha256 cd1a45ebfc1731a13e55ad68e0c9ad92390ddfffba306f9222be67c6d5a805af)
  docs: docs/checks/wheel-torch.md
```

## Use instead
```dockerfile
FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-devel
RUN pip install https://github.com/Dao-AILab/flash-attention/releases/download/v2.8.3/flash_attn-2.8.3+cu12torch2.7cxx11abiTRUE-cp311-cp311-linux_x86_64.whl
```

## Source
Dao-AILab/flash-attention#931; publish.yml of each tag.
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
    id="wheel-torch",
    code="PF-WHEEL-003",
    title="Wheel is compiled for another torch",
    severity=Severity.ERROR,
    remedy="use the wheel that is compiled for the torch of the image",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each wheel that is compiled for another torch."""
    yield from wheel_findings(subject, META, Reason.TORCH_MINOR)
