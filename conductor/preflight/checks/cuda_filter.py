"""Hosts with an older CUDA than the image needs are allowed.

## What it does
Compares the CUDA of an NVIDIA base image with the versions that `.runpod/hub.json` allows hosts to have.

## Why is this bad?
The base image tells the container toolkit the least CUDA that the host's driver must know. On an older host the container
ends before anything of it runs: "unsatisfied condition: cuda>=12.8". It looks like a lack of workers.

## Example
```dockerfile
FROM nvidia/cuda:12.8.1-cudnn-runtime-ubuntu22.04
```
```json .runpod/hub.json
{
  "type": "serverless",
  "config": {
    "runsOn": "GPU",
    "containerDiskInGb": 20,
    "gpuIds": "ADA_24",
    "allowedCudaVersions": ["12.8", "12.7", "12.6"]
  }
}
```

## Output
```text
.runpod/hub.json:7: warning[PF-TARGET-003] the image needs CUDA 12.8, and RunPod's Hub allows hosts with 12.7, 12.6
    7 |     "allowedCudaVersions": ["12.8", "12.7", "12.6"]
      |     nvidia/cuda:12.8.1-cudnn-runtime-ubuntu22.04 (Dockerfile:1)
  remedy: allow only hosts with the image's CUDA or a newer one, or start from an older base
  docs: docs/checks/cuda-filter.md
```

## Use instead
```dockerfile
FROM nvidia/cuda:12.6.3-cudnn-runtime-ubuntu22.04
```
```json .runpod/hub.json
{
  "type": "serverless",
  "config": {
    "runsOn": "GPU",
    "containerDiskInGb": 20,
    "gpuIds": "ADA_24",
    "allowedCudaVersions": ["12.8", "12.7", "12.6"]
  }
}
```

## Source
NVIDIA container toolkit, NVIDIA_REQUIRE_CUDA; Nerogar/OneTrainer#981; runpod/containers#98
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.knowledge.images import normalise
from conductor.preflight.check import Meta
from conductor.preflight.targets import wanted_by

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject

META = Meta(
    id="cuda-filter",
    code="PF-TARGET-003",
    title="Hosts with an older CUDA than the image needs are allowed",
    severity=Severity.WARNING,
    remedy="allow only hosts with the image's CUDA or a newer one, or start from an older base",
)
# Images that carry NVIDIA_REQUIRE_CUDA.
_REQUIRES = re.compile(r"nvidia/cuda:.*|runpod/pytorch:.*")


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where a host may be chosen that the image does not start on."""
    final = subject.timeline.final
    if final is None or final.cuda is None or final.base is None or not _REQUIRES.fullmatch(normalise(final.base)):
        return
    if any(final.variables.get(name) is not None for name in ("NVIDIA_DISABLE_REQUIRE", "NVIDIA_REQUIRE_CUDA")):
        return
    needed = _parts(final.cuda.value)
    for target in wanted_by(subject):
        older = [one for one in target.cuda if _parts(one) and _parts(one) < needed[:2]]
        if older:
            message = f"the image needs CUDA {final.cuda.value}, and {target.name} allows hosts with {', '.join(older)}"
            yield META.finding(subject, message, target.cuda_where or target.where, final.cuda.origin)


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
