"""CUDA of the image needs a newer driver than hosts guarantee.

## What it does
Compares the CUDA of the base image with the least driver that its major version needs.

## Why is this bad?
The container toolkit refuses to start the container on a host whose driver is older, and the worker looks as if
there were no capacity.

## Example
```dockerfile
FROM nvidia/cuda:13.0.1-cudnn-runtime-ubuntu24.04
```

## Output
```text
Dockerfile:1: warning[PF-GPU-001] CUDA 13.0 starts only on hosts of that family (driver 580 or newer)
    1 | FROM nvidia/cuda:13.0.1-cudnn-runtime-ubuntu24.04
  remedy: filter the hosts by CUDA version on the endpoint, or use an image with an older CUDA
  docs: docs/checks/cuda-driver.md
```

## Use instead
```dockerfile
FROM nvidia/cuda:12.6.3-cudnn-runtime-ubuntu24.04
```

## Source
docs.nvidia.com/deploy/cuda-compatibility
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.knowledge import driver_rule
from conductor.preflight.check import Meta

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject


META = Meta(
    id="cuda-driver",
    code="PF-GPU-001",
    title="CUDA of the image needs a newer driver than hosts guarantee",
    severity=Severity.WARNING,
    remedy="filter the hosts by CUDA version on the endpoint, or use an image with an older CUDA",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where the final base needs a driver that not every host has."""
    final = subject.timeline.final
    if final is None or final.cuda is None or final.base is None:
        return
    major = final.cuda.value.split(".")[0]
    if major.isdigit() and int(major) >= 13:
        rule = driver_rule(final.cuda.value)
        least = f" (driver {rule.min_driver} or newer)" if rule else ""
        message = f"CUDA {final.cuda.value} starts only on hosts of that family{least}"
        where = subject.here(final.cuda.origin.line)
        yield META.finding(subject, message, where)
