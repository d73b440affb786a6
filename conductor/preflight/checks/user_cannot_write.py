"""User may not write there.

## What it does
Follows USER, and whose each folder is: WORKDIR and mkdir before USER make root's, `chown` and `COPY --chown` give
them away. Reports mkdir, touch, cp and redirections of a user into a folder that is root's, and what a started Python program
opens for writing or makes by a path that it names.

## Why is this bad?
`Permission denied`: the build stops, or the start script on the worker.

## Example
```dockerfile
FROM python:3.11-slim
RUN useradd --create-home worker
WORKDIR /app
USER worker
RUN mkdir /app/cache
```

## Output
```text
Dockerfile:5:5: error[PF-USER-013] worker may not write /app/cache: /app is root's
    5 | RUN mkdir /app/cache
      |     USER worker (Dockerfile:4)
  remedy: put RUN chown worker /app before USER
  docs: docs/checks/user-cannot-write.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
RUN useradd --create-home worker
WORKDIR /app
RUN chown worker:worker /app
USER worker
RUN mkdir /app/cache
```

## Source
docs.docker.com/reference/dockerfile, USER and WORKDIR; tried on python:3.11-slim
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Location, Severity
from conductor.preflight.check import Meta
from conductor.preflight.copied import copied_files
from conductor.preflight.environment.owners import ROOT
from conductor.preflight.environment.paths import absolute, operands
from conductor.preflight.environment.permissions import above_no_home, refuses_to_write
from conductor.preflight.environment.projects import find_project, folder_of
from conductor.preflight.parse.project import SETUPTOOLS
from conductor.preflight.python.starts import starts
from conductor.preflight.questions import acts_as_other, below, runs, severity_of, volumes_of
from conductor.programs import known
from conductor.shell.expand import UNKNOWN

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Command, Environment
    from conductor.preflight.environment.pip import PipInstall
    from conductor.preflight.python.opened import Use
    from conductor.preflight.subject import Subject

META = Meta(
    id="user-cannot-write",
    code="PF-USER-013",
    title="User may not write there",
    severity=Severity.ERROR,
    remedy="give the folder to the user before USER: RUN chown NAME FOLDER",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for the first write of each phase into each folder that is root's."""
    seen: set[tuple[str, str]] = set()
    volumes = (*volumes_of(subject), "/workspace", "/runpod-volume")
    for command, path in _all_writes(subject):
        user = command.before.user
        if user is None or command.tested or command.caught or acts_as_other(subject, command):
            continue
        if command.name == "celery" and _has_own_schedule(subject):
            continue
        folder = refuses_to_write(command.before, path)
        if folder is None or (folder, command.phase) in seen or any(below(path, volume) for volume in volumes):
            continue
        seen.add((folder, command.phase))
        name = user.value.partition(":")[0]
        message = f"{name} may not write {path}: {folder} is root's"
        remedy = f"put RUN chown {name} {folder} before USER"
        if "/site-packages" in path:
            remedy = "install before USER, or into a virtual environment of the user: uv venv"
        elif folder == "/":
            remedy = f"make the folder before USER and give it to {name}"
        yield META.finding(
            subject, message, command.location, user.origin, remedy=remedy, severity=severity_of(command)
        )
    yield from _of_programs(subject, seen, volumes)


def _of_programs(subject: Subject, seen: set[tuple[str, str]], volumes: tuple[str, ...]) -> Iterator[Finding]:
    """Yield a finding for the first write of a started Python program into each folder that is root's."""
    for launch, followed in starts(subject):
        command, user = launch.command, launch.command.before.user
        if user is None or not runs(command) or acts_as_other(subject, command):
            continue
        for use in followed.uses:
            folder = _refused(command.before, use) if use.source else None
            if folder is None or (folder, command.phase) in seen or any(below(use.path, each) for each in volumes):
                continue
            seen.add((folder, command.phase))
            name = user.value.partition(":")[0]
            shown = subject.context.display(use.source)
            message = f"{name} may not write {use.path}: {folder} is root's"
            remedy = f"put RUN chown {name} {folder} before USER"
            if above_no_home(command.before, use.path) is not None or folder == "/":
                remedy = f"give {name} a home (useradd -m), or set ENV HOME to a folder of his"
            yield META.finding(subject, message, Location(shown, use.line), user.origin, remedy=remedy)


def _refused(before: Environment, use: Use) -> str | None:
    """Return the folder or file that the user may not change; a folder that is there need not be made."""
    if use.kind not in {"write", "folder"} or before.files is None:
        return None
    found = before.files.find(use.path)
    if found.state == "absent" or above_no_home(before, use.path) is not None:
        return refuses_to_write(before, use.path)
    if use.kind == "write" and found.state == "context" and refuses_to_write(before, use.path):
        return use.path if before.owners.of(use.path) == ROOT else None
    return None


def _all_writes(subject: Subject) -> Iterator[tuple[Command, str]]:
    """Yield (command, path) of each file or folder that is made anew."""
    for command in subject.commands:
        if command.before.user is not None:
            yield from ((command, path) for path in _writes(command))
    for install in subject.pip_installs:
        interpreter = install.interpreter
        if (
            interpreter is not None
            and interpreter.kind == "venv"
            and not (install.has("--target") or install.has("--user"))
        ):
            yield install.command, f"{interpreter.path.removesuffix('/bin')}/lib"
        yield from ((install.command, path) for path in _of_install(install))


def _of_install(install: PipInstall) -> Iterator[str]:
    """Yield what uv and setuptools write that pip would not: the Python of the system, and beside a project's sources."""
    before, python = install.environment, install.interpreter
    elsewhere = any(install.has(option) for option in ("--target", "--prefix", "--dry-run"))
    asked = install.has("--system") or "UV_SYSTEM_PYTHON" in before.variables
    new = any(before.package(python, one.name or "") is None for one in install.requirements)
    if install.tool == "uv" and asked and not elsewhere and new and python and python.kind == "base":
        yield f"{posixpath.dirname(python.path)}/lib/python{python.version}/site-packages"
    for requirement in install.requirements:
        place = folder_of(requirement)
        found = find_project(before, *place, editable=False) if place is not None else None
        if found is not None and found.project.backend == SETUPTOOLS and found.project.name:
            source = posixpath.join(found.installed.folder, found.project.source if requirement.editable else "")
            yield posixpath.join(source, f"{found.project.name.replace('-', '_')}.egg-info")


def _writes(command: Command) -> list[str]:
    before = command.before
    texts: list[str | None] = [path for operator, path in command.redirects if operator.startswith((">", "&>"))]
    paths = operands(command)
    if command.name in {"mkdir", "touch", "tee"}:
        texts += paths
    elif command.name in {"cp", "mv", "ln"} and len(paths) >= 2:
        texts.append(paths[-1])
    elif command.name == "celery":
        texts += _schedule(command)
    known = [path for text in texts if (path := absolute(before, text)) and not any(mark in path for mark in "*?[$")]
    return [path for path in known if _is_new(before, path) or _is_being_made(command, path)]


def _schedule(command: Command) -> list[str | None]:
    """Return the file that celery's beat keeps its schedule in, where its words do not name another scheduler."""
    given = known("celery").read([UNKNOWN if text is None else text for text in command.arguments])
    if given.words[:1] != ["beat"] or given.has("-S", "--scheduler") or given.has("--workdir"):
        return []
    return [given.value("-s", "--schedule") or "celerybeat-schedule"]


def _has_own_schedule(subject: Subject) -> bool:
    """Tell whether the program may say itself where celery's beat keeps its schedule."""
    texts = (subject.context.read_text(path) or "" for path in copied_files(subject, ".py"))
    return any(re.search(r"(?i)beat_schedule_filename|beat_scheduler", text) for text in texts)


def _is_being_made(command: Command, path: str) -> bool:
    """Tell whether the command's own redirection put the file there: the shell opens it before the command runs."""
    found = command.before.files.find(path) if command.before.files else None
    origin = found.origin if found is not None and found.state == "there" else None
    return origin is not None and origin.what.startswith(">") and origin.line == (command.location.line or 0)


def _is_new(environment: Environment, path: str) -> bool:
    """Tell whether nothing is there: in /etc every base has files of its own, which are root's."""
    state = environment.files.find(path).state if environment.files else "unknown"
    return state == "absent" or (state == "unknown" and path.startswith("/etc/"))
