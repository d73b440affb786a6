"""Wheel is for another Python.

## What it does
Compares the Python tag of every wheel that is installed by name or address with the Python that runs this pip.

## Why is this bad?
pip refuses such a file on every machine: "is not a supported wheel on this platform". No option of pip changes
that, `--force-reinstall` and `--no-deps` included; the build stops after the base image was pulled.

## Example
```dockerfile
FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-devel
RUN pip install https://github.com/Dao-AILab/flash-attention/releases/download/v2.8.3/flash_attn-2.8.3+cu12torch2.7cxx11abiFALSE-cp310-cp310-linux_x86_64.whl
```

## Output
```text
Dockerfile:2:17: error[PF-WHEEL-001] wheel is for CPython 3.10, the environment has 3.11 (flash_attn-2.8.3+cu12torch2.7cxx11abiFALSE-cp310-cp310-linux_x86_64.whl)
    2 | RUN pip install https://github.com/Dao-AILab/flash-attention/releases/download/v2.8.3/flash_attn-2.8.3+cu12torch2.7cxx11abiFALSE-cp310-cp310-linux_x86_64.whl
      |     python 3.11 comes from Dockerfile:1: pytorch/pytorch:2.7.1-cuda12.6-cudnn9-devel
  remedy: use https://github.com/Dao-AILab/flash-attention/releases/download/v2.8.3/flash_attn-2.8.3%2Bcu12torch2.7cxx11abiTRUE-cp311-cp311-linux_x86_64.whl (256,027,206 bytes, sha256 cd1a45ebfc1731a13e55ad68e0c9ad92390ddfffba306f9222be67c6d5a805af)
  docs: docs/checks/wheel-python-tag.md
```

## Use instead
```dockerfile
FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-devel
RUN pip install https://github.com/Dao-AILab/flash-attention/releases/download/v2.8.3/flash_attn-2.8.3+cu12torch2.7cxx11abiTRUE-cp311-cp311-linux_x86_64.whl
```

## Source
PEP 425; pip compares the tags of the file name with those of the running interpreter (tried with pip 23.2.1 and
26.3).
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
    id="wheel-python-tag",
    code="PF-WHEEL-001",
    title="Wheel is for another Python",
    severity=Severity.ERROR,
    remedy="use the wheel for the Python of the image",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each wheel that is for another Python."""
    yield from wheel_findings(subject, META, Reason.PYTHON_TAG)
