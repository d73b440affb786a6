"""COPY source is ignored by .dockerignore.

## What it does
Applies .dockerignore as Docker does (`**`, `!`, the last match decides) to every source of COPY and ADD.

## Why is this bad?
The file is in the repository, the builder never sees it, and the build stops with `not found`.

## Example
```dockerfile
FROM python:3.11-slim
COPY handler.py /handler.py
```
```text .dockerignore
*
!src
```
```python handler.py
import runpod
```

## Output
```text
Dockerfile:2:6: error[PF-COPY-002] handler.py is kept from the builder by .dockerignore:1 (*)
    2 | COPY handler.py /handler.py
      |     * (.dockerignore:1)
  remedy: take the line out of .dockerignore, or add an exception with ! below it
  docs: docs/checks/copy-ignored.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
COPY handler.py /handler.py
```
```text .dockerignore
*
!src
!handler.py
```
```python handler.py
import runpod
```

## Source
docs.docker.com/build/concepts/context, dockerignore files
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.copies import source_place
from conductor.preflight.environment.context import clean
from conductor.preflight.environment.origin import Origin

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject


META = Meta(
    id="copy-ignored",
    code="PF-COPY-002",
    title="COPY source is ignored by .dockerignore",
    severity=Severity.ERROR,
    remedy="take the line out of .dockerignore, or add an exception with ! below it",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each source that .dockerignore takes away."""
    for step in subject.timeline.copies:
        for source in step.sources:
            if source is None or any(mark in source for mark in "*?[") or "://" in source or clean(source) == ".":
                continue
            entry = subject.context.find(source)
            pattern = subject.context.ignored_by(source)
            if entry is None or pattern is None:
                continue
            if entry.is_folder and subject.context.ignore.has_exceptions and any(subject.context.below(source)):
                continue
            name = subject.context.display(subject.context.ignore_file or ".dockerignore")
            origin = Origin(name, pattern.line, pattern.text)
            message = f"{source} is kept from the builder by {name}:{pattern.line} ({pattern.text})"
            yield META.finding(subject, message, source_place(subject, step, source), origin)
