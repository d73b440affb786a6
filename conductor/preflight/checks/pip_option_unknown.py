"""The pip of the image does not know this option.

## What it does
Compares the options of `pip install` with the pip that the system's package brings, unless an earlier command
upgraded it.

## Why is this bad?
pip answers "no such option" and the build stops. `--break-system-packages` is the usual one: Ubuntu 22.04 has pip
22.0.2, which does not know it, and does not need it.

## Example
```dockerfile
FROM nvidia/cuda:12.6.3-runtime-ubuntu22.04
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-pip
RUN pip3 install --break-system-packages runpod
```

## Output
```text
Dockerfile:3:5: error[PF-PIP-006] pip 22.0.2 does not know --break-system-packages, which came with 23.0.1
    3 | RUN pip3 install --break-system-packages runpod
      |     apt installs python3-pip (Dockerfile:2)
  remedy: leave the option out, or upgrade pip first: RUN pip3 install --upgrade pip
  docs: docs/checks/pip-option-unknown.md
```

## Use instead
```dockerfile
FROM nvidia/cuda:12.6.3-runtime-ubuntu22.04
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-pip
RUN pip3 install runpod
```

## Source
pip's NEWS; the package python3-pip of each release.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from packaging.version import Version

from conductor.domain.finding import Finding, Severity
from conductor.knowledge import entries, system_facts
from conductor.preflight.check import Meta
from conductor.preflight.questions import release_of, severity_of

if TYPE_CHECKING:
    from conductor.preflight.environment.pip import PipInstall
    from conductor.preflight.subject import Subject

META = Meta(
    id="pip-option-unknown",
    code="PF-PIP-006",
    title="The pip of the image does not know this option",
    severity=Severity.ERROR,
    remedy="leave the option out, or upgrade pip first: RUN pip3 install --upgrade pip",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each option that the system's pip is too old for."""
    for install in subject.pip_installs:
        pip = _system_pip(subject, install)
        for entry in entries("pip-options", root=subject.root) if pip else ():
            if install.has(str(entry["name"])) and Version(str(pip)) < Version(str(entry["since"])):
                yield META.finding(
                    subject,
                    f"pip {pip} does not know {entry['name']}, which came with {entry['since']}",
                    install.command.location,
                    install.interpreter.origin if install.interpreter else None,
                    severity=severity_of(install.command),
                )


def _system_pip(subject: Subject, install: PipInstall) -> str | None:
    """Return the version of the system's own pip, None where another pip runs or may run."""
    interpreter, release = install.interpreter, release_of(install.environment)
    if install.tool != "pip" or interpreter is None or interpreter.path != "/usr/bin" or release is None:
        return None
    replaced = install.environment.package(interpreter, "pip") or install.environment.opaque
    by_hand = any("get-pip.py" in (word.text or "") for command in subject.commands for word in command.words)
    facts = system_facts(release.value, root=subject.root)
    return facts.pip if facts and not replaced and not by_hand else None
