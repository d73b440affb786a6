"""pip is asked to replace a package that apt installed.

## What it does
Finds packages that apt brought as `python3-NAME` and that a later pip, upgraded from the index, is to replace by
another version in the same Python.

## Why is this bad?
Such a package has no list of its files: pip answers "Cannot uninstall …" and the build stops. Debian's own pip
leaves it in place; one that was upgraded does not.

## Example
```dockerfile
FROM nvidia/cuda:12.6.3-runtime-ubuntu22.04
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-pip python3-blinker
RUN pip3 install --upgrade pip
RUN pip3 install blinker==1.9.0
```

## Output
```text
Dockerfile:4:18: warning[PF-PIP-008] pip is to replace blinker, which belongs to apt
    4 | RUN pip3 install blinker==1.9.0
      |     apt installs python3-blinker (Dockerfile:2)
  remedy: use a virtual environment, leave the apt package out, or add --ignore-installed
  docs: docs/checks/distro-package-upgraded.md
```

## Use instead
```dockerfile
FROM nvidia/cuda:12.6.3-runtime-ubuntu22.04
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-pip
RUN pip3 install --upgrade pip
RUN pip3 install blinker==1.9.0
```

## Source
pip documentation, "Cannot uninstall"; Debian's patches to pip.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Confidence, Finding, Severity
from conductor.preflight.check import Meta

if TYPE_CHECKING:
    from conductor.preflight.environment.pip import PipInstall
    from conductor.preflight.subject import Subject

META = Meta(
    id="distro-package-upgraded",
    code="PF-PIP-008",
    title="pip is asked to replace a package that apt installed",
    severity=Severity.WARNING,
    confidence=Confidence.MEDIUM,
    remedy="use a virtual environment, leave the apt package out, or add --ignore-installed",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each package of apt that an upgraded pip is to replace."""
    for install in subject.pip_installs:
        if not _replaces(install):
            continue
        for requirement, where in zip(install.requirements, install.where, strict=True):
            apt = install.environment.apt_packages.get(f"python3-{requirement.name}")
            if apt and (requirement.specifier or install.has("--upgrade")):
                yield META.finding(subject, f"pip is to replace {requirement.name}, which belongs to apt", where, apt)


def _replaces(install: PipInstall) -> bool:
    """Tell whether this pip tries to uninstall what belongs to the system: the system's Python, a pip of its own."""
    interpreter = install.interpreter
    if interpreter is None or interpreter.path != "/usr/bin" or install.has("--ignore-installed"):
        return False
    return install.environment.package(interpreter, "pip") is not None
