"""A label that says TOY is no label.

## What it does
Finds `LABEL TOY` in the Dockerfile.

## Why is this bad?
It is the example of docs/contributing.md, added to a copy of the project by `tests/scripts/test_contributing.py`.

## Example
```dockerfile
FROM python:3.11-slim
LABEL TOY=1
```

## Output
```text
```

## Use instead
```dockerfile
FROM python:3.11-slim
LABEL org.opencontainers.image.title=worker
```

## Source
docs/contributing.md
"""

from __future__ import annotations

from collections.abc import Iterator

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.subject import Subject

META = Meta(
    id="toy",
    code="PF-TOY-001",
    title="A label that says TOY",
    severity=Severity.WARNING,
    remedy="write what the image is",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield the labels that say TOY."""
    for instruction in subject.dockerfile.instructions:
        if instruction.name == "LABEL" and instruction.text.startswith("TOY="):
            yield META.finding(subject, "this label says TOY", subject.here(instruction.line))
