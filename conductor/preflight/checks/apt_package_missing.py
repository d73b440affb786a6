"""No configured repository carries the package.

## What it does
Compares each package that apt is asked for with what the release of the base image carries, and with the
repositories that were added before: PPAs, NVIDIA's, Docker's.

## Why is this bad?
apt stops with `Unable to locate package` or `has no installation candidate`, and with it the build. A name with a `.` or
a `+` is a pattern for `apt-get` where no package has it: it may install others, or nothing, and end with 0. That is a
warning; what misses the package later is an error.

## Example
```dockerfile
FROM nvidia/cuda:12.6.3-cudnn-runtime-ubuntu24.04
RUN apt-get update && apt-get install -y python3.10 libgl1-mesa-glx
```

## Output
```text
Dockerfile:2:42: error[PF-APT-001] ubuntu24.04 has no package python3.10
    2 | RUN apt-get update && apt-get install -y python3.10 libgl1-mesa-glx
      |     nvidia/cuda:12.6.3-cudnn-runtime-ubuntu24.04 (Dockerfile:1)
  remedy: use a base with that Python, add ppa:deadsnakes/ppa first, or install python3.12
  docs: docs/checks/apt-package-missing.md
Dockerfile:2:53: error[PF-APT-001] ubuntu24.04 has no package libgl1-mesa-glx
    2 | RUN apt-get update && apt-get install -y python3.10 libgl1-mesa-glx
      |     nvidia/cuda:12.6.3-cudnn-runtime-ubuntu24.04 (Dockerfile:1)
  remedy: install libgl1
  docs: docs/checks/apt-package-missing.md
```

## Use instead
```dockerfile
FROM nvidia/cuda:12.6.3-cudnn-runtime-ubuntu22.04
RUN apt-get update && apt-get install -y python3.10 libgl1
```

## Source
the package indexes of each release
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.knowledge import entries, package_facts
from conductor.preflight.check import Meta
from conductor.preflight.environment.apt import read_apt
from conductor.preflight.environment.apt_names import found_by, is_foreign, plain_name
from conductor.preflight.questions import severity_of

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Environment
    from conductor.preflight.subject import Subject

META = Meta(
    id="apt-package-missing",
    code="PF-APT-001",
    title="No configured repository carries the package",
    severity=Severity.ERROR,
    remedy="install a package that this release has, or add the repository that carries the named one first",
)

# What follows where apt-get takes the name of a missing package as a pattern, by what it finds then.
_AS_PATTERN = {
    "nothing": ": apt-get takes the name as a pattern, ends with 0 and installs nothing",
    "others": ": apt-get takes the name as a pattern and installs what it matches instead",
    "unknown": ", unless it takes the name as a pattern that matches another one",
}


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each package that apt cannot find."""
    for command in subject.commands:
        call = read_apt(command)
        release = command.before.os
        if call is None or call.action != "install" or release is None or is_foreign(command.before):
            continue
        for package, index in call.packages:
            name = plain_name(package)
            missing = _missing(name, release.value, command.before)
            if missing is None:
                continue
            message, remedy = missing
            instead = _AS_PATTERN.get(found_by(command.name, name, command.before))
            severity = severity_of(command) if release.sure and instead is None else Severity.WARNING
            message += instead or ""
            yield META.finding(subject, message, command.at(index), release.origin, remedy=remedy, severity=severity)


def _missing(name: str, release: str, environment: Environment) -> tuple[str, str | None] | None:
    """Return (message, remedy) for a package that nothing configured carries."""
    never = _never(name, release)
    if never is not None:
        return never
    if name.startswith("python3.") and any("deadsnakes" in repository for repository in environment.repositories):
        return _no_distutils(name)
    facts = package_facts(release, name)
    if facts is not None and not facts.available:
        instead = f"install {facts.instead}" if facts.instead else None
        if name.startswith("python3.") and release.startswith("ubuntu"):
            instead = f"use a base with that Python, add ppa:deadsnakes/ppa first, or install {facts.instead}"
        return f"{release} has no package {name}", instead
    for entry in entries("apt-repositories"):
        vendor = str(entry["repository"])
        if name.startswith(str(entry["name"])) and vendor not in environment.repositories and not environment.opaque:
            return (
                f"{release} has no package {name}: it stands in the repository of {vendor}, which is not configured",
                None,
            )
    return None


_OF_A_PYTHON = re.compile(
    r"python3\.\d+(-(minimal|full|dev|venv|distutils|dbg|doc|examples|lib2to3|gdbm|tk|nopie|freethreading|nogil|gdbm-dbg|tk-dbg))?"
)
_BEFORE_TIME64 = ("debian10", "debian11", "debian12", "ubuntu18.04", "ubuntu20.04", "ubuntu22.04")


def _never(name: str, release: str) -> tuple[str, str | None] | None:
    """Return (message, remedy) for a name that is formed as no package of the release is."""
    if name.endswith("t64") and release in _BEFORE_TIME64:
        old = name.removesuffix("t64")
        return f"{release} has no package {name}: only later releases end names in t64", f"install {old}"
    part = re.fullmatch(
        r"python3\.\d+-(pip|setuptools|wheel|virtualenv|numpy|yaml|requests|opencv|pil|pkg-resources)", name
    )
    if part and not _OF_A_PYTHON.fullmatch(name):
        instead = f"install python3-{part[1]}, or run that Python's own: {name.partition('-')[0]} -m ensurepip"
        return f"no release has a package {name}", instead if part[1] == "pip" else f"install python3-{part[1]}"
    return None


def _no_distutils(name: str) -> tuple[str, str | None] | None:
    """Python 3.12 and later have no distutils, so no repository packages it."""
    minor = name.removeprefix("python3.").partition("-")[0]
    if name.endswith("-distutils") and minor.isdigit() and int(minor) >= 12:
        return f"no repository has {name}: Python 3.{minor} has no distutils any more", "leave it out"
    return None
