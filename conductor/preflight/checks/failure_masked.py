"""Failed installation is not noticed.

## What it does
Looks for installations and downloads whose failure `|| true`, `|| echo`, `;` or a pipe hides.

## Why is this bad?
The build is green and the image lacks what it should hold; the worker says so later, on a paid GPU.

## Example
```dockerfile
FROM python:3.11-slim
RUN pip install einops || true
```

## Output
```text
Dockerfile:2:5: warning[PF-BUILD-003] if this pip fails, the build goes on without what it installs
    2 | RUN pip install einops || true
  remedy: let the step fail: take || true (or || echo) away
  docs: docs/checks/failure-masked.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
RUN pip install einops
```

## Source
bash(1), lists
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.environment.apt import read_apt
from conductor.preflight.environment.pip import pip_words
from conductor.preflight.questions import is_tested

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Command
    from conductor.preflight.subject import Subject

META = Meta(
    id="failure-masked",
    code="PF-BUILD-003",
    title="Failed installation is not noticed",
    severity=Severity.WARNING,
    remedy="let the step fail: take || true (or || echo) away",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each installation that may fail unseen."""
    for command in subject.commands:
        if (
            command.phase != "build"
            or not command.masked
            or command.conditional
            or command.path != subject.dockerfile_path
        ):
            continue
        if is_tested(command) or command.rescued or not _installs(command):
            continue
        said = f"if this {command.name} fails, the build goes on without what it installs"
        yield META.finding(subject, said, command.location)


def _installs(command: Command) -> bool:
    call = read_apt(command)
    if call is not None:
        return call.action == "install"
    return pip_words(command) is not None or (command.name == "git" and "clone" in command.arguments)
