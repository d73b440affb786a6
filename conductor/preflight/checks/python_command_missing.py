"""Command of a Python package is not there.

## What it does
Knows which commands only Python packages bring (uvicorn, gunicorn, celery, streamlit, alembic, torchrun, …), and follows
where pip and uv put them: stages, virtual environments, prefixes, a user's own folder, PATH.

## Why is this bad?
`executable file not found in $PATH`: the container ends before anything of the project runs.

## Example
```dockerfile
FROM python:3.11-slim AS build
RUN pip install uvicorn starlette

FROM python:3.11-slim
COPY main.py .
CMD ["uvicorn", "main:app"]
```
```python main.py
from starlette.applications import Starlette

app = Starlette()
```

## Output
```text
Dockerfile:6:1: error[PF-TOOL-004] uvicorn is not in the image: nothing installs it there
    6 | CMD ["uvicorn", "main:app"]
      |     stage build has it (Dockerfile:2)
  remedy: install the package in the stage that runs it, or put its folder into PATH
  docs: docs/checks/python-command-missing.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
RUN pip install uvicorn starlette
COPY main.py .
CMD ["uvicorn", "main:app"]
```
```python main.py
from starlette.applications import Starlette

app = Starlette()
```

## Source
packaging.python.org, entry points; the packages' own metadata (conductor/knowledge/python-packages.yaml)
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Confidence, Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.environment.distributions import commands
from conductor.preflight.python.installed import Installed, brought_along, installed
from conductor.preflight.python.launch import owner_of
from conductor.preflight.questions import is_tested, runs

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Command, Distribution, Environment, Interpreter
    from conductor.preflight.subject import Subject

META = Meta(
    id="python-command-missing",
    code="PF-TOOL-004",
    title="Command of a Python package is not there",
    severity=Severity.ERROR,
    remedy="install the package in the stage that runs it, or put its folder into PATH",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each such command that is not there, once a phase."""
    seen: set[tuple[str, str]] = set()
    for command in subject.commands:
        first = command.words[0].text if command.words else None
        if not first or is_tested(command) or (first, command.phase) in seen:
            continue
        if command.name not in commands() or owner_of(command.before, first) is not None:
            continue
        found = _missing(subject, command, first)
        if found is not None:
            seen.add((first, command.phase))
            yield found


def _missing(subject: Subject, command: Command, first: str) -> Finding | None:
    environment, name = command.before, command.name
    have = _listed(environment, first)
    if have is None or _may_be_of_others(environment, name, first):
        return None
    elsewhere = next((package for package in environment.packages.values() if _brings(package, name)), None)
    if elsewhere is not None:
        if name == first and elsewhere.commands_in in (environment.path or ()):
            return META.finding(
                subject,
                f"{first} is in {elsewhere.commands_in}, which PATH has and the user may not enter",
                command.location,
                elsewhere.origin,
                severity=_severity(command),
                remedy="install it where every user may read: without --user, or into a virtual environment in /opt",
            )
        if name == first and _has(subject, elsewhere.commands_in):
            return META.finding(
                subject,
                f"{first} is not found: it is in {elsewhere.commands_in}, and a login shell sets PATH anew",
                command.location,
                elsewhere.origin,
                severity=_severity(command),
                remedy=f"leave -l out, or start {elsewhere.commands_in}/{first}: /etc/profile knows nothing of ENV",
            )
        on_path = ", which PATH lacks" if name == first else ""
        return META.finding(
            subject,
            f"{first} is not found: it is in {elsewhere.commands_in}{on_path}",
            command.location,
            elsewhere.origin,
            severity=_severity(command),
            remedy=f"ENV PATH={elsewhere.commands_in}:$PATH" if name == first else None,
        )
    said = f"{first} is not in the image: nothing installs it there"
    sure = not any(each.strange for each in have)
    return META.finding(
        subject,
        said if sure else f"{said} (unless another package brings it)",
        command.location,
        _other_stage(subject, name),
        severity=_severity(command) if sure else Severity.ADVICE,
        confidence=Confidence.HIGH if sure else Confidence.LOW,
    )


def _has(subject: Subject, folder: str | None) -> bool:
    """Tell whether the image's own PATH has a folder."""
    final = subject.timeline.final
    return final is not None and folder in (final.path or ())


def _severity(command: Command) -> Severity:
    """Return error where the start certainly comes to it; a branch of a script that may never be taken is advice."""
    return Severity.ERROR if runs(command) else Severity.ADVICE


def _brings(package: Distribution, name: str) -> bool:
    return package.commands_in is not None and bool(brought_along(package) & set(commands()[name]))


def _may_be_of_others(environment: Environment, name: str, first: str) -> bool:
    """Tell whether something else than a Python package may have brought the command."""
    of_apt = {name, f"python3-{name}"} & environment.apt_packages.keys()
    return bool(environment.opaque or of_apt or (name == first and environment.commands.get(name)))


def _listed(environment: Environment, first: str) -> list[Installed] | None:
    """Return what the Pythons have whose commands are looked for there; None where more may be there."""
    pythons = _pythons(environment, first)
    have = [installed(environment, each) for each in pythons or ()]
    return None if pythons is None or any(each.unlisted is not None for each in have) else have


def _pythons(environment: Environment, first: str) -> list[Interpreter] | None:
    """Return the Pythons whose packages have their commands where this one is looked for; None where nobody can tell."""
    folder, slash, _ = first.rpartition("/")
    files = environment.files
    if slash:
        place = posixpath.normpath(posixpath.join(environment.workdir or "?", folder))
        known = environment.interpreters.get(place)
        if known is None or (
            files is not None and files.find(f"{place}/{first.rpartition('/')[2]}").state == "context"
        ):
            return None
        return [next(iter(known.values()))]
    if environment.path is None:
        return None
    if files is not None and any(
        files.find(f"{each}/{first}").state in {"context", "there"} for each in environment.path
    ):
        return None
    return list({each.path: each for each in _all(environment)}.values())


def _all(environment: Environment) -> list[Interpreter]:
    return [each for names in environment.interpreters.values() for each in names.values()]


def _other_stage(subject: Subject, name: str) -> str | None:
    """Say which other stage has it."""
    for stage, _, end in subject.timeline.stages:
        for package in end.packages.values():
            if brought_along(package) & set(commands()[name]):
                return f"stage {stage.name or stage.index} has it ({package.origin.path}:{package.origin.line})"
    return None
