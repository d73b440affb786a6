r"""Code is taken from upstream without a fixed revision.

## What it does
Finds `git clone` that no checkout of a tag or revision follows, and `pip install git+…` without `@revision`, in the
build and at the start.

## Why is this bad?
The next build, and at the start every new worker, gets whatever upstream has by then: what was tested is not what
runs, and it changes with no push of yours.

## Example
```dockerfile
FROM python:3.11-bookworm
RUN git clone https://github.com/ByteDance-Seed/SeedVR.git /app/SeedVR
RUN pip install git+https://github.com/huggingface/diffusers
```

## Output
```text
Dockerfile:2:5: advice[PF-PIN-001] git clone takes whatever upstream has that day
    2 | RUN git clone https://github.com/ByteDance-Seed/SeedVR.git /app/SeedVR
  remedy: name a revision: git checkout <40 hex>, git clone --branch v1.2.3, or …@v1.2.3 behind a git+ address
  docs: docs/checks/upstream-unpinned.md
Dockerfile:3:5: advice[PF-PIN-001] pip takes whatever diffusers has upstream that day
    3 | RUN pip install git+https://github.com/huggingface/diffusers
  remedy: name a revision: git checkout <40 hex>, git clone --branch v1.2.3, or …@v1.2.3 behind a git+ address
  docs: docs/checks/upstream-unpinned.md
```

## Use instead
```dockerfile
FROM python:3.11-bookworm
RUN git clone https://github.com/ByteDance-Seed/SeedVR.git /app/SeedVR \
    && git -C /app/SeedVR checkout 0123456789abcdef0123456789abcdef01234567
RUN pip install git+https://github.com/huggingface/diffusers@v0.35.1
```

## Source
pip documentation, "VCS support"; git-clone(1).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Command
    from conductor.preflight.subject import Subject

META = Meta(
    id="upstream-unpinned",
    code="PF-PIN-001",
    title="Code is taken from upstream without a fixed revision",
    severity=Severity.WARNING,
    remedy="name a revision: git checkout <40 hex>, git clone --branch v1.2.3, or …@v1.2.3 behind a git+ address",
)
UNPINNED = re.compile(r"git\+\w+://[^@#]+(?:@[^/#@]+/[^@#]+)?(?:#.*)?")
PINS = frozenset({"checkout", "reset", "switch"})


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each clone and each git requirement without a revision."""
    pinned = any(command.name == "git" and PINS & set(command.arguments) for command in subject.commands)
    for command in subject.commands:
        if command.name == "git" and "clone" in command.arguments[:3] and not pinned and not _names_branch(command):
            yield _finding(subject, command, "git clone takes whatever upstream has that day")
    for install in subject.pip_installs:
        for requirement in install.requirements:
            if requirement.address and UNPINNED.fullmatch(requirement.address):
                name = requirement.name or requirement.address.rpartition("/")[2]
                yield _finding(subject, install.command, f"pip takes whatever {name} has upstream that day")


def _names_branch(command: Command) -> bool:
    options = [text or "" for text in command.arguments]
    for index, option in enumerate(options):
        name, _, value = option.partition("=")
        if name in {"--branch", "-b", "--revision"}:
            branch = value or "".join(options[index + 1 : index + 2])
            return branch not in {"main", "master", "dev", "develop"}
    return False


def _finding(subject: Subject, command: Command, message: str) -> Finding:
    severity = Severity.WARNING if command.phase == "start" else Severity.ADVICE
    return META.finding(subject, message, command.location, severity=severity)
