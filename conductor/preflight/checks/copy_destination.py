"""COPY of several files needs a folder.

## What it does
Looks at the destination of COPY with several sources.

## Why is this bad?
BuildKit refuses: `When using COPY with more than one source file, the destination must be a directory and end with
a /`.

## Example
```dockerfile
FROM python:3.11-slim
COPY a.py b.py /app
```
```python a.py
A = 1
```
```python b.py
B = 2
```

## Output
```text
Dockerfile:2: error[PF-COPY-004] 2 sources go to /app, which does not end with /
    2 | COPY a.py b.py /app
  remedy: end the destination with /
  docs: docs/checks/copy-destination.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
COPY a.py b.py /app/
```
```python a.py
A = 1
```
```python b.py
B = 2
```

## Source
docs.docker.com/reference/dockerfile, COPY
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Fix, Meta
from conductor.preflight.copies import comment_behind, is_shell
from conductor.preflight.environment.copying import words_of

if TYPE_CHECKING:
    from conductor.preflight.parse.dockerfile import Instruction
    from conductor.preflight.subject import Subject


META = Meta(
    id="copy-destination",
    code="PF-COPY-004",
    title="COPY of several files needs a folder",
    severity=Severity.ERROR,
    remedy="end the destination with /",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each COPY whose destination cannot hold its sources."""
    for stage in subject.dockerfile.stages:
        for instruction in stage.body:
            if instruction.name not in {"COPY", "ADD"}:
                continue
            words = words_of(instruction, subject.dockerfile.escape)
            where = subject.here(instruction.line)
            if len(words) == 1 and not instruction.heredocs:
                yield META.finding(
                    subject, f"{instruction.name} has a source and no destination", where, remedy="add a destination"
                )
            if comment_behind(words) is not None:
                yield _comment(subject, instruction)
                continue
            if len(words) < 3 or any(is_shell(word) for word in words):
                continue
            last = words[-1]
            if last.endswith(("/", "/.", "/..")) or last in {".", ".."} or "$" in last:
                continue
            message = f"{len(words) - 1} sources go to {last}, which does not end with /"
            fix = (
                Fix(subject.dockerfile_path, instruction.end_line, f" {last}", f" {last}/")
                if last[0] not in "\"'"
                else None
            )
            yield META.finding(subject, message, where, fix=fix)


def _comment(subject: Subject, instruction: Instruction) -> Finding:
    """Return the finding of a comment behind a COPY; its repair gives it a line of its own, above."""
    line = subject.dockerfile.lines[instruction.line - 1]
    code, mark, words = line.partition(" #")
    indent = code[: len(code) - len(code.lstrip())]
    whole = instruction.line == instruction.end_line and bool(mark) and line.count(" #") == 1
    fix = Fix(subject.dockerfile_path, instruction.line, line, f"{indent}#{words}\n{code.rstrip()}") if whole else None
    said = f"{instruction.name} has no comment behind it: its words are taken for sources and a destination"
    remedy = "put the comment on a line of its own"
    return META.finding(subject, said, subject.here(instruction.line), remedy=remedy, fix=fix)
