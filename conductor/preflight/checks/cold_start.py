"""First start of a worker takes minutes.

## What it does
Divides what the image takes at least by the rates at which images were seen to be pulled and unpacked, and adds what the
imports of a torch program take. An estimate is only ever an advice; it is told from five minutes on.

## Why is this bad?
A host that has nothing of the image makes the first job wait that long, at every new host. Where the slow figure is above
`poll.rollout_timeout_s`, a release may give up on a rollout that only takes its time.

## Example
```dockerfile
FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-devel
RUN pip install --no-cache-dir vllm runpod
```
```yaml conductor.yaml
conductor: 1
build: {workflow: .github/workflows/build.yml, dockerfile: Dockerfile, context: ., image: docker.io/acme/worker}
targets:
  production: {kind: serverless, id: "env:RUNPOD_ENDPOINT"}
```

## Output
```text
conductor.yaml:4:15: advice[PF-TIME-001] a host that has nothing of the image takes about 6 to 15 minutes until target production's first job
    4 |   production: {kind: serverless, id: "env:RUNPOD_ENDPOINT"}
      |     13.3 pytorch/pytorch -devel + 1.1 vllm = 14.4 GB
      |     14.4 GB at 2.5 to 1.0 GB a minute = 6 to 14 min, and 20 s until torch is imported
  remedy: start from a smaller base (-runtime), keep weights on a volume, or keep one active worker
  docs: docs/checks/cold-start.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
RUN pip install --no-cache-dir torch==2.7.1 runpod
```
```yaml conductor.yaml
conductor: 1
build: {workflow: .github/workflows/build.yml, dockerfile: Dockerfile, context: ., image: docker.io/acme/worker}
targets:
  production: {kind: serverless, id: "env:RUNPOD_ENDPOINT"}
```

## Source
the pulls that people measured (`conductor knowledge show cold-start`); docs.runpod.io, Reducing worker startup times
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Confidence, Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.sizes import ColdStart, cold_start
from conductor.preflight.targets import place_of

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject

META = Meta(
    id="cold-start",
    code="PF-TIME-001",
    title="First start of a worker takes minutes",
    severity=Severity.ADVICE,
    remedy="start from a smaller base (-runtime), keep weights on a volume, or keep one active worker",
    confidence=Confidence.LOW,
)
_TOLD_FROM_S = 300


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield an advice for each serverless target whose first start is long."""
    build = subject.settings.build
    if build is None or build.dockerfile != subject.dockerfile_path:
        return
    targets = [one for one in subject.settings.targets if one.kind == "serverless"]
    found = cold_start(subject) if targets else None
    if found is None or found.fast_s < _TOLD_FROM_S:
        return
    deadline_s = subject.settings.poll.rollout_timeout_s
    for target in targets:
        message = (
            f"a host that has nothing of the image takes about {_minutes(found.fast_s)} to {_minutes(found.slow_s)} "
            f"minutes until target {target.name}'s first job"
        )
        late = f"poll.rollout_timeout_s is {deadline_s:g} s" if found.slow_s > deadline_s else None
        yield META.finding(
            subject, message, place_of(subject, target), found.image.shown(image=True), _sum(found), late
        )


def _sum(found: ColdStart) -> str:
    size, fast, slow = found.image.image_gb, found.fast_gb_per_min, found.slow_gb_per_min
    pull = f"{size:.1f} GB at {fast:.1f} to {slow:.1f} GB a minute = {_minutes(size / fast * 60)} to "
    pull += f"{_minutes(size / slow * 60)} min"
    return f"{pull}, and {found.start_s:g} s until torch is imported" if found.start_s else pull


def _minutes(seconds: float) -> int:
    return math.floor(seconds / 60 + 0.5)
