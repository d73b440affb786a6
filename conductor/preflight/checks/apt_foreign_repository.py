"""Repository is for another release.

## What it does
Compares the release that an added repository names (a PPA, NVIDIA's keyring, a sources line) with the release of
the base image.

## Why is this bad?
A PPA serves Ubuntu only; on Debian add-apt-repository fails. NVIDIA packages of another release pull libraries that
this one does not have, and apt gives up with unmet dependencies.

## Example
```dockerfile
FROM python:3.11-slim-bookworm
RUN apt-get update && apt-get install -y software-properties-common
RUN add-apt-repository -y ppa:deadsnakes/ppa
```

## Output
```text
Dockerfile:3:27: error[PF-APT-002] ppa:deadsnakes/ppa is a PPA, which serves Ubuntu; the image is debian12
    3 | RUN add-apt-repository -y ppa:deadsnakes/ppa
      |     python:3.11-slim-bookworm (Dockerfile:1)
  remedy: use the repository of the base image's release, or another base
  docs: docs/checks/apt-foreign-repository.md
```

## Use instead
```dockerfile
FROM python:3.11-slim-bookworm
RUN python --version
```

## Source
help.launchpad.net/Packaging/PPA; developer.download.nvidia.com/compute/cuda/repos
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.knowledge import system_facts
from conductor.preflight.check import Meta
from conductor.preflight.questions import release_of, severity_of

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject


META = Meta(
    id="apt-foreign-repository",
    code="PF-APT-002",
    title="Repository is for another release",
    severity=Severity.ERROR,
    remedy="use the repository of the base image's release, or another base",
)


_NVIDIA = re.compile(r"/cuda/repos/(ubuntu\d{4}|debian\d+|rhel\d+|wsl-ubuntu)/")
_CODENAMES = ("bionic", "focal", "jammy", "noble", "buster", "bullseye", "bookworm", "trixie")


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each repository of another release."""
    for command in subject.commands:
        release = release_of(command.before)
        if release is None:
            continue
        for index, word in enumerate(command.words):
            message = _problem(command.name, word.text or word.raw, release.value)
            if message:
                severity = severity_of(command) if "PPA" in message else Severity.WARNING
                yield META.finding(subject, message, command.at(index), release.origin, severity=severity)


def _problem(program: str, text: str, release: str) -> str | None:
    if program == "add-apt-repository" and text.startswith("ppa:") and release.startswith("debian"):
        return f"{text} is a PPA, which serves Ubuntu; the image is {release}"
    match = _NVIDIA.search(text)
    if match and match[1] != release.replace(".", ""):
        return f"the repository is for {match[1]}, the image is {release}"
    system = system_facts(release)
    line = re.search(r"\bdeb\s+(?:\[[^\]]*\]\s+)?https?://\S+\s+(\w+)", text)
    if line and system and line[1] in _CODENAMES and system.codename and line[1] != system.codename:
        return f"the sources line is for {line[1]}, the image is {release} ({system.codename})"
    return None
