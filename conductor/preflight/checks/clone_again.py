"""Clone or link fails on the second start.

## What it does
Looks for `git clone`, `mkdir` without `-p` and `ln -s` without `-f` that a start script runs without asking whether
their result is already there.

## Why is this bad?
The first start works. The second one, in the same container or on the same volume, fails: `destination path already
exists and is not an empty directory`.

## Example
```dockerfile
FROM python:3.11
COPY --chmod=755 start.sh /start.sh
CMD ["/start.sh"]
```
```sh start.sh
#!/bin/bash
set -e
git clone https://github.com/ByteDance-Seed/SeedVR.git /workspace/SeedVR
```

## Output
```text
start.sh:3:1: warning[PF-START-005] git makes /workspace/SeedVR without asking whether it is there: the second start fails
    3 | git clone https://github.com/ByteDance-Seed/SeedVR.git /workspace/SeedVR
  remedy: ask first: [ -d DIR ] || git clone …, or clone while building
  docs: docs/checks/clone-again.md
```

## Use instead
```dockerfile
FROM python:3.11
COPY --chmod=755 start.sh /start.sh
CMD ["/start.sh"]
```
```sh start.sh
#!/bin/bash
set -e
[ -d /workspace/SeedVR ] || git clone https://github.com/ByteDance-Seed/SeedVR.git /workspace/SeedVR
```

## Source
git-clone(1); docs.runpod.io, storage types
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.environment.effects import clone_target
from conductor.preflight.environment.paths import absolute, operands
from conductor.preflight.questions import below, runs, volumes_of

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Command
    from conductor.preflight.subject import Subject

META = Meta(
    id="clone-again",
    code="PF-START-005",
    title="Clone or link fails on the second start",
    severity=Severity.WARNING,
    remedy="ask first: [ -d DIR ] || git clone …, or clone while building",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each command whose second run fails."""
    removed: set[str] = set()
    volumes = volumes_of(subject)
    for command in subject.commands:
        if command.phase != "start":
            continue
        if command.name == "rm":
            removed |= {path for path in (absolute(command.before, text) for text in command.arguments) if path}
        target = _target(command)
        if target is None or not runs(command) or any(below(target, path) for path in removed):
            continue
        kept = next((why for folder, why in volumes.items() if below(target, folder)), None)
        message = f"{command.name} makes {target} without asking whether it is there: the second start fails"
        yield META.finding(
            subject,
            message,
            command.location,
            kept,
            severity=Severity.ERROR if kept else Severity.WARNING,
        )


def _target(command: Command) -> str | None:
    """Return what the command makes and cannot make twice."""
    options = [text for text in command.arguments if text and text.startswith("-")]
    if command.name == "git":
        return absolute(command.before, clone_target(command))
    if command.name == "mkdir" and not any("p" in option for option in options):
        paths = operands(command)
        return absolute(command.before, paths[0]) if paths else None
    if command.name == "ln" and any("s" in o for o in options) and not any("f" in o for o in options):
        paths = operands(command)
        return absolute(command.before, paths[1]) if len(paths) == 2 else None
    return None
