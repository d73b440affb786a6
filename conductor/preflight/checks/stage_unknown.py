"""Stage does not exist.

## What it does
Compares the names and numbers after `--from=` with the stages above them, and reports a base that is only a build
argument without a default.

## Why is this bad?
BuildKit takes an unknown name for an image of that name and fails to pull it; a FROM without a value cannot be
resolved at all.

## Example
```dockerfile
FROM python:3.11-slim AS builder
RUN pip install runpod
FROM python:3.11-slim
COPY --from=3 /usr/local /usr/local
```

## Output
```text
Dockerfile:4: error[PF-FILE-002] --from=3 is no stage above this line
    4 | COPY --from=3 /usr/local /usr/local
  remedy: name a stage that stands above, or an image with its tag
  docs: docs/checks/stage-unknown.md
```

## Use instead
```dockerfile
FROM python:3.11-slim AS builder
RUN pip install runpod
FROM python:3.11-slim
COPY --from=builder /usr/local /usr/local
```

## Source
docs.docker.com/build/building/multi-stage
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Fix, Meta
from conductor.preflight.parse.words import expand, parse_assignments

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject


META = Meta(
    id="stage-unknown",
    code="PF-FILE-002",
    title="Stage does not exist",
    severity=Severity.ERROR,
    remedy="name a stage that stands above, or an image with its tag",
)


# Names that people give to stages and no image on Docker Hub's first level has.
_TYPICAL = re.compile(
    r"([a-z0-9]+[-_])?(builder|build|base|deps|dependencies|compiler|stage\d*|downloader|wheels|venv)"
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each reference that leads nowhere."""
    later = {stage.name: stage for stage in subject.dockerfile.stages if stage.name}
    for stage in subject.dockerfile.stages:
        if not expand(stage.base, _defaults(subject)):
            message = f"the base is {stage.base}, a build argument without a default"
            where = subject.here(stage.start.line)
            remedy = "give the ARG a default, so that the file builds and can be judged"
            yield META.finding(subject, message, where, remedy=remedy, severity=Severity.WARNING)
        for instruction in stage.body:
            name = instruction.flag("from")
            if name is None or "$" in name:
                continue
            above = {str(other.index) for other in subject.dockerfile.stages[: stage.index]}
            named = later.get(name.lower())
            typical = named is None and _TYPICAL.fullmatch(name.lower()) is not None
            if (name.isdigit() and name not in above) or (named is not None and named.index >= stage.index) or typical:
                message = f"--from={name} is no stage above this line"
                instead, fix = _nearest(subject, instruction.line, name, stage.index)
                yield META.finding(subject, message, subject.here(instruction.line), remedy=instead, fix=fix)


def _nearest(subject: Subject, line: int, name: str, index: int) -> tuple[str | None, Fix | None]:
    """Return the remedy and the repair where one stage above is called nearly the same."""
    above = [stage.name for stage in subject.dockerfile.stages[:index] if stage.name]
    near = difflib.get_close_matches(name.lower(), above, n=1, cutoff=0.6)
    if not near:
        return None, None
    return f"write --from={near[0]}", Fix(subject.dockerfile_path, line, f"--from={name}", f"--from={near[0]}")


def _defaults(subject: Subject) -> dict[str, str | None]:
    values: dict[str, str | None] = {"TARGETPLATFORM": "linux/amd64", "BUILDPLATFORM": "linux/amd64"}
    for instruction in subject.dockerfile.head:
        for name, raw, _ in parse_assignments(instruction.text):
            values[name] = expand(raw, values)
    return values
