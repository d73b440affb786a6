"""apt runs without root.

## What it does
Follows USER and reports apt, and writes to system folders, that come after it.

## Why is this bad?
apt cannot lock its database: `Permission denied`, and the build stops.

## Example
```dockerfile
FROM python:3.11-slim
USER worker
RUN apt-get update
```

## Output
```text
Dockerfile:3:5: error[PF-USER-001] apt-get needs root and runs as worker
    3 | RUN apt-get update
      |     USER worker (Dockerfile:2)
  remedy: move it before USER, or put USER root before it
  docs: docs/checks/user-not-root.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
RUN apt-get update
USER worker
```

## Source
docs.docker.com/reference/dockerfile, USER
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.questions import acts_as_other, severity_of

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject

META = Meta(
    id="user-not-root",
    code="PF-USER-001",
    title="apt runs without root",
    severity=Severity.ERROR,
    remedy="move it before USER, or put USER root before it",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for the first apt call of each user that is not root."""
    seen: set[int] = set()
    for command in subject.commands:
        user = command.before.user
        if (
            user is None
            or user.value.partition(":")[0] in {"root", "0"}
            or command.name not in {"apt-get", "apt", "dpkg"}
        ):
            continue
        if user.origin.line in seen or acts_as_other(subject, command):
            continue
        seen.add(user.origin.line)
        message = f"{command.name} needs root and runs as {user.value}"
        yield META.finding(subject, message, command.location, user.origin, severity=severity_of(command))
