"""COPY holds shell syntax.

## What it does
Looks for `||`, `&&`, `;` and redirections among the words of COPY and ADD.

## Why is this bad?
COPY is no shell command: `||` and `2>/dev/null` are taken for file names, which do not exist, and the build stops.

## Example
```dockerfile
FROM python:3.11-slim
COPY config.yaml /app/ 2>/dev/null || true
```

## Output
```text
Dockerfile:2:24: error[PF-COPY-003] 2>/dev/null is shell syntax; COPY takes it for a file name
    2 | COPY config.yaml /app/ 2>/dev/null || true
  remedy: leave the shell words out; for an optional file use a wildcard (COPY file* ./)
  docs: docs/checks/copy-shell.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
RUN touch /app/config.yaml
```

## Source
docs.docker.com/reference/dockerfile, COPY
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.copies import is_shell
from conductor.preflight.parse.words import split_words

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject


META = Meta(
    id="copy-shell",
    code="PF-COPY-003",
    title="COPY holds shell syntax",
    severity=Severity.ERROR,
    remedy="leave the shell words out; for an optional file use a wildcard (COPY file* ./)",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each COPY that holds shell words."""
    for stage in subject.dockerfile.stages:
        for instruction in stage.body:
            if instruction.name not in {"COPY", "ADD"} or instruction.json is not None:
                continue
            for word in split_words(instruction.text):
                if is_shell(word.raw):
                    line, column = instruction.arguments.place(word.start)
                    message = f"{word.raw} is shell syntax; {instruction.name} takes it for a file name"
                    yield META.finding(subject, message, subject.here(line, column))
                    break
