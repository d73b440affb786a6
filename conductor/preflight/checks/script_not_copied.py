"""File that is run is not in the image.

## What it does
Follows COPY, WORKDIR, cd and what commands create, and looks for every script and Python file that a RUN or the
start runs.

## Why is this bad?
`No such file or directory`: in a RUN the build stops; at the start the worker dies before its handler, again and
again.

## Example
```dockerfile
FROM python:3.11-slim
WORKDIR /app
COPY handler.py /src/
CMD ["python", "-u", "handler.py"]
```
```python handler.py
import runpod
```

## Output
```text
Dockerfile:4:1: error[PF-START-001] /app/handler.py is run and nothing puts it into the image
    4 | CMD ["python", "-u", "handler.py"]
      |     handler.py lies at /src/handler.py (Dockerfile:3)
  remedy: COPY handler.py /app/handler.py
  docs: docs/checks/script-not-copied.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
WORKDIR /app
COPY handler.py ./
CMD ["python", "-u", "handler.py"]
```
```python handler.py
import runpod
```

## Source
docs.docker.com/reference/dockerfile, WORKDIR and CMD
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.environment.paths import dash_release
from conductor.preflight.questions import severity_of

if TYPE_CHECKING:
    from conductor.preflight.environment.timeline import PythonRun, ScriptRun
    from conductor.preflight.subject import Subject


META = Meta(
    id="script-not-copied",
    code="PF-START-001",
    title="File that is run is not in the image",
    severity=Severity.ERROR,
    remedy="COPY it, or correct the path: relative paths begin at WORKDIR",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each file that certainly is not there."""
    seen: set[tuple[str, str]] = set()
    timeline = subject.timeline
    for run in timeline.file_runs:
        command = run.command
        if run.found.state != "absent" or (run.image_path, command.phase) in seen:
            continue
        if command.path != subject.dockerfile_path and command.conditional:
            continue
        seen.add((run.image_path, command.phase))
        message = f"{run.image_path} is run and nothing puts it into the image"
        ends = _ends_dash(subject, run)
        if ends:
            message += ": in sh (dash) a missing file of `.` ends the shell, whatever || says"
        yield META.finding(
            subject,
            message,
            command.location,
            _hint(subject, run.image_path),
            severity=Severity.ERROR if ends else severity_of(command),
            remedy=f"[ ! -f {run.image_path} ] || . {run.image_path}" if ends else _remedy(subject, run.image_path),
        )


def _ends_dash(subject: Subject, run: ScriptRun | PythonRun) -> bool:
    """Tell whether this is `.` in dash, a special built-in: `|| true` comes too late, unless something is before it."""
    command, where = run.command, run.command.location
    if command.words[0].raw != "." or not command.caught or command.conditional or command.dialect != "posix":
        return False
    lines = subject.source_lines(command.path)
    line = lines[where.line - 1] if where.line and where.line <= len(lines) else "?"
    return dash_release(command.before) is not None and not line[: (where.column or 1) - 1].strip()


def _hint(subject: Subject, path: str) -> str | None:
    """Say where a file of that name does lie."""
    name = posixpath.basename(path)
    for placed in reversed(
        subject.timeline.final.files.sources() if subject.timeline.final and subject.timeline.final.files else []
    ):
        if placed.is_folder and placed.source is not None:
            inside = posixpath.join(placed.source, name)
            if subject.context.find(inside) and posixpath.join(placed.path, name) != path:
                return f"{name} lies in {placed.path} ({placed.origin.path}:{placed.origin.line})"
        elif posixpath.basename(placed.path) == name and placed.path != path:
            return f"{name} lies at {placed.path} ({placed.origin.path}:{placed.origin.line})"
    return None


def _remedy(subject: Subject, path: str) -> str | None:
    entry = next((e for e in subject.context.entries() if posixpath.basename(e.path) == posixpath.basename(path)), None)
    return f"COPY {entry.path} {path}" if entry is not None else None
