"""This address does not serve that wheel.

## What it does
Compares the address with where the facts say the file is: the release of its version, the index that serves its
project. Addresses of hosts that the facts do not know are left to `--online`.

## Why is this bad?
Whether or not there is such a wheel, it is not at that address: the download ends in 404.

## Example
```dockerfile
FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-devel
RUN pip install https://github.com/Dao-AILab/flash-attention/releases/download/v2.8.2/flash_attn-2.8.3+cu12torch2.7cxx11abiTRUE-cp311-cp311-linux_x86_64.whl
```

## Output
```text
Dockerfile:2:17: error[PF-WHEEL-008] that file belongs to release v2.8.3, not v2.8.2 (flash_attn-2.8.3+cu12torch2.7cxx11abiTRUE-cp311-cp311-linux_x86_64.whl)
    2 | RUN pip install https://github.com/Dao-AILab/flash-attention/releases/download/v2.8.2/flash_attn-2.8.3+cu12torch2.7cxx11abiTRUE-cp311-cp311-linux_x86_64.whl
  remedy: use https://github.com/Dao-AILab/flash-attention/releases/download/v2.8.3/flash_attn-2.8.3%2Bcu12torch2.7cxx11abiTRUE-cp311-cp311-linux_x86_64.whl (256,027,206 bytes, sha256 cd1a45ebfc1731a13e55ad68e0c9ad92390ddfffba306f9222be67c6d5a805af)
  docs: docs/checks/wheel-url.md
```

## Use instead
```dockerfile
FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-devel
RUN pip install https://github.com/Dao-AILab/flash-attention/releases/download/v2.8.3/flash_attn-2.8.3+cu12torch2.7cxx11abiTRUE-cp311-cp311-linux_x86_64.whl
```

## Source
Dao-AILab/flash-attention releases.
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
    id="wheel-url",
    code="PF-WHEEL-008",
    title="This address does not serve that wheel",
    severity=Severity.ERROR,
    remedy="use the address of the release that holds the file",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each wheel with this fault."""
    yield from wheel_findings(subject, META, Reason.URL_404)
