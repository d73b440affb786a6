"""User or group does not exist.

## What it does
Compares the names in USER, in `--chown`, in chown and in su with the users and groups of the base image and those
that the build makes before.

## Why is this bad?
The builder ends with `unable to find user`, chown with `invalid user`; where USER is the last word on it, the
container never starts.

## Example
```dockerfile
FROM python:3.11-slim
COPY --chown=worker:worker handler.py /app/handler.py
USER worker
CMD ["python", "-u", "/app/handler.py"]
```
```python handler.py
print("ready")
```

## Output
```text
Dockerfile:3: error[PF-USER-012] there is no user worker in the image
    3 | USER worker
      |     python:3.11-slim (Dockerfile:1)
  remedy: make it first: RUN useradd --create-home worker
  docs: docs/checks/user-missing.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
RUN useradd --create-home worker
COPY --chown=worker:worker handler.py /app/handler.py
USER worker
CMD ["python", "-u", "/app/handler.py"]
```
```python handler.py
print("ready")
```

## Source
docs.docker.com/reference/dockerfile, USER and COPY --chown; tried on debian:bookworm-slim
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.environment.accounts import missing
from conductor.preflight.parse.words import expand
from conductor.preflight.questions import runs

if TYPE_CHECKING:
    from conductor.domain.finding import Location
    from conductor.preflight.environment.model import Command, Environment
    from conductor.preflight.subject import Subject

META = Meta(
    id="user-missing",
    code="PF-USER-012",
    title="User or group does not exist",
    severity=Severity.ERROR,
    remedy="make it first: RUN useradd --create-home NAME",
)


_ACT_AS = {"su": (), "runuser": ("-u", "--user"), "gosu": (), "su-exec": (), "sudo": ("-u", "--user")}


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for the first use of each account that is certainly not there."""
    told: set[str] = set()
    for what, where, environment in _uses(subject):
        if what in told:
            continue
        told.add(what)
        kind, _, name = what.partition(" ")
        remedy = f"make it first: RUN {'groupadd' if kind == 'group' else 'useradd --create-home'} {name}"
        release = environment.os.origin if environment.os else None
        yield META.finding(subject, f"there is no {what} in the image", where, release, remedy=remedy)


def _uses(subject: Subject) -> Iterator[tuple[str, Location, Environment]]:
    """Yield what is missing, where it is asked for, and the environment that lacks it."""
    for snapshot in subject.timeline.snapshots:
        user = snapshot.after.user
        if snapshot.instruction.name == "USER" and user is not None:
            absent = missing(snapshot.after, user.value)
            if absent:
                yield absent, subject.here(snapshot.instruction.line), snapshot.after
    for step in subject.timeline.copies:
        values = {**step.before.build_variables, **step.before.variables}
        owner = expand(step.instruction.flag("chown") or "", values, subject.dockerfile.escape)
        absent = missing(step.before, owner) if owner else None
        if absent:
            yield absent, subject.here(step.instruction.line), step.before
    for command in subject.commands:
        owner = _owner(command) if runs(command) else None
        absent = missing(command.before, owner) if owner else None
        if absent:
            yield absent, command.location, command.before


def _owner(command: Command) -> str | None:
    """Return the account that a command is told to give files to, or to act as."""
    words = [text for text in command.arguments if text is None or not text.startswith("-")]
    if command.name in {"chown", "chgrp"} and len(words) >= 2 and words[0] and not _has_reference(command):
        return words[0] if command.name == "chown" else f":{words[0]}"
    options = _ACT_AS.get(command.name)
    if options is None:
        return None
    if options:
        texts = command.arguments
        return next((texts[at + 1] for at, text in enumerate(texts[:-1]) if text in options), None)
    return words[0] if words else None


def _has_reference(command: Command) -> bool:
    return any((text or "").startswith("--reference") for text in command.arguments)
