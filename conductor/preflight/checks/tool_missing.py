"""Program is not in the image.

## What it does
Follows which programs the base image holds and which apt, conda, pip, COPY and links bring, and reports a program
that a RUN or the entry script starts and that is certainly not there. Where the text itself says what to do then
(`|| true`), nothing is said.

## Why is this bad?
The step ends with `not found` (exit code 127). In an entry script it shows only on the worker, after the image was
pulled.

## Example
```dockerfile
FROM nvidia/cuda:12.6.3-cudnn-runtime-ubuntu22.04
RUN git clone https://github.com/ByteDance-Seed/SeedVR.git
```

## Output
```text
Dockerfile:2:5: error[PF-TOOL-001] git is not in the image: nvidia/cuda:12.6.3-cudnn-runtime-ubuntu22.04 lacks it and nothing before installs it
    2 | RUN git clone https://github.com/ByteDance-Seed/SeedVR.git
  remedy: install it first: RUN apt-get update && apt-get install -y git
  docs: docs/checks/tool-missing.md
```

## Use instead
```dockerfile
FROM nvidia/cuda:12.6.3-cudnn-runtime-ubuntu22.04
RUN apt-get update && apt-get install -y git
RUN git clone https://github.com/ByteDance-Seed/SeedVR.git
```

## Source
the Dockerfiles of the base images
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.knowledge import entries
from conductor.preflight.check import Meta
from conductor.preflight.questions import is_tested, severity_of

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject


META = Meta(
    id="tool-missing",
    code="PF-TOOL-001",
    title="Program is not in the image",
    severity=Severity.ERROR,
    remedy="install the program before it is used",
)


_MANAGERS = frozenset({"apt-get", "apt", "apk", "yum", "dnf"})
_PYTHONS = re.compile(r"python[0-9.]*|pip[0-9.]*")


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each program that is not there, once a phase."""
    seen: set[tuple[str, str]] = set()
    for command in subject.commands:
        first = command.words[0].text if command.words else None
        if not first or "/" in first or _PYTHONS.fullmatch(first) or is_tested(command) or command.caught:
            continue
        if not command.before.lacks(first) or (first, command.phase) in seen:
            continue
        seen.add((first, command.phase))
        base = command.before.base or "the base image"
        message = f"{first} is not in the image: {base} lacks it and nothing before installs it"
        remedy = _way(first) if first in _MANAGERS else f"install it first: {_way(first)}"
        severity = severity_of(command)
        if command.conditional and _asked_before(subject, first):
            continue
        yield META.finding(subject, message, command.location, remedy=remedy, severity=severity)
    yield from _git_requirements(subject)


def _way(tool: str) -> str:
    package = next((str(e["name"]) for e in entries("apt-contents") if tool in e.get("gives", ())), None)
    if tool == "nvcc":
        return "use a -devel base (nvidia/cuda:…-devel-…), or a prebuilt wheel"
    if tool in {"apt-get", "apt"}:
        return "use the base's own package manager (dnf, apk), or its -ubuntu22.04 variant"
    if tool in {"apk", "yum", "dnf"}:
        return "this base installs with apt-get"
    if tool == "conda":
        return "use pip, or a base with conda (continuumio/miniconda3)"
    return f"RUN apt-get update && apt-get install -y {package or tool}"


def _asked_before(subject: Subject, tool: str) -> bool:
    """Tell whether the file asks for the program before it uses it (`command -v git`, `[ -x /usr/bin/node ]`)."""
    for command in subject.commands:
        if command.name in {"command", "which", "type", "hash"} and tool in command.arguments:
            return True
        if command.name in {"test", "["} and any((text or "").endswith(f"/{tool}") for text in command.arguments):
            return True
    return False


def _git_requirements(subject: Subject) -> Iterator[Finding]:
    """Pip starts git for `git+https://…`."""
    for install in subject.pip_installs:
        for requirement, where in zip(install.requirements, install.where, strict=True):
            if (requirement.address or "").startswith("git+") and install.environment.lacks("git"):
                message = f"pip needs git for {requirement.raw[:80]}, and git is not in the image"
                remedy = f"install it first: {_way('git')}"
                yield META.finding(subject, message, where, remedy=remedy, severity=severity_of(install.command))
