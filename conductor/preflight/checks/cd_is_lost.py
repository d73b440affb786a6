"""RUN cd has no effect.

## What it does
Looks for a RUN that only changes the folder or only sets a variable.

## Why is this bad?
Each RUN has its own shell: folder and variables are gone on the next line.

## Example
```dockerfile
FROM python:3.11-slim
RUN mkdir /app
RUN cd /app
RUN pip install einops
```

## Output
```text
Dockerfile:3: warning[PF-DIR-002] the folder is set for this RUN only: the next line does not have it
    3 | RUN cd /app
  remedy: use WORKDIR
  docs: docs/checks/cd-is-lost.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
WORKDIR /app
RUN pip install einops
```

## Source
docs.docker.com/reference/dockerfile, WORKDIR
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.environment.texts import parse_text
from conductor.shell import ShellSyntaxError, simple_commands

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject


META = Meta(
    id="cd-is-lost",
    code="PF-DIR-002",
    title="RUN cd has no effect",
    severity=Severity.WARNING,
    remedy="use WORKDIR",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each RUN whose effect ends with it."""
    for stage in subject.dockerfile.stages:
        for instruction in stage.body:
            if instruction.name != "RUN" or instruction.json is not None or instruction.heredocs:
                continue
            names = _programs(instruction.text)
            if names and names <= {"cd", "export", "=", "source", "."}:
                kind = "folder" if "cd" in names else "variable" if names <= {"export", "="} else "environment"
                said = f"the {kind} is set for this RUN only: the next line does not have it"
                remedy = {"folder": "use WORKDIR", "variable": "use ENV"}.get(
                    kind, "put its bin folder first in ENV PATH"
                )
                yield META.finding(subject, said, subject.here(instruction.line), remedy=remedy)


def _programs(text: str) -> set[str]:
    """Return the programs that a text names, `=` for an assignment, '' for one that only running would tell."""
    try:
        found = simple_commands(parse_text(text))
    except ShellSyntaxError:
        return set()
    return {(each.words[0].literal() or "") if each.words else "=" for each in found}
