"""Variable before a command is taken for the command.

## What it does
Looks for `NAME=value` after `timeout`, `nohup`, `exec`, `nice` and `xargs`.

## Why is this bad?
Only the shell understands an assignment, and only at the beginning: `timeout: failed to run command MAX_JOBS=4`.

## Example
```dockerfile
FROM python:3.11-slim
RUN timeout 1800 MAX_JOBS=4 pip install einops
```

## Output
```text
Dockerfile:2:18: error[PF-SHELL-003] timeout takes MAX_JOBS=… for the program to run
    2 | RUN timeout 1800 MAX_JOBS=4 pip install einops
  remedy: put the assignment in front: NAME=value timeout 60 command, or use env NAME=value
  docs: docs/checks/wrapped-assignment.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
RUN MAX_JOBS=4 timeout 1800 pip install einops
```

## Source
timeout(1)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.questions import severity_of

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject


META = Meta(
    id="wrapped-assignment",
    code="PF-SHELL-003",
    title="Variable before a command is taken for the command",
    severity=Severity.ERROR,
    remedy="put the assignment in front: NAME=value timeout 60 command, or use env NAME=value",
)


_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each assignment that is run as a program."""
    for before, command in pairwise(subject.commands):
        first = command.words[0].text if command.words else None
        if (
            first
            and _ASSIGNMENT.fullmatch(first)
            and before.name in {"timeout", "nohup", "exec", "nice", "setsid", "stdbuf"}
        ):
            said = f"{before.name} takes {first.partition('=')[0]}=… for the program to run"
            yield META.finding(subject, said, command.location, severity=severity_of(command))
