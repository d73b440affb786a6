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
from conductor.preflight.parse.script import read_script

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
            steps = [step for step in read_script(instruction.text).steps if step.kind == "command"]
            names = {step.words[0].raw if step.words else "=" for step in steps}
            if steps and names <= {"cd", "export", "=", "source", "."}:
                kind = "folder" if "cd" in names else "variable" if names <= {"export", "="} else "environment"
                said = f"the {kind} is set for this RUN only: the next line does not have it"
                remedy = {"folder": "use WORKDIR", "variable": "use ENV"}.get(
                    kind, "put its bin folder first in ENV PATH"
                )
                yield META.finding(subject, said, subject.here(instruction.line), remedy=remedy)
