"""File holds two Dockerfiles.

## What it does
Looks for an earlier stage without a name that starts something (CMD or ENTRYPOINT) and that nothing later uses. One
with a name may be what `docker build --target` builds.

## Why is this bad?
Only the last stage becomes the image. A second Dockerfile appended to the first silently replaces it, with its CMD
and its packages.

## Example
```dockerfile
FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime
RUN pip install runpod
CMD ["python", "-u", "handler.py"]
FROM python:3.11-slim
CMD ["python", "-u", "app.py"]
```

## Output
```text
Dockerfile:1: warning[PF-FILE-003] everything from here to line 3 is thrown away: the image begins at line 4
    1 | FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime
  remedy: keep one; delete the other half or give its stage a name that is used
  docs: docs/checks/two-dockerfiles.md
```

## Use instead
```dockerfile
FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime
RUN pip install runpod
CMD ["python", "-u", "handler.py"]
```

## Source
docs.docker.com/build/building/multi-stage
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject


META = Meta(
    id="two-dockerfiles",
    code="PF-FILE-003",
    title="File holds two Dockerfiles",
    severity=Severity.WARNING,
    remedy="keep one; delete the other half or give its stage a name that is used",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each complete image that is thrown away."""
    for stage in subject.dockerfile.stages[:-1]:
        starts = [i for i in stage.body if i.name in {"CMD", "ENTRYPOINT"}]
        if starts and not stage.name and stage.index not in subject.timeline.needed:
            last = subject.dockerfile.stages[-1].start.line
            message = f"everything from here to line {last - 1} is thrown away: the image begins at line {last}"
            yield META.finding(subject, message, subject.here(stage.start.line))
