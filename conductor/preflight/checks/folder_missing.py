"""cd into a folder that does not exist.

## What it does
Follows which folders exist, and looks for `cd` into one that certainly does not.

## Why is this bad?
`cd: can't cd to …`: the build stops, or a start script goes on in the wrong folder and finds none of its files.

## Example
```dockerfile
FROM python:3.11-slim
WORKDIR /app
RUN cd /srv-worker && pip install einops
```

## Output
```text
Dockerfile:3:5: error[PF-DIR-001] /srv-worker does not exist here
    3 | RUN cd /srv-worker && pip install einops
  remedy: create the folder first, or correct the path
  docs: docs/checks/folder-missing.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
WORKDIR /app
RUN mkdir -p /srv-worker && cd /srv-worker && pip install einops
```

## Source
POSIX, cd
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.environment.paths import absolute, operands
from conductor.preflight.questions import below, is_tested, severity_of, volumes_of

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject


META = Meta(
    id="folder-missing",
    code="PF-DIR-001",
    title="cd into a folder that does not exist",
    severity=Severity.ERROR,
    remedy="create the folder first, or correct the path",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each change into nowhere."""
    for command in subject.commands:
        if command.name not in {"cd", "pushd"} or is_tested(command):
            continue
        files = command.before.files
        paths = operands(command)
        target = absolute(command.before, paths[0]) if paths else None
        if files is None or target is None or any(mark in target for mark in "*?$"):
            continue
        if files.find(target).state != "absent":
            continue
        said = f"{target} does not exist here"
        severity = severity_of(command)
        if command.phase == "start" and any(
            below(target, folder) for folder in (*volumes_of(subject), "/workspace", "/runpod-volume")
        ):
            severity = Severity.WARNING
            said += " (unless the volume has it)"
        yield META.finding(subject, said, command.location, severity=severity)
