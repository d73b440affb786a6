"""Python lacks pip or venv.

## What it does
Looks for `python3 -m pip` and `python3 -m venv` where Python came from apt and the package with that module did
not.

## Why is this bad?
Debian and Ubuntu split Python: without python3-pip there is `No module named pip`, without python3-venv `ensurepip
is not available`.

## Example
```dockerfile
FROM nvidia/cuda:12.6.3-cudnn-runtime-ubuntu22.04
RUN apt-get update && apt-get install -y python3
RUN python3 -m venv /opt/venv
```

## Output
```text
Dockerfile:3:5: error[PF-TOOL-003] python3 has no module venv: apt installed Python without it
    3 | RUN python3 -m venv /opt/venv
      |     apt installs python3 (Dockerfile:2)
  remedy: RUN apt-get update && apt-get install -y python3-venv
  docs: docs/checks/python-module-missing.md
```

## Use instead
```dockerfile
FROM nvidia/cuda:12.6.3-cudnn-runtime-ubuntu22.04
RUN apt-get update && apt-get install -y python3 python3-venv
RUN python3 -m venv /opt/venv
```

## Source
the packages python3-pip and python3-venv
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.questions import is_tested, severity_of

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Environment
    from conductor.preflight.subject import Subject

META = Meta(
    id="python-module-missing",
    code="PF-TOOL-003",
    title="Python lacks pip or venv",
    severity=Severity.ERROR,
    remedy="install the package that holds the module first",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for the first use of each module that is not there."""
    seen: set[str] = set()
    for command in subject.commands:
        environment = command.before
        module = command.arguments[1] if command.arguments[:1] == ("-m",) and len(command.arguments) > 1 else None
        if module not in {"pip", "venv"} or module in seen or environment.opaque or is_tested(command):
            continue
        found = environment.python(command.words[0].text or "") if command.name.startswith("python") else None
        if found is None or found.kind != "system" or not _lacks(module, environment):
            continue
        seen.add(module)
        said = f"{command.name} has no module {module}: apt installed Python without it"
        remedy = f"RUN apt-get update && apt-get install -y python3-{module}"
        yield META.finding(subject, said, command.location, found.origin, remedy=remedy, severity=severity_of(command))


def _lacks(module: str, environment: Environment) -> bool:
    """Tell whether no package that was installed holds the module."""
    if module == "pip":
        return environment.commands.get("pip") is False
    known = {"python3", "python3-pip", "python3-dev", "python-is-python3", "python3-minimal", "python3-setuptools"}
    pythons = {name for name in environment.apt_packages if name.startswith("python")}
    exact = {name for name in pythons if re.fullmatch(r"python3\.\d+(-dev|-minimal)?", name)}
    return bool(pythons) and pythons <= known | exact
