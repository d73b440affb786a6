"""A requirement has no hash where pip asks for one of each.

## What it does
Looks for installations in pip's hash mode, which one `--hash` or `--require-hashes` turns on, and for requirements in
them without a hash or without an exact version.

## Why is this bad?
In hash mode all requirements need a hash: one line without stops the installation of all.

## Example
```dockerfile
FROM python:3.11-slim
COPY requirements.txt .
RUN pip install -r requirements.txt
```
```text requirements.txt
click==8.1.7 --hash=sha256:ae74fb96c20a0277a1d615f1e4d73c8414f5a98db8b799a7931d1582f3390c28
itsdangerous==2.2.0
```

## Output
```text
requirements.txt:2:1: error[PF-PIP-020] itsdangerous==2.2.0 has no hash, and pip asks for it of each: click==8.1.7 has one
    2 | itsdangerous==2.2.0
  remedy: give every requirement its hash (pip-compile --generate-hashes), or none
  docs: docs/checks/hashes-missing.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
COPY requirements.txt .
RUN pip install -r requirements.txt
```
```text requirements.txt
click==8.1.7 --hash=sha256:ae74fb96c20a0277a1d615f1e4d73c8414f5a98db8b799a7931d1582f3390c28
```

## Source
pip.pypa.io/en/stable/topics/secure-installs; tried with pip 24.0
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.questions import severity_of, tried

if TYPE_CHECKING:
    from conductor.preflight.environment.pip import PipInstall
    from conductor.preflight.parse.requirements import Requirement
    from conductor.preflight.subject import Subject

META = Meta(
    id="hashes-missing",
    code="PF-PIP-020",
    title="A requirement has no hash where pip asks for one of each",
    severity=Severity.ERROR,
    remedy="give every requirement its hash (pip-compile --generate-hashes), or none",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for the first requirement of each installation that hash mode refuses."""
    for install in tried(subject):
        hashed = next((one for one in install.requirements if _has_hash(one)), None)
        if install.tool != "pip" or not (hashed or install.has("--require-hashes")):
            continue
        why = f"{hashed.raw.split()[0]} has one" if hashed else "--require-hashes asks for it"
        constrained = _constrained(install)
        for requirement, where in zip(install.requirements, install.where, strict=True):
            if requirement.name in constrained:
                continue
            problem = _problem(requirement)
            if problem:
                message = f"{requirement.raw[:80]} {problem}, and pip asks for it of each: {why}"
                yield META.finding(subject, message, where, severity=severity_of(install.command))
                break


def _problem(requirement: Requirement) -> str | None:
    if not _has_hash(requirement):
        return "has no hash"
    if requirement.address is None and requirement.pinned is None:
        return "has no exact version"
    return None


def _has_hash(requirement: Requirement) -> bool:
    return bool(requirement.hashes) or "#sha256=" in (requirement.address or "")


def _constrained(install: PipInstall) -> set[str | None]:
    """Return the names whose hash a constraints file gives; one that cannot be read may give any."""
    names: set[str | None] = set()
    for file in install.files:
        if file.constraint and file.content is None:
            names |= {one.name for one in install.requirements}
        elif file.constraint and file.content is not None:
            names |= {one.name for one in file.content.requirements if one.hashes}
    return names
