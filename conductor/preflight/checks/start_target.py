"""Started module, file or app is not there.

## What it does
Follows `python -m`, uvicorn, gunicorn, hypercorn, celery, flask, fastapi, streamlit and the commands of installed projects
to the module, file and name that they load, from the folder that they start in, and says which of them is not there.

## Why is this bad?
The worker ends with `No module named …`, `Attribute "app" not found` or `Worker failed to boot`, again and again.

## Example
```dockerfile
FROM python:3.11-slim
RUN pip install uvicorn starlette
WORKDIR /srv
COPY app ./
CMD ["uvicorn", "app.main:app"]
```
```python app/main.py
from starlette.applications import Starlette

app = Starlette()
```

## Output
```text
Dockerfile:5:1: error[PF-START-013] uvicorn loads app: nothing installs it
    5 | CMD ["uvicorn", "app.main:app"]
      |     app/main.py lies at /srv/main.py (Dockerfile:4)
  remedy: correct the name, or COPY what it names: names begin at the folder that it starts in
  docs: docs/checks/start-target.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
RUN pip install uvicorn starlette
WORKDIR /srv
COPY app ./app
CMD ["uvicorn", "app.main:app"]
```
```python app/main.py
from starlette.applications import Starlette

app = Starlette()
```

## Source
docs.python.org, "Command line and environment", -m; the command lines of the servers named above
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Confidence, Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.environment.distributions import distributions_of
from conductor.preflight.python.starts import starts
from conductor.preflight.questions import runs, severity_of_start

if TYPE_CHECKING:
    from conductor.preflight.python.followed import Problem
    from conductor.preflight.python.launch import Launch
    from conductor.preflight.subject import Subject

META = Meta(
    id="start-target",
    code="PF-START-013",
    title="Started module, file or app is not there",
    severity=Severity.ERROR,
    remedy="correct the name, or COPY what it names: names begin at the folder that it starts in",
)
_KINDS = frozenset({"module", "attribute", "main", "file"})


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each start that names what is not there."""
    for launch, followed in starts(subject):
        for problem in followed.problems:
            command = launch.command
            if command.masked or command.rescued or command.tested:
                continue
            told_elsewhere = problem.path is not None or launch.code is not None
            if problem.kind in _KINDS and not told_elsewhere and not (problem.kind == "file" and launch.by is None):
                yield _finding(subject, launch, problem)


def _finding(subject: Subject, launch: Launch, problem: Problem) -> Finding:
    severity = severity_of_start(launch)
    remedy: str | None = None
    by = f"{launch.by} loads" if launch.by else "python -m runs"
    if problem.module in (*launch.files, *launch.modules):
        by, severity = f"{launch.by} needs", Severity.ERROR if runs(launch.command) else Severity.ADVICE
        names = distributions_of(problem.module) if problem.module in launch.modules else ()
        remedy = f"pip install {names[0]}" if len(names) == 1 else None
    said = f"{by} {problem.module}: {problem.why}"
    if not problem.sure:
        severity = Severity.ADVICE
        said += " (unless another package brings it)"
    return META.finding(
        subject,
        said,
        launch.command.location,
        _hint(subject, launch, problem),
        severity=severity,
        confidence=Confidence.HIGH if problem.sure else Confidence.LOW,
        remedy=remedy,
    )


def _hint(subject: Subject, launch: Launch, problem: Problem) -> str | None:
    """Say where a file of that name lies in the image."""
    if problem.kind not in {"module", "file"}:
        return None
    wanted = launch.file or f"{(launch.module or '').replace('.', '/')}.py"
    name = posixpath.basename(wanted)
    files = launch.command.before.files
    for entry in subject.context.entries():
        if entry.is_folder or posixpath.basename(entry.path) != name or files is None:
            continue
        for placed in reversed(files.sources()):
            source = placed.source or ""
            if entry.path == source:
                return f"{entry.path} lies at {placed.path} ({placed.origin.path}:{placed.origin.line})"
            if placed.is_folder and (source in {".", ""} or entry.path.startswith(f"{source}/")):
                inside = entry.path if source in {".", ""} else entry.path[len(source) + 1 :]
                place = posixpath.join(placed.path, inside)
                return f"{entry.path} lies at {place} ({placed.origin.path}:{placed.origin.line})"
    return None
