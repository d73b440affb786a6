"""Mounted volume hides files of the image.

## What it does
Compares what is put into the image below /workspace, /runpod-volume and the volumes of the configured targets with
what the start needs.

## Why is this bad?
A pod mounts its volume over /workspace and a serverless worker over /runpod-volume: what the image has there cannot
be seen any more. With a configured volume this is an error.

## Example
```dockerfile
FROM python:3.11-slim
COPY handler.py /runpod-volume/handler.py
CMD ["python", "-u", "/runpod-volume/handler.py"]
```
```python handler.py
import runpod
```

## Output
```text
Dockerfile:3:1: warning[PF-VOL-001] /runpod-volume/handler.py is hidden as soon as a volume is mounted over /runpod-volume
    3 | CMD ["python", "-u", "/runpod-volume/handler.py"]
      |     COPY handler.py /runpod-volume/handler.py (Dockerfile:2)
      |     a serverless worker mounts its network volume there
  remedy: put what the image brings somewhere else, for example /app
  docs: docs/checks/volume-hides.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
COPY handler.py /app/handler.py
CMD ["python", "-u", "/app/handler.py"]
```
```python handler.py
import runpod
```

## Source
docs.runpod.io, storage types and network volumes
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.questions import below, severity_of, volumes_of

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject


META = Meta(
    id="volume-hides",
    code="PF-VOL-001",
    title="Mounted volume hides files of the image",
    severity=Severity.WARNING,
    remedy="put what the image brings somewhere else, for example /app",
)


_USUAL = {
    "/runpod-volume": "a serverless worker mounts its network volume there",
    "/workspace": "a pod mounts its volume there",
}


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for the first file of each mount that the start needs and cannot see."""
    configured = volumes_of(subject)
    mounts = configured or _USUAL
    seen: set[str] = set()
    yield from _pythons(subject, mounts, configured)
    for run in subject.timeline.file_runs:
        if run.command.phase != "start" or run.found.state != "context":
            continue
        for folder, why in mounts.items():
            if not below(run.image_path, folder) or folder in seen:
                continue
            seen.add(folder)
            said = f"{run.image_path} is hidden as soon as a volume is mounted over {folder}"
            severity = severity_of(run.command) if configured else Severity.WARNING
            yield META.finding(subject, said, run.command.location, run.found.origin, why, severity=severity)


def _pythons(subject: Subject, mounts: dict[str, str], configured: dict[str, str]) -> Iterator[Finding]:
    """Yield a finding where the start uses a Python that the build put below a mount."""
    for command in subject.commands:
        if command.phase != "start" or not command.name.startswith("python"):
            continue
        found = command.before.python(command.words[0].text or "")
        built = found is not None and found.origin.path == subject.dockerfile_path
        for folder, why in mounts.items() if found is not None and built else ():
            if found is not None and below(found.path, folder):
                said = f"{found.path} is hidden as soon as a volume is mounted over {folder}"
                severity = severity_of(command) if configured else Severity.WARNING
                yield META.finding(subject, said, command.location, found.origin, why, severity=severity)
                return
