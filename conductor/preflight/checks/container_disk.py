"""Image is larger than the target's container disk.

## What it does
Compares what the image takes at least with `container_disk_gb` of the configured targets, and `containerDiskInGb` of
`.runpod/hub.json`.

## Why is this bad?
The worker unpacks the image onto its container disk. Without room for it, it never starts, or ends at the first file that
the program writes.

## Example
```dockerfile
FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-devel
RUN pip install --no-cache-dir vllm runpod
```
```yaml conductor.yaml
conductor: 1
build: {workflow: .github/workflows/build.yml, dockerfile: Dockerfile, context: ., image: docker.io/acme/worker}
targets:
  production: {kind: serverless, id: "env:RUNPOD_ENDPOINT", container_disk_gb: 10}
```

## Output
```text
conductor.yaml:4:15: warning[PF-DISK-003] the image takes at least 14.4 GB, and target production has a container disk of 10 GB
    4 |   production: {kind: serverless, id: "env:RUNPOD_ENDPOINT", container_disk_gb: 10}
      |     13.3 pytorch/pytorch -devel + 1.1 vllm = 14.4 GB
  remedy: give the target a larger container disk, or start from a smaller base
  docs: docs/checks/container-disk.md
```

## Use instead
```dockerfile
FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-devel
RUN pip install --no-cache-dir vllm runpod
```
```yaml conductor.yaml
conductor: 1
build: {workflow: .github/workflows/build.yml, dockerfile: Dockerfile, context: ., image: docker.io/acme/worker}
targets:
  production: {kind: serverless, id: "env:RUNPOD_ENDPOINT", container_disk_gb: 30}
```

## Source
docs.runpod.io, Storage types, container disk; the figures stand in the knowledge, with their sources
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Confidence, Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.sizes import estimate
from conductor.preflight.targets import wanted_by

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject

META = Meta(
    id="container-disk",
    code="PF-DISK-003",
    title="Image is larger than the target's container disk",
    severity=Severity.WARNING,
    remedy="give the target a larger container disk, or start from a smaller base",
    confidence=Confidence.MEDIUM,
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each target whose disk the image alone fills."""
    limits = [target for target in wanted_by(subject) if target.container_disk_gb is not None]
    sum_of = estimate(subject) if limits else None
    for target in limits:
        if sum_of is not None and target.container_disk_gb is not None and sum_of.image_gb >= target.container_disk_gb:
            message = (
                f"the image takes at least {sum_of.image_gb:.1f} GB, and {target.name} has a container disk of "
                f"{target.container_disk_gb} GB"
            )
            yield META.finding(subject, message, target.where, sum_of.shown(image=True))
