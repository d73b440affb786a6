"""Version is not published for this Python or this system.

## What it does
Compares pins with what the index says of each version: the Pythons it is for, the wheels there are, and packages that
are for Windows only. Names that the index never had are among them: modules of the standard library, Python itself. In a history (`conductor replay`), what came out after the commit was not there either. What is
published as source for this Python is told by compiler-missing.

## Why is this bad?
pip answers "No matching distribution found" and the build stops.

## Example
```dockerfile
FROM python:3.10-slim
RUN pip install numpy==2.3.2 pywin32==306
```

## Output
```text
Dockerfile:2:17: error[PF-PIP-024] numpy==2.3.2 needs Python >=3.11, and this pip belongs to Python 3.10
    2 | RUN pip install numpy==2.3.2 pywin32==306
      |     python:3.10-slim (Dockerfile:1)
  remedy: ask for a version that is published for this Python, or start from another Python
  docs: docs/checks/pin-impossible.md
Dockerfile:2:30: error[PF-PIP-024] pywin32 is published for Windows only
    2 | RUN pip install numpy==2.3.2 pywin32==306
      |     python:3.10-slim (Dockerfile:1)
  remedy: take it out, or say when it is meant: pywin32==306; sys_platform == "win32"
  docs: docs/checks/pin-impossible.md
```

## Use instead
```dockerfile
FROM python:3.12-slim
RUN pip install numpy==2.3.2 'pywin32==306; sys_platform == "win32"'
```

## Source
Requires-Python and the file names on the packages' pages of the index (knowledge/python-versions.yaml); the days of
their upload (knowledge/release-dates.yaml)
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.knowledge import entries, is_published, newest_on, publication, published_on
from conductor.preflight.check import Meta
from conductor.preflight.environment.distributions import distributions_of
from conductor.preflight.questions import severity_of, tried
from conductor.preflight.wheels.pins import FOLDER

if TYPE_CHECKING:
    from conductor.preflight.environment.pip import PipInstall
    from conductor.preflight.parse.requirements import Requirement
    from conductor.preflight.subject import Subject

META = Meta(
    id="pin-impossible",
    code="PF-PIP-024",
    title="Version is not published for this Python or this system",
    severity=Severity.ERROR,
    remedy="ask for a version that is published for this Python, or start from another Python",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each requirement that the index cannot satisfy here."""
    for install in tried(subject):
        if any(install.has(one) for one in ("--find-links", "--no-index", "--platform")):
            continue
        for requirement, where in zip(install.requirements, install.where, strict=True):
            if requirement.address is not None or requirement.marker:
                continue
            problem = (
                _unpublished(install, requirement)
                or _too_early(subject, install, requirement)
                or _problem(install, requirement)
            )
            if problem:
                message, remedy = problem
                origin = install.interpreter.origin if install.interpreter else None
                severity = severity_of(install.command)
                yield META.finding(subject, message, where, origin, remedy=remedy, severity=severity)


def _unpublished(install: PipInstall, requirement: Requirement) -> tuple[str, str | None] | None:
    """Say that no index has the name; one of somebody's own may."""
    name = requirement.name or ""
    own = (install.index_url, *install.extra_index_urls)
    if name not in _names() or "PIP_CONFIG_FILE" in install.environment.variables or not all(map(_is_public, own)):
        return None
    brought = distributions_of(name)
    return f"the index has no {name}", _names()[name] or (f"write {brought[0]}" if len(brought) == 1 else None)


@functools.cache
def _names() -> dict[str, str | None]:
    return {name: entry.get("remedy") for entry in entries("unpublished") for name in str(entry["names"]).split()}


def _too_early(subject: Subject, install: PipInstall, requirement: Requirement) -> tuple[str, str | None] | None:
    """Say that the pinned version came out after the judgement's day; an index of somebody's own may have had it."""
    name, pinned = requirement.name or "", requirement.pinned
    own = (install.index_url, *install.extra_index_urls)
    if pinned is None or is_published(name, pinned, subject.day) or not all(map(_is_public, own)):
        return None
    newest = newest_on(name, subject.day)
    remedy = f"ask for a version that was out then: {name}=={newest}" if newest else None
    return f"{requirement.raw} is not there: {name} {pinned} came out on {published_on(name, pinned)}", remedy


def _is_public(index: str | None) -> bool:
    return index is None or FOLDER.fullmatch(index) is not None


def _problem(install: PipInstall, requirement: Requirement) -> tuple[str, str | None] | None:
    found = publication(requirement.name or "", requirement.pinned) if install.index_url is None else None
    if found is None:
        return None
    if found.only is not None:
        remedy = f'take it out, or say when it is meant: {requirement.raw}; sys_platform == "win32"'
        return f"{requirement.name} is published for {found.only} only", remedy
    version = install.interpreter.version if install.interpreter else None
    python = ".".join(version.split(".")[:2]) if version else None
    if python is None or requirement.pinned is None:
        return None
    if found.refuses(python):
        return f"{requirement.raw} needs Python {found.needs}, and this pip belongs to Python {python}", None
    if install.has("--only-binary") and not found.has_wheel(python):
        return f"{requirement.raw} has no wheel for Python {python}, and --only-binary takes nothing else", None
    return None
