"""Folder does not exist.

## What it does
Follows which folders exist, and looks for `cd` into one that certainly does not, and for files that are written into
one: by a redirection, touch, tee or cp. Reads from a file that certainly is not there are told too.

## Why is this bad?
`cd: can't cd to …`, `cannot create …: Directory nonexistent`: the build stops, or a start script goes on in the wrong
folder and finds none of its files.

## Example
```dockerfile
FROM python:3.11-slim
WORKDIR /app
RUN cd /srv-worker && pip install einops
```

## Output
```text
Dockerfile:3:5: error[PF-DIR-001] /srv-worker does not exist here
    3 | RUN cd /srv-worker && pip install einops
  remedy: create the folder first, or correct the path
  docs: docs/checks/folder-missing.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
WORKDIR /app
RUN mkdir -p /srv-worker && cd /srv-worker && pip install einops
```

## Source
POSIX, cd
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.environment.paths import absolute, operands
from conductor.preflight.questions import below, is_tested, severity_of, volumes_of

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Command
    from conductor.preflight.subject import Subject


META = Meta(
    id="folder-missing",
    code="PF-DIR-001",
    title="Folder does not exist",
    severity=Severity.ERROR,
    remedy="create the folder first, or correct the path",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each change into nowhere."""
    yield from _files(subject)
    for command in subject.commands:
        if command.name not in {"cd", "pushd"} or is_tested(command):
            continue
        files = command.before.files
        paths = operands(command)
        target = absolute(command.before, paths[0]) if paths else None
        if files is None or target is None or any(mark in target for mark in "*?$"):
            continue
        if files.anywhere or files.find(target).state != "absent":
            continue
        said = f"{target} does not exist here"
        severity = severity_of(command)
        if command.phase == "start" and any(
            below(target, folder) for folder in (*volumes_of(subject), "/workspace", "/runpod-volume")
        ):
            if command.conditional:
                continue  # a script that asks first is told by the volume
            severity = Severity.WARNING
            said += " (unless the volume has it)"
        yield META.finding(subject, said, command.location, severity=severity)


def _files(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each file that is written where no folder is, or read where it is not."""
    seen: set[str] = set()
    volumes = (*volumes_of(subject), "/workspace", "/runpod-volume")
    for command in subject.commands:
        if is_tested(command) or command.caught or command.before.files is None:
            continue
        for path, said in _needed(command):
            if path in seen or (any(below(path, volume) for volume in volumes) and command.phase == "start"):
                continue
            seen.add(path)
            yield META.finding(subject, said, command.location, severity=severity_of(command))


def _needed(command: Command) -> Iterator[tuple[str, str]]:
    """Yield (path, what is said) of each folder that a command needs and each file that it reads, where none is."""
    for path in _paths(command, _written(command)):
        folder = posixpath.dirname(path)
        if _is_absent(command, folder):
            yield folder, f"{folder} does not exist here, so {path} cannot be written{_braces(command, folder)}"
    read = [path for operator, path in command.redirects if operator == "<" and not re.match(r"=?\d", path or "")]
    for path in _paths(command, [*read, *_looked_at(command)]):
        if _is_absent(command, path):
            yield (
                path,
                f"{path} does not exist here, so {command.name} has nothing to work with{_braces(command, path)}",
            )


def _looked_at(command: Command) -> list[str | None]:
    """Return the paths that a command of the build only works with where they are there."""
    words = [text for text in operands(command) if text and text != "-"]
    if command.phase != "build" or command.piped or any("reference" in (text or "") for text in command.arguments):
        return []
    if command.name in {"ls", "cat"}:
        return list(words)
    return list(words[1:]) if command.name in {"chown", "chgrp"} else []


def _written(command: Command) -> list[str | None]:
    words = operands(command)
    written = [path for operator, path in command.redirects if operator.startswith(">")]
    if command.name in {"touch", "tee"}:
        return written + words
    return written + (words[-1:] if command.name in {"cp", "mv", "ln"} and len(words) > 1 else [])


def _paths(command: Command, texts: Iterable[str | None]) -> Iterator[str]:
    for text in texts:
        path = absolute(command.before, text)
        if path is not None and not any(mark in path for mark in "*?[$"):
            yield path


def _is_absent(command: Command, path: str) -> bool:
    files = command.before.files
    return files is not None and not files.anywhere and files.find(path).state == "absent"


def _braces(command: Command, folder: str) -> str:
    """Say why a folder that mkdir was asked for is not there: dash takes `{a,b}` as it stands."""
    layers = command.before.files.layers if command.before.files else []
    made = [layer.path for layer in layers if not isinstance(layer, str) and "{" in layer.path]
    parent = posixpath.dirname(folder)
    return ": sh (dash) does not expand braces" if any(posixpath.dirname(path) == parent for path in made) else ""
