"""git clone into a folder that holds files.

## What it does
Follows what COPY put into the folder that `git clone` in a RUN should make.

## Why is this bad?
git refuses: `destination path already exists and is not an empty directory`.

## Example
```dockerfile
FROM python:3.11
COPY handler.py /app/handler.py
RUN git clone https://github.com/ByteDance-Seed/SeedVR.git /app
```
```python handler.py
import runpod
```

## Output
```text
Dockerfile:3:5: error[PF-BUILD-004] /app already holds files, so git clone refuses it
    3 | RUN git clone https://github.com/ByteDance-Seed/SeedVR.git /app
      |     COPY handler.py /app/handler.py (Dockerfile:2)
  remedy: clone first and COPY afterwards, or clone into a folder of its own
  docs: docs/checks/clone-into-used.md
```

## Use instead
```dockerfile
FROM python:3.11
RUN git clone https://github.com/ByteDance-Seed/SeedVR.git /app
COPY handler.py /app/handler.py
```
```python handler.py
import runpod
```

## Source
git-clone(1)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.environment.effects import clone_target
from conductor.preflight.environment.files import Placed
from conductor.preflight.environment.paths import absolute
from conductor.preflight.questions import below, severity_of

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject


META = Meta(
    id="clone-into-used",
    code="PF-BUILD-004",
    title="git clone into a folder that holds files",
    severity=Severity.ERROR,
    remedy="clone first and COPY afterwards, or clone into a folder of its own",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each clone that git refuses."""
    for command in subject.commands:
        target = absolute(command.before, clone_target(command)) if command.name == "git" else None
        files = command.before.files
        if target is None or files is None or command.phase != "build":
            continue
        last = next((layer for layer in reversed(files.layers) if _holds(layer, target)), None)
        if isinstance(last, Placed) and (
            last.source is not None or (last.unknown and last.path == target and "clone" in last.origin.what)
        ):
            said = f"{target} already holds files, so git clone refuses it"
            yield META.finding(subject, said, command.location, last.origin, severity=severity_of(command))


def _holds(layer: Placed | str, target: str) -> bool:
    """Tell whether this layer decides what is in the folder."""
    if isinstance(layer, str):
        return below(target, layer)
    inside = layer.path != target and below(layer.path, target)
    return (inside and not (layer.is_folder and layer.source is None)) or (
        layer.path == target and (layer.source is not None or layer.unknown)
    )
