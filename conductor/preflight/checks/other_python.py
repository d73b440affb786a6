"""The start runs another Python than the one packages were installed for.

## What it does
Follows which Python each `pip` installs for and which Python the start runs, through PATH, links and virtual
environments.

## Why is this bad?
The build is green and the worker ends with "No module named …": the packages are there, in the other Python.

## Example
```dockerfile
FROM python:3.11-slim-bookworm
RUN apt-get update && apt-get install -y --no-install-recommends python3
RUN pip install runpod
COPY handler.py .
CMD ["/usr/bin/python3", "-u", "handler.py"]
```
```python handler.py
import runpod

runpod.serverless.start({"handler": print})
```

## Output
```text
Dockerfile:5:1: error[PF-PIP-007] runpod is installed for another Python than the one started, 3.11 in /usr/bin
    5 | CMD ["/usr/bin/python3", "-u", "handler.py"]
      |     pip installs runpod (Dockerfile:3)
  remedy: install with the Python that runs: PYTHON -m pip install …
  docs: docs/checks/other-python.md
```

## Use instead
```dockerfile
FROM python:3.11-slim-bookworm
RUN pip install runpod
COPY handler.py .
CMD ["python", "-u", "handler.py"]
```
```python handler.py
import runpod

runpod.serverless.start({"handler": print})
```

## Source
docs.python.org, "Installing Python modules".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.imports import imports_of
from conductor.preflight.questions import severity_of

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Distribution
    from conductor.preflight.environment.timeline import PythonRun
    from conductor.preflight.subject import Subject

META = Meta(
    id="other-python",
    code="PF-PIP-007",
    title="The start runs another Python than the one packages were installed for",
    severity=Severity.ERROR,
    remedy="install with the Python that runs: PYTHON -m pip install …",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each started program that imports what only another Python has."""
    for run in subject.timeline.python_runs:
        if run.command.phase == "start" and "PYTHONPATH" not in run.command.before.variables:
            finding = _finding(subject, run)
            if finding:
                yield finding


def _finding(subject: Subject, run: PythonRun) -> Finding | None:
    before = run.command.before
    interpreter = before.python(run.command.words[0].text or "python")
    if interpreter is None or interpreter.sees_system or run.found.source is None:
        return None
    own = {name for path, name in before.packages if path == interpreter.path}
    others = {name: found for (path, name), found in before.packages.items() if path != interpreter.path}
    for module, _ in imports_of(subject, run.found.source):
        name = re.sub(r"[-_.]+", "-", module).lower()
        if name in others and name not in own:
            return _said(subject, run, name, others[name], f"{interpreter.version} in {interpreter.path}")
    return None


def _said(subject: Subject, run: PythonRun, name: str, elsewhere: Distribution, started: str) -> Finding:
    return META.finding(
        subject,
        f"{name} is installed for another Python than the one started, {started}",
        run.command.location,
        elsewhere.origin,
        severity=severity_of(run.command),
    )
