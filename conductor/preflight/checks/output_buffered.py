"""Output of the worker is buffered.

## What it does
Looks for `-u` and PYTHONUNBUFFERED where the container starts Python.

## Why is this bad?
A pipe is no terminal, so Python keeps its output back: a worker that dies takes its last lines, the reason, with
it.

## Example
```dockerfile
FROM python:3.11-slim
COPY handler.py /handler.py
CMD ["python", "/handler.py"]
```
```python handler.py
print("ready")
```

## Output
```text
Dockerfile:3:1: advice[PF-START-007] the output of Python is buffered: a crash loses its last lines
    3 | CMD ["python", "/handler.py"]
  remedy: start with python -u, or ENV PYTHONUNBUFFERED=1
  docs: docs/checks/output-buffered.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
COPY handler.py /handler.py
CMD ["python", "-u", "/handler.py"]
```
```python handler.py
print("ready")
```

## Source
docs.python.org, command line, -u
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject


META = Meta(
    id="output-buffered",
    code="PF-START-007",
    title="Output of the worker is buffered",
    severity=Severity.ADVICE,
    remedy="start with python -u, or ENV PYTHONUNBUFFERED=1",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each Python that starts with its output held back."""
    for run in subject.timeline.python_runs:
        command = run.command
        if command.phase != "start" or "PYTHONUNBUFFERED" in command.before.variables:
            continue
        names = {name for name, _ in command.assignments}
        if "PYTHONUNBUFFERED" in names or any(_unbuffered(text) for text in command.arguments):
            continue
        yield META.finding(subject, "the output of Python is buffered: a crash loses its last lines", command.location)
        return


def _unbuffered(text: str | None) -> bool:
    return bool(text) and str(text).startswith("-") and not str(text).startswith("--") and "u" in str(text)
