"""Two pins of one installation contradict each other.

## What it does
Compares what one `pip install`, its requirements files and its constraints files ask of the same package: two
different exact versions, a pin outside a range, torch and a torchvision, torchaudio or xformers that needs another
torch.

## Why is this bad?
pip finds no solution, prints "ResolutionImpossible" and the build stops.

## Example
```dockerfile
FROM python:3.11-slim-bookworm
RUN pip install torch==2.7.1 torchvision==0.20.1
```

## Output
```text
Dockerfile:2:30: error[PF-PIP-001] torchvision==0.20.1 needs torch 2.5.1, and torch==2.7.1 is asked for too
    2 | RUN pip install torch==2.7.1 torchvision==0.20.1
      |     torch==2.7.1 (Dockerfile:2)
  remedy: use torchvision==0.22.1
  docs: docs/checks/contradicting-pins.md
```

## Use instead
```dockerfile
FROM python:3.11-slim-bookworm
RUN pip install torch==2.7.1 torchvision==0.22.1
```

## Source
pip documentation, "Dependency resolution"; requirements in the packages' metadata.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from conductor.domain.finding import Finding, Location, Severity
from conductor.knowledge import companion
from conductor.preflight.check import Meta
from conductor.preflight.wheels.pins import wanted_torches

if TYPE_CHECKING:
    from conductor.preflight.environment.pip import PipInstall
    from conductor.preflight.parse.requirements import Requirement
    from conductor.preflight.subject import Subject

META = Meta(
    id="contradicting-pins",
    code="PF-PIP-001",
    title="Two pins of one installation contradict each other",
    severity=Severity.ERROR,
    remedy="ask for versions that go together",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each pair of requirements of one installation that no version satisfies."""
    for install in subject.pip_installs:
        yield from _same_package(subject, install)
        yield from _around_torch(subject, install)


def _same_package(subject: Subject, install: PipInstall) -> Iterator[Finding]:
    asked: dict[str, list[tuple[Requirement, Location]]] = {}
    for requirement, where in _all(install):
        if requirement.name and requirement.specifier and not requirement.marker:
            asked.setdefault(requirement.name, []).append((requirement, where))
    for name, found in asked.items():
        pinned = next((pair for pair in found if pair[0].pinned), None)
        other = next((pair for pair in found if pinned and _excludes(pair[0], pinned[0])), None)
        if pinned and other:
            message = f"{name} is asked for as {pinned[0].specifier} and as {other[0].specifier}"
            first = f"{pinned[0].raw} ({pinned[1].path}:{pinned[1].line})"
            yield META.finding(subject, message, other[1], first)


def _all(install: PipInstall) -> Iterator[tuple[Requirement, Location]]:
    yield from zip(install.requirements, install.where, strict=True)
    for file in install.files:
        if file.constraint and file.content and file.path:
            for requirement in file.content.requirements:
                yield requirement, Location(file.path, requirement.line, requirement.column)


def _excludes(one: Requirement, pin: Requirement) -> bool:
    try:
        version = Version(str(pin.pinned))
        return not SpecifierSet(one.specifier).contains(version, prereleases=True) and not _less_exact(one, version)
    except (InvalidSpecifier, InvalidVersion):
        return False


def _less_exact(one: Requirement, version: Version) -> bool:
    """Tell whether the other pin only leaves out or adds the local part: those two can be met together."""
    if one.pinned is None:
        return False
    other = Version(one.pinned)
    return other.public == version.public and None in {other.local, version.local}


def _around_torch(subject: Subject, install: PipInstall) -> Iterator[Finding]:
    wanted = wanted_torches(install)
    torch = next((one for one in wanted if one.name == "torch"), wanted[0] if wanted else None)
    for one in wanted:
        if torch is None or Version(one.torch) == Version(torch.torch) or one.name == torch.name:
            continue
        fitting = companion(one.name, torch.torch)
        yield META.finding(
            subject,
            f"{one.by} needs torch {one.torch}, and {torch.by} is asked for too",
            one.where,
            f"{torch.by} ({torch.where.path}:{torch.where.line})",
            remedy=f"use {one.name}=={fitting.version}" if fitting else None,
        )
