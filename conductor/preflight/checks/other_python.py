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

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.environment.distributions import distributions_of
from conductor.preflight.python.starts import starts
from conductor.preflight.questions import runs, severity_of

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Distribution
    from conductor.preflight.python.followed import Followed
    from conductor.preflight.python.launch import Launch
    from conductor.preflight.subject import Subject

META = Meta(
    id="other-python",
    code="PF-PIP-007",
    title="The start runs another Python than the one packages were installed for",
    severity=Severity.ERROR,
    remedy="install with the Python that runs: PYTHON -m pip install …",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each program that imports what only another Python has."""
    for launch, followed in starts(subject):
        if launch.command.phase == "start" or runs(launch.command):
            finding = _finding(subject, launch, followed)
            if finding:
                yield finding


def _finding(subject: Subject, launch: Launch, followed: Followed) -> Finding | None:
    interpreter, packages = launch.interpreter, launch.command.before.packages
    if interpreter is None or interpreter.sees_system:
        return None
    pythons = {each.path for names in launch.command.before.interpreters.values() for each in names.values()}
    own = {name for path, name in packages if path == interpreter.path}
    missing = [problem.module for problem in followed.problems if problem.kind == "module"]
    for module in dict.fromkeys([*missing, *(name for name, _, _ in followed.elsewhere)]):
        top = module.partition(".")[0]
        for name in (*distributions_of(top), top.replace("_", "-").lower()):
            found = next(
                (p for (key, n), p in packages.items() if n == name and key in pythons and name not in own), None
            )
            if found is not None and (module in missing or not launch.command.before.opaque):
                return _said(subject, launch, name, found, f"{interpreter.version} in {interpreter.path}")
    return None


def _said(subject: Subject, launch: Launch, name: str, elsewhere: Distribution, started: str) -> Finding:
    return META.finding(
        subject,
        f"{name} is installed for another Python than the one started, {started}",
        launch.command.location,
        elsewhere.origin,
        severity=severity_of(launch.command),
    )
