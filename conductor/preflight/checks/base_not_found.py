"""Base image does not exist.

## What it does
Asks the registry of each base image whether it has that tag. Needs `--online`; without it, and where the registry
does not answer, the check is skipped.

## Why is this bad?
The build stops at its first line. Registries also remove old tags, nvidia/cuda among them.

## Example
```dockerfile
FROM nvidia/cuda:12.1.0-cudnn9-runtime-ubuntu22.04
```

## Output
```text
Dockerfile:1: error[PF-BASE-002] the registry has no nvidia/cuda:12.1.0-cudnn9-runtime-ubuntu22.04
    1 | FROM nvidia/cuda:12.1.0-cudnn9-runtime-ubuntu22.04
  remedy: choose a tag that the registry has
  docs: docs/checks/base-not-found.md
```

## Use instead
```dockerfile
FROM nvidia/cuda:12.6.3-cudnn-runtime-ubuntu22.04
```

## Source
OCI distribution specification, pulling manifests
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject


META = Meta(
    id="base-not-found",
    code="PF-BASE-002",
    title="Base image does not exist",
    severity=Severity.ERROR,
    remedy="choose a tag that the registry has",
    offline=False,
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each base that its registry does not have."""
    if subject.lookup is None:
        return
    names = {stage.name for stage in subject.dockerfile.stages}
    for stage, reference, _ in subject.timeline.stages:
        if stage.index not in subject.timeline.needed or not reference or reference.lower() in names:
            continue
        if reference != "scratch" and subject.lookup.has_image(reference) is False:
            yield META.finding(subject, f"the registry has no {reference}", subject.here(stage.start.line))
