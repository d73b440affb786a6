"""Shared library of a Python package is missing.

## What it does
Knows which shared libraries and programs common Python packages expect from the system (OpenCV, PyAudio, pydub and
others), and follows what the base and apt bring.

## Why is this bad?
The build succeeds; the import fails on the worker with `libGL.so.1: cannot open shared object file`.

## Example
```dockerfile
FROM python:3.11-slim
RUN pip install opencv-python runpod
COPY handler.py /handler.py
CMD ["python", "-u", "/handler.py"]
```
```python handler.py
import cv2
import runpod

runpod.serverless.start({"handler": lambda job: cv2.__version__})
```

## Output
```text
Dockerfile:2:17: error[PF-LIB-001] opencv-python needs libGL.so.1, which nothing installs
    2 | RUN pip install opencv-python runpod
      |     python:3.11-slim (Dockerfile:1)
  remedy: RUN apt-get update && apt-get install -y libgl1 libglib2.0-0, or install opencv-python-headless instead
  docs: docs/checks/library-missing.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
RUN pip install opencv-python-headless runpod
```

## Source
opencv/opencv-python README, headless packages
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.knowledge import library_for
from conductor.preflight.check import Meta
from conductor.preflight.python.starts import imported

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Environment
    from conductor.preflight.subject import Subject

META = Meta(
    id="library-missing",
    code="PF-LIB-001",
    title="Shared library of a Python package is missing",
    severity=Severity.WARNING,
    remedy="install the system package that holds the library",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each library that is certainly not there when the container starts."""
    final = subject.timeline.final
    if final is None or final.opaque or _may_hold(final):
        return
    used_modules = {name.partition(".")[0] for name in imported(subject)}
    seen: set[str] = set()
    for install in subject.pip_installs:
        for requirement, where in zip(install.requirements, install.where, strict=True):
            if requirement.name is None or requirement.name in seen or _replaced(subject, requirement.name):
                continue
            for library in library_for(requirement.name):
                if library.distribution != requirement.name or library.unless & _named(subject):
                    continue
                lacking = [(name, package) for name, package in library.libraries if _absent(name, package, final)]
                if not lacking:
                    continue
                seen.add(requirement.name)
                used = bool(used_modules.intersection(library.modules))
                name, _package = lacking[0]
                message = f"{requirement.name} needs {name}, which nothing installs"
                packages = " ".join(dict.fromkeys(package for _, package in lacking))
                instead = f", or install {library.instead} instead" if library.instead else ""
                yield META.finding(
                    subject,
                    message,
                    where,
                    final.os.origin if final.os else None,
                    remedy=f"RUN apt-get update && apt-get install -y {packages}{instead}",
                    severity=Severity.ERROR if used else Severity.WARNING,
                )


def _named(subject: Subject) -> set[str]:
    """Return what pip is asked for, and each with its extras (`psycopg[binary]`)."""
    wanted = [requirement for install in subject.pip_installs for requirement in install.requirements]
    extras = {f"{one.name}[{extra}]" for one in wanted for extra in one.extras}
    return {one.name for one in wanted if one.name} | extras


def _may_hold(final: Environment) -> bool:
    """Tell whether something that came by COPY may lie among the system's libraries."""
    folders = ("/lib", "/usr/lib", "/usr/local/lib")
    layers = final.files.layers if final.files is not None else []
    return any(
        not isinstance(layer, str) and layer.path.startswith(folders) and "/python" not in layer.path
        for layer in layers
    )


def _absent(library: str, package: str, final: Environment) -> bool:
    """Tell whether the library is certainly missing: the base lacks it and no package may have brought it."""
    if package in final.apt_packages or f"{package}t64" in final.apt_packages:
        return False
    known = {"libgthread-2.0.so.0": "libglib-2.0.so.0"}.get(library, library)
    return final.libraries.get(known) is False


def _replaced(subject: Subject, name: str) -> bool:
    """Tell whether the headless variant is installed too, which replaces the files of this one."""
    names = {r.name for install in subject.pip_installs for r in install.requirements}
    return f"{name}-headless" in names or ("opencv-python-headless" in names and name.startswith("opencv-"))
