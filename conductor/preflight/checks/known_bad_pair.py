"""Two installed packages are known to fail together.

## What it does
Compares what one Python has installed at the end with the pairs in `conductor knowledge show known-bad`. Only
versions that a pin or the base image states are judged.

## Why is this bad?
Each was found by somebody in production: a removed function, an incompatible binary, jobs that get mixed up.

## Example
```dockerfile
FROM python:3.11-slim-bookworm
RUN pip install torch==2.2.2 numpy==2.1.0
```

## Output
```text
Dockerfile:2:17: warning[PF-PIP-004] numpy>=2 with torch<2.3: torch before 2.3 was compiled against NumPy 1 and cannot exchange arrays with NumPy 2
    2 | RUN pip install torch==2.2.2 numpy==2.1.0
      |     pytorch/pytorch#107302
  remedy: use numpy<2
  docs: docs/checks/known-bad-pair.md
```

## Use instead
```dockerfile
FROM python:3.11-slim-bookworm
RUN pip install torch==2.2.2 numpy==1.26.4
```

## Source
The entry of the pair names its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement as Wanted
from packaging.utils import canonicalize_name

from conductor.domain.finding import Finding, Severity
from conductor.knowledge import entries
from conductor.preflight.check import Meta

if TYPE_CHECKING:
    from conductor.domain.finding import Location
    from conductor.preflight.environment.pip import PipInstall
    from conductor.preflight.subject import Subject

META = Meta(
    id="known-bad-pair",
    code="PF-PIP-004",
    title="Two installed packages are known to fail together",
    severity=Severity.WARNING,
    remedy="use a version outside the pair",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for the installation that completes a bad pair."""
    reported: set[str] = set()
    for install in subject.pip_installs:
        present = _present(install)
        for pair in entries("known-bad", root=subject.root):
            left, right = Wanted(str(pair["left"])), Wanted(str(pair["right"]))
            if pair["name"] in reported or not (_holds(left, present) and _holds(right, present)):
                continue
            reported.add(str(pair["name"]))
            yield META.finding(
                subject,
                f"{left} with {right}: {pair['effect']}",
                _where(install, left, right),
                str(pair["source"]),
                remedy=f"use {pair['remedy']}",
            )


def _present(install: PipInstall) -> Mapping[str, str]:
    """Return the known versions after the installation, by normalised name."""
    path = install.interpreter.path if install.interpreter else None
    there = {
        name: found.version
        for (folder, name), found in install.environment.packages.items()
        if folder == path and found.version
    }
    asked = {one.name: one.pinned for one in install.requirements if one.name and one.pinned}
    return {**there, **asked}


def _holds(wanted: Wanted, present: Mapping[str, Any]) -> bool:
    version = present.get(canonicalize_name(wanted.name))
    return version is not None and wanted.specifier.contains(version, prereleases=True)


def _where(install: PipInstall, left: Wanted, right: Wanted) -> Location:
    names = {canonicalize_name(left.name), canonicalize_name(right.name)}
    for requirement, where in zip(install.requirements, install.where, strict=True):
        if requirement.name in names:
            return where
    return install.command.location
