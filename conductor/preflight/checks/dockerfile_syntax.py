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

import difflib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Fix, Meta
from conductor.preflight.parse.dockerfile import INSTRUCTIONS

if TYPE_CHECKING:
    from conductor.preflight.parse.dockerfile import Problem
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
        where = subject.here(problem.line)
        near = _nearest(subject, problem) if problem.kind == "unknown-instruction" else None
        if near is None:
            yield META.finding(subject, problem.message, where, kind=problem.kind)
        else:
            fix = Fix(subject.dockerfile_path, problem.line, *near)
            yield META.finding(subject, problem.message, where, remedy=f"write {near[1]}", fix=fix, kind=problem.kind)


def _nearest(subject: Subject, problem: Problem) -> tuple[str, str] | None:
    """Return (word of the line, the instruction that was probably meant): one slip away, and standing like one."""
    word = (subject.dockerfile.lines[problem.line - 1].split(maxsplit=1) or [""])[0]
    near = difflib.get_close_matches(word.upper(), sorted(INSTRUCTIONS), n=2, cutoff=0.75)
    return (word, near[0]) if len(near) == 1 and word.isalpha() and word.isupper() else None
