"""apt installs without package lists.

## What it does
Follows `apt-get update` and the removal of /var/lib/apt/lists through the file.

## Why is this bad?
Base images carry no package lists. Without `apt-get update` in front, apt finds no package at all.

## Example
```dockerfile
FROM python:3.11-slim
RUN apt-get install -y ffmpeg
```

## Output
```text
Dockerfile:2:5: error[PF-APT-003] apt has no package lists here, so it cannot find ffmpeg
    2 | RUN apt-get install -y ffmpeg
      |     python:3.11-slim (Dockerfile:1)
  remedy: put apt-get update && before the installation, in the same RUN
  docs: docs/checks/apt-no-update.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
RUN apt-get update && apt-get install -y ffmpeg && rm -rf /var/lib/apt/lists/*
```

## Source
docs.docker.com/build/building/best-practices, apt-get
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.environment.apt import read_apt
from conductor.preflight.questions import severity_of

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject


META = Meta(
    id="apt-no-update",
    code="PF-APT-003",
    title="apt installs without package lists",
    severity=Severity.ERROR,
    remedy="put apt-get update && before the installation, in the same RUN",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each installation that has no lists."""
    for command in subject.commands:
        call = read_apt(command)
        before = command.before
        if call is None or call.action != "install" or not call.packages or before.opaque or before.apt_lists:
            continue
        if before.os is None or not before.os.value.startswith(("ubuntu", "debian")):
            continue
        if any(package.startswith((".", "/")) for package, _ in call.packages):
            continue
        name = call.packages[0][0]
        message = f"apt has no package lists here, so it cannot find {name}"
        yield META.finding(subject, message, command.location, before.os.origin, severity=severity_of(command))
