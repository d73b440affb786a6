"""Package is compiled, and there is no C compiler.

## What it does
Looks for installations that end in a compilation: a package that is published as source only, a version without a
wheel for this Python, `--no-binary`. It reports those in an image that certainly has no C compiler.

## Why is this bad?
The build of the package ends with `error: command 'gcc' failed: No such file or directory`, and with it the image's.

## Example
```dockerfile
FROM python:3.12-slim
RUN pip install netifaces==0.11.0
```

## Output
```text
Dockerfile:2:17: error[PF-PIP-023] netifaces is compiled here, and there is no C compiler in the image: netifaces==0.11.0 has no wheel for Python 3.12
    2 | RUN pip install netifaces==0.11.0
  remedy: install one first: RUN apt-get update && apt-get install -y build-essential, or take a version with a wheel
  docs: docs/checks/compiler-missing.md
```

## Use instead
```dockerfile
FROM python:3.12-slim
RUN apt-get update && apt-get install -y --no-install-recommends build-essential
RUN pip install netifaces==0.11.0
```

## Source
the file names on the packages' pages of the index (knowledge/python-versions.yaml); tried on python:3.11-slim
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.knowledge import publication
from conductor.preflight.check import Meta
from conductor.preflight.questions import severity_of, tried

if TYPE_CHECKING:
    from conductor.preflight.environment.pip import PipInstall
    from conductor.preflight.parse.requirements import Requirement
    from conductor.preflight.subject import Subject

META = Meta(
    id="compiler-missing",
    code="PF-PIP-023",
    title="Package is compiled, and there is no C compiler",
    severity=Severity.ERROR,
    remedy="install one first: RUN apt-get update && apt-get install -y build-essential, or take a version with a wheel",
)
_COMPILERS = ("gcc", "cc", "clang", "g++", "c++")


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each package that cannot be compiled."""
    for install in tried(subject):
        before = install.environment
        if not before.lacks("gcc") or any(before.commands.get(name) for name in _COMPILERS):
            continue
        if install.has("--find-links") or install.has("--only-binary") or "CC" in before.variables:
            continue
        for requirement, where in zip(install.requirements, install.where, strict=True):
            why = _why(install, requirement) if requirement.address is None and not requirement.marker else None
            if why:
                message = f"{requirement.name} is compiled here, and there is no C compiler in the image: {why}"
                yield META.finding(subject, message, where, severity=severity_of(install.command))


def _why(install: PipInstall, requirement: Requirement) -> str | None:
    """Say why pip compiles this package, or None where it may not."""
    found = publication(requirement.name or "", requirement.pinned)
    if found is None or not found.compiled:
        return None
    named = {
        name for value in install.options.get("--no-binary", ()) for name in value.lower().replace("_", "-").split(",")
    }
    if install.tool == "pip" and {":all:", requirement.name} & named:
        return "--no-binary asks for its source"
    if found.wheels is None:
        return f"{requirement.raw} is published as source only"
    version = install.interpreter.version if install.interpreter else None
    python = ".".join(version.split(".")[:2]) if version else None
    if python is None or requirement.pinned is None or found.refuses(python) or found.has_wheel(python):
        return None
    return f"{requirement.raw} has no wheel for Python {python}"
