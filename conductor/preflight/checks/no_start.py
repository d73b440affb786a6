"""Image starts nothing.

## What it does
Looks for CMD or ENTRYPOINT in the last stage and in the stages it is built on.

## Why is this bad?
The base image's own command runs: a shell or a Python prompt, which ends at once without a terminal. The worker
restarts for ever.

## Example
```dockerfile
FROM python:3.11-slim
RUN pip install runpod
```

## Output
```text
Dockerfile:1: warning[PF-START-009] neither CMD nor ENTRYPOINT: the container starts what python:3.11-slim starts, a shell or a prompt, and ends
    1 | FROM python:3.11-slim
  remedy: add CMD, for example CMD ["python", "-u", "handler.py"]
  docs: docs/checks/no-start.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
RUN pip install runpod
CMD ["python", "-u", "-m", "worker"]
```

## Source
docs.docker.com/reference/dockerfile, CMD
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject


META = Meta(
    id="no-start",
    code="PF-START-009",
    title="Image starts nothing",
    severity=Severity.WARNING,
    remedy='add CMD, for example CMD ["python", "-u", "handler.py"]',
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where nothing says what the container starts."""
    start, final = subject.timeline.start, subject.timeline.final
    if start is None or start.instruction is not None or final is None or not subject.dockerfile.stages:
        return
    base = (final.base or "").removeprefix("docker.io/")
    if not base.startswith(("python:", "pytorch/pytorch:", "nvidia/cuda:", "ubuntu:", "debian:")):
        return
    where = subject.here(subject.dockerfile.stages[-1].start.line)
    message = f"neither CMD nor ENTRYPOINT: the container starts what {base} starts, a shell or a prompt, and ends"
    yield META.finding(subject, message, where)
