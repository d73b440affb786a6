"""Python or pip is not in the image.

## What it does
Follows which Pythons exist, on which PATH, and which of them `python`, `python3`, `pip` start: base image, apt,
conda, virtual environments, links.

## Why is this bad?
nvidia/cuda and ubuntu have no Python, and apt's python3 brings no `python`: the step ends with `python: not found`.

## Example
```dockerfile
FROM nvidia/cuda:12.6.3-cudnn-runtime-ubuntu22.04
RUN apt-get update && apt-get install -y python3 python3-pip
CMD ["python", "-u", "handler.py"]
```

## Output
```text
Dockerfile:3:1: error[PF-TOOL-002] python is not in the image: nvidia/cuda:12.6.3-cudnn-runtime-ubuntu22.04 lacks it; there is pip, pip3, python3, python3.10
    3 | CMD ["python", "-u", "handler.py"]
  remedy: call python3, or install python-is-python3
  docs: docs/checks/python-missing.md
```

## Use instead
```dockerfile
FROM nvidia/cuda:12.6.3-cudnn-runtime-ubuntu22.04
RUN apt-get update && apt-get install -y python3 python3-pip
CMD ["python3", "-u", "handler.py"]
```

## Source
nvidia/cuda Dockerfiles; the packages python3 and python-is-python3
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.checks.externally_managed import VIRTUAL_ENVIRONMENT
from conductor.preflight.questions import is_tested, severity_of

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Environment
    from conductor.preflight.subject import Subject

META = Meta(
    id="python-missing",
    code="PF-TOOL-002",
    title="Python or pip is not in the image",
    severity=Severity.ERROR,
    remedy="install it before it is used, or call the one that is there",
)


_NAMES = re.compile(r"python[0-9.]*|pip[0-9.]*")


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each call of a Python or pip that is not there, once a phase."""
    seen: set[tuple[str, str]] = set()
    for command in subject.commands:
        first = command.words[0].text if command.words else None
        if not first or not _NAMES.fullmatch(first) or is_tested(command) or (first, command.phase) in seen:
            continue
        environment = command.before
        if environment.python(first) is not None or environment.opaque or environment.path is None:
            continue
        absent = environment.commands.get(first) is False or _another_version(first, environment)
        if not absent:
            continue
        seen.add((first, command.phase))
        there = sorted({name for names in environment.interpreters.values() for name in names})
        has = f"; there is {', '.join(there[:4])}" if there else ""
        message = f"{first} is not in the image: {environment.base or 'the base image'} lacks it{has}"
        yield META.finding(
            subject,
            message,
            command.location,
            remedy=_remedy(first, there, environment),
            severity=severity_of(command),
        )


def _another_version(name: str, environment: Environment) -> bool:
    """Tell whether an exact version is asked for that nothing installed, where all Pythons are known."""
    exact = re.fullmatch(r"(?:python|pip)(3\.\d+)", name)
    if exact is None or environment.base is None or environment.commands.get(name):
        return False
    name_of_base = environment.base.removeprefix("docker.io/")
    known = name_of_base.startswith(("python:", "nvidia/cuda:", "ubuntu:", "debian:"))
    return known and not any("python" in package and exact[1] in package for package in environment.apt_packages)


def _remedy(name: str, there: list[str], environment: Environment) -> str:
    if name == "python" and "python3" in there:
        return "call python3, or install python-is-python3"
    if name.startswith("pip") and any(n.startswith("python") for n in there):
        if any(one.externally_managed for found in environment.interpreters.values() for one in found.values()):
            return VIRTUAL_ENVIRONMENT  # its pip would refuse
        return "RUN apt-get update && apt-get install -y python3-pip"
    if name.startswith("python3.") and there:
        return f"call {next((n for n in there if n.startswith('python')), 'python3')}, or install {name} first"
    return "RUN apt-get update && apt-get install -y python3 python3-pip python-is-python3"
