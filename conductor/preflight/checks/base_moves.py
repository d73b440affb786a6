"""Base image can change by itself.

## What it does
Reports a base image without a tag, or with the tag latest.

## Why is this bad?
The same commit builds another image tomorrow: another Python, another torch, another CUDA.

## Example
```dockerfile
FROM pytorch/pytorch:latest
```

## Output
```text
Dockerfile:1: warning[PF-BASE-001] pytorch/pytorch:latest moves: the image of tomorrow is another one
    1 | FROM pytorch/pytorch:latest
  remedy: name a version, or better a digest: image:tag@sha256:…
  docs: docs/checks/base-moves.md
```

## Use instead
```dockerfile
FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime
```

## Source
docs.docker.com/build/building/best-practices, pin base image versions
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject


META = Meta(
    id="base-moves",
    code="PF-BASE-001",
    title="Base image can change by itself",
    severity=Severity.WARNING,
    remedy="name a version, or better a digest: image:tag@sha256:…",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each base that nothing pins."""
    names = {stage.name for stage in subject.dockerfile.stages}
    for stage, reference, _ in subject.timeline.stages:
        if stage.index not in subject.timeline.needed or reference is None or reference.lower() in names:
            continue
        if reference == "scratch" or "@" in reference:
            continue
        tag = reference.rpartition("/")[2].partition(":")[2]
        if tag in {"", "latest"}:
            said = f"{reference} has no tag" if not tag else f"{reference} moves"
            yield META.finding(subject, f"{said}: the image of tomorrow is another one", subject.here(stage.start.line))
