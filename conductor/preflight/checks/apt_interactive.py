"""apt waits for an answer.

## What it does
Looks for `apt-get install` without `-y` (or `-q=2`, `--yes`), and for packages that ask questions (tzdata and what
needs it) without `DEBIAN_FRONTEND=noninteractive`.

## Why is this bad?
Nobody answers in a build: without `-y` apt aborts, and the question of tzdata can hang for hours.

## Example
```dockerfile
FROM python:3.11-slim
RUN apt-get update && apt-get install git ffmpeg
```

## Output
```text
Dockerfile:2:23: error[PF-APT-004] apt asks whether to continue, and nobody answers
    2 | RUN apt-get update && apt-get install git ffmpeg
  remedy: add -y
  docs: docs/checks/apt-interactive.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
RUN apt-get update && apt-get install -y git ffmpeg
```

## Source
apt-get(8); debconf(7)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Fix, Meta
from conductor.preflight.environment.apt import read_apt
from conductor.preflight.questions import severity_of

if TYPE_CHECKING:
    from conductor.preflight.environment.apt import AptCall
    from conductor.preflight.environment.model import Command
    from conductor.preflight.subject import Subject

META = Meta(
    id="apt-interactive",
    code="PF-APT-004",
    title="apt waits for an answer",
    severity=Severity.ERROR,
    remedy="add -y",
)


_ASKS = ("tzdata", "keyboard-configuration", "software-properties-common")


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each installation that asks."""
    for command in subject.commands:
        call = read_apt(command)
        if call is None or call.action not in {"install", "upgrade", "dist-upgrade", "full-upgrade"}:
            continue
        if not _says_yes(call) and not command.piped and command.name != "aptitude" and not _piped_in(subject, command):
            if call.action == "install" and len(call.packages) < 1:
                continue
            fix = Fix(
                command.path,
                command.location.line or 0,
                f"{command.name} {call.action}",
                f"{command.name} {call.action} -y",
            )
            yield META.finding(
                subject,
                "apt asks whether to continue, and nobody answers",
                command.location,
                severity=severity_of(command),
                fix=fix,
            )
        elif command.phase == "build" and not _quiet(command):
            asks = next((name for name, _ in call.packages if name in _ASKS), None)
            release = command.before.os
            if asks and release and release.value in {"ubuntu18.04", "ubuntu20.04", "ubuntu22.04"}:
                remedy = "ENV DEBIAN_FRONTEND=noninteractive before it (or ARG, so that it ends with the build)"
                message = f"{asks} may ask for a time zone, and nobody answers"
                yield META.finding(subject, message, command.location, remedy=remedy, severity=Severity.WARNING)


def _says_yes(call: AptCall) -> bool:
    for option in call.options:
        if option in {"--yes", "--assume-yes", "-qq", "--force-yes"} or "Assume-Yes" in option:
            return True
        if option.startswith("-") and not option.startswith("--") and ("y" in option or "q=2" in option):
            return True
    return False


def _piped_in(subject: Subject, command: Command) -> bool:
    """Tell whether `yes |` stands in front, or apt was configured to assume yes."""
    line = command.location.line
    return any(
        (other.name == "yes" and other.location.line == line)
        or any("Assume-Yes" in (word.text or word.raw) for word in other.words)
        for other in subject.commands
    )


def _quiet(command: Command) -> bool:
    names = dict((*command.before.variables.items(), *command.assignments))
    return "DEBIAN_FRONTEND" in names
