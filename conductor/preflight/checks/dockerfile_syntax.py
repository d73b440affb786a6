"""Dockerfile cannot be read.

## What it does
Reads the file as BuildKit does and names every line that it would refuse: words that are no instruction, a heredoc
that never ends, an instruction before FROM, a file without FROM.

## Why is this bad?
The build stops before its first step. Typical causes are a Markdown fence, a conflict marker or a shell line that
lost its RUN.

## Example
```dockerfile
FROM python:3.11-slim
<<<<<<< HEAD
RUN pip install runpod
```

## Output
```text
Dockerfile:2: error[PF-FILE-001] '<<<<<<<' is not an instruction
    2 | <<<<<<< HEAD
  remedy: correct the line; docs.docker.com/reference/dockerfile lists the instructions
  docs: docs/checks/dockerfile-syntax.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
RUN pip install runpod
```

## Source
moby/buildkit, frontend/dockerfile/parser
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject


META = Meta(
    id="dockerfile-syntax",
    code="PF-FILE-001",
    title="Dockerfile cannot be read",
    severity=Severity.ERROR,
    remedy="correct the line; docs.docker.com/reference/dockerfile lists the instructions",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each line that the builder refuses."""
    for problem in subject.dockerfile.problems:
        yield META.finding(subject, problem.message, subject.here(problem.line), kind=problem.kind)
