"""uv has no environment to install into.

## What it does
Follows where `uv pip install` installs: VIRTUAL_ENV, a `.venv` in the folder or above it, `--system`, `--python`. It
reports a call that has none of them.

## Why is this bad?
Unlike pip, uv does not take the Python of the image by itself: "No virtual environment found", and the build stops.

## Example
```dockerfile
FROM python:3.12-slim
RUN pip install uv
WORKDIR /app
RUN uv pip install httpx
```

## Output
```text
Dockerfile:4:5: error[PF-PIP-021] uv finds no virtual environment in /app, and --system is not given
    4 | RUN uv pip install httpx
  remedy: add --system, set UV_SYSTEM_PYTHON=1 with ENV, or make an environment first: RUN uv venv
  docs: docs/checks/uv-no-environment.md
```

## Use instead
```dockerfile
FROM python:3.12-slim
RUN pip install uv
WORKDIR /app
RUN uv pip install --system httpx
```

## Source
docs.astral.sh/uv/pip/environments; tried with uv 0.9
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.questions import severity_of, tried

if TYPE_CHECKING:
    from conductor.preflight.environment.pip import PipInstall
    from conductor.preflight.subject import Subject

META = Meta(
    id="uv-no-environment",
    code="PF-PIP-021",
    title="uv has no environment to install into",
    severity=Severity.ERROR,
    remedy="add --system, set UV_SYSTEM_PYTHON=1 with ENV, or make an environment first: RUN uv venv",
)
_TARGETS = ("--system", "--python", "--target", "--prefix")
_VARIABLES = (
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "UV_SYSTEM_PYTHON",
    "UV_PYTHON",
    "UV_PROJECT_ENVIRONMENT",
    "UV_CONFIG_FILE",
)
_SETTINGS = ("uv.toml", "pyproject.toml")


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for the first call of each stage that finds no environment."""
    seen: set[int] = set()
    for install in tried(subject):
        if install.tool != "uv" or install.command.stage in seen or not _has_none(install):
            continue
        seen.add(install.command.stage)
        where = install.environment.workdir
        message = f"uv finds no virtual environment in {where}, and --system is not given"
        yield META.finding(subject, message, install.command.location, severity=severity_of(install.command))


def _has_none(install: PipInstall) -> bool:
    before, given = install.environment, dict(install.command.assignments)
    if before.files is None or before.workdir is None or any(install.has(option) for option in _TARGETS):
        return False
    if any(name in before.variables or name in given for name in _VARIABLES):
        return False
    folder = before.workdir
    while True:
        if before.files.find(posixpath.join(folder, ".venv")).state != "absent" or _is_set_up(install, folder):
            return False
        if folder == "/":
            return True
        folder = posixpath.dirname(folder)


def _is_set_up(install: PipInstall, folder: str) -> bool:
    """Tell whether a settings file of uv there may name the system's Python."""
    files = install.environment.files
    for name in _SETTINGS if files else ():
        found = files.find(posixpath.join(folder, name)) if files else None
        if found is None or found.state == "unknown":
            return True
        text = files.context.read_text(found.source) if files and found.source else ""
        if found.state != "absent" and (text is None or "system" in text):
            return True
    return False
