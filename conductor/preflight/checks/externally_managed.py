"""pip refuses to install into the system's Python.

## What it does
Finds `pip install` for the Python of a distribution that marks it as externally managed (Ubuntu since 23.04, Debian
since 12), outside a virtual environment and without `--break-system-packages`.

## Why is this bad?
pip answers "error: externally-managed-environment" and the build stops.

## Example
```dockerfile
FROM nvidia/cuda:12.6.3-runtime-ubuntu24.04
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-pip
RUN pip3 install runpod
```

## Output
```text
Dockerfile:3:5: error[PF-PIP-005] the system's Python 3.12 is externally managed: pip refuses to install there
    3 | RUN pip3 install runpod
      |     apt installs python3-pip (Dockerfile:2)
  remedy: RUN apt-get update && apt-get install -y python3-venv && python3 -m venv /opt/venv, and below it ENV PATH=/opt/venv/bin:$PATH
  docs: docs/checks/externally-managed.md
```

## Use instead
```dockerfile
FROM nvidia/cuda:12.6.3-runtime-ubuntu24.04
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-venv
RUN python3 -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
RUN pip install runpod
```

## Source
PEP 668; pytorch/pytorch#170338.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.questions import severity_of

if TYPE_CHECKING:
    from conductor.preflight.environment.pip import PipInstall
    from conductor.preflight.subject import Subject

# The system's python3 has no ensurepip of its own: its module venv is a package (packages.debian.org, python3-venv).
VIRTUAL_ENVIRONMENT = (
    "RUN apt-get update && apt-get install -y python3-venv && python3 -m venv /opt/venv, and below it "
    "ENV PATH=/opt/venv/bin:$PATH"
)
META = Meta(
    id="externally-managed",
    code="PF-PIP-005",
    title="pip refuses to install into the system's Python",
    severity=Severity.ERROR,
    remedy=VIRTUAL_ENVIRONMENT,
)
ALLOWED = ("--break-system-packages", "--target", "--prefix", "--root", "--dry-run")


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each installation that the system's mark forbids."""
    if any(_lifts_the_mark(word.text) for command in subject.commands for word in command.words):
        return
    for install in subject.pip_installs:
        interpreter = install.interpreter
        if interpreter is None or not interpreter.externally_managed or interpreter.kind != "system":
            continue
        if not _allowed(install):
            yield META.finding(
                subject,
                f"the system's Python {interpreter.version} is externally managed: pip refuses to install there",
                install.command.location,
                interpreter.origin,
                severity=severity_of(install.command),
            )


def _lifts_the_mark(word: str | None) -> bool:
    """Tell whether a command removes the mark, or `pip config set global.break-system-packages` lifts it for all."""
    return word is not None and ("EXTERNALLY-MANAGED" in word or word.endswith(".break-system-packages"))


def _allowed(install: PipInstall) -> bool:
    value = install.environment.variables.get("PIP_BREAK_SYSTEM_PACKAGES", "0")
    return any(install.has(option) for option in ALLOWED) or value not in {"0", "false", ""}
