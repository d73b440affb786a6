"""COPY source is not in the build context.

## What it does
Looks for every source of COPY, ADD and `RUN --mount=type=bind` in the build context, with names compared as Linux does. A wildcard without a
match is left alone: BuildKit takes it for an optional file.

## Why is this bad?
BuildKit stops with `failed to calculate checksum … not found`. Paths are relative to the context, not to the
Dockerfile, and nothing above the context can be reached.

## Example
```dockerfile
FROM python:3.11-slim
COPY requirements.txt handler.py ./
```

## Output
```text
Dockerfile:2:6: error[PF-COPY-001] requirements.txt is not in the build context (.)
    2 | COPY requirements.txt handler.py ./
  remedy: correct the path, commit the file, or set the build context to the folder that holds it
  docs: docs/checks/copy-missing.md
Dockerfile:2:23: error[PF-COPY-001] handler.py is not in the build context (.)
    2 | COPY requirements.txt handler.py ./
  remedy: correct the path, commit the file, or set the build context to the folder that holds it
  docs: docs/checks/copy-missing.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
COPY handler.py ./
```
```python handler.py
import runpod
```

## Source
docs.docker.com/reference/dockerfile, COPY
"""

from __future__ import annotations

import difflib
import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.copies import comment_behind, is_shell, source_place
from conductor.preflight.environment.context import clean

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject


META = Meta(
    id="copy-missing",
    code="PF-COPY-001",
    title="COPY source is not in the build context",
    severity=Severity.ERROR,
    remedy="correct the path, commit the file, or set the build context to the folder that holds it",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each source that the builder will not find."""
    for step in subject.timeline.copies:
        if comment_behind((*map(str, step.sources), str(step.destination))) is None:
            for source in filter(None, step.sources):
                if _is_of_the_context(source) and _is_absent(subject, source):
                    message = f"{source} {_missing(subject, source)}"
                    where = source_place(subject, step, source)
                    yield META.finding(subject, message, where, remedy=_nearest(subject, source))
    for instruction, source in subject.timeline.mounted:
        if not _is_pattern(source) and subject.context.find(source) is None:
            message = f"{source} is mounted, and is not in the build context ({subject.context.shown or '.'})"
            yield META.finding(subject, message, subject.here(instruction.line), remedy=_nearest(subject, source))


def _is_of_the_context(source: str) -> bool:
    return (
        bool(source.strip()) and "://" not in source and not source.startswith(("<<", "git@")) and not is_shell(source)
    )


def _is_pattern(source: str) -> bool:
    """Tell whether it is a pattern: BuildKit takes one without a match for an optional file."""
    return any(mark in source for mark in "*?[")


def _is_absent(subject: Subject, source: str) -> bool:
    return not (_is_pattern(source) or subject.context.match(source) or _ignored(subject, source))


def _missing(subject: Subject, source: str) -> str:
    shown = subject.context.shown or "."
    above = f"is above the build context ({shown}), which the builder cannot reach"
    return above if source.startswith("../") else f"is not in the build context ({shown})"


def _ignored(subject: Subject, source: str) -> bool:
    """Tell whether it is there and only .dockerignore takes it away (another check says so)."""
    return subject.context.find(source) is not None


def _nearest(subject: Subject, source: str) -> str | None:
    """Name a file of the context that was probably meant."""
    name = posixpath.basename(clean(source))
    entries = subject.context.entries()
    same = [entry.path for entry in entries if posixpath.basename(entry.path).lower() == name.lower()]
    if not same:
        same = difflib.get_close_matches(clean(source), [entry.path for entry in entries[:2000]], n=1, cutoff=0.8)
    return f"did you mean {same[0]}? The builder looks for {clean(source)}" if same else None
