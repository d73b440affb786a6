"""No such wheel was ever published.

## What it does
Looks the file name up among everything that the project ever released: every flash-attn wheel, every torch version
with its Pythons and CUDA builds, every torchvision, torchaudio and xformers. What the facts do not know is not judged, nor
what is at another owner's address or a file of your own.

## Why is this bad?
The download ends in 404 and the build stops. A name that merely follows the pattern is not a file: flash-attn 2.5.8
was built for cu118 and cu122, never for cu121.

## Example
```dockerfile
FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-devel
RUN pip install https://github.com/Dao-AILab/flash-attention/releases/download/v2.5.8/flash_attn-2.5.8+cu121torch2.3cxx11abiFALSE-cp310-cp310-linux_x86_64.whl
```

## Output
```text
Dockerfile:2:17: error[PF-WHEEL-007] no release of flash-attn ever had this wheel (flash_attn-2.5.8+cu121torch2.3cxx11abiFALSE-cp310-cp310-linux_x86_64.whl)
    2 | RUN pip install https://github.com/Dao-AILab/flash-attention/releases/download/v2.5.8/flash_attn-2.5.8+cu121torch2.3cxx11abiFALSE-cp310-cp310-linux_x86_64.whl
  remedy: use https://github.com/Dao-AILab/flash-attention/releases/download/v2.8.3/flash_attn-2.8.3%2Bcu12torch2.7cxx11abiTRUE-cp311-cp311-linux_x86_64.whl (256,027,206 bytes, sha256 cd1a45ebfc1731a13e55ad68e0c9ad92390ddfffba306f9222be67c6d5a805af)
  docs: docs/checks/wheel-not-published.md
```

## Use instead
```dockerfile
FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-devel
RUN pip install https://github.com/Dao-AILab/flash-attention/releases/download/v2.8.3/flash_attn-2.8.3+cu12torch2.7cxx11abiTRUE-cp311-cp311-linux_x86_64.whl
```

## Source
Dao-AILab/flash-attention publish.yml at each tag and the assets added later.
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
    id="wheel-not-published",
    code="PF-WHEEL-007",
    title="No such wheel was ever published",
    severity=Severity.ERROR,
    remedy="use a wheel that exists",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each wheel with this fault."""
    yield from wheel_findings(subject, META, Reason.NOT_PUBLISHED)
