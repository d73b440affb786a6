"""Variable has no value.

## What it does
Follows ARG and ENV through the stages and looks for a variable in COPY, FROM, WORKDIR, ADD, USER and EXPOSE that
nothing sets; an ARG before the first FROM must be repeated in each stage that uses it.

## Why is this bad?
The builder puts an empty text there: `COPY $SRC /app` copies everything, `WORKDIR $HOME/app` becomes /app.

## Example
```dockerfile
ARG VERSION=1
FROM python:3.11-slim
COPY worker-$VERSION /app
```

## Output
```text
Dockerfile:3: warning[PF-VAR-001] VERSION is declared before FROM only, so it is empty in this stage
    3 | COPY worker-$VERSION /app
  remedy: add ARG VERSION below FROM
  docs: docs/checks/variable-undefined.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
ARG VERSION=1
COPY worker-$VERSION /app
```

## Source
docs.docker.com/reference/dockerfile, understand how ARG and FROM interact
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.parse.words import variables_in
from conductor.preflight.questions import severity_of

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Environment
    from conductor.preflight.subject import Subject

META = Meta(
    id="variable-undefined",
    code="PF-VAR-001",
    title="Variable has no value",
    severity=Severity.ERROR,
    remedy="declare it: ARG before its use in this stage, or ENV",
)


_WHERE = frozenset({"COPY", "ADD", "WORKDIR", "USER", "EXPOSE", "VOLUME"})
_BASE = frozenset({"PATH", "HOME", "LD_LIBRARY_PATH", "PYTHONPATH", "HOSTNAME", "USER", "CUDA_HOME", "SHELL", "PWD"})


# Set by the base images themselves.
_VERSIONS = frozenset({"PYTHON_VERSION", "CUDA_VERSION", "PYTORCH_VERSION", "PYTHON_PIP_VERSION", "NV_CUDNN_VERSION"})


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each variable that is empty where it is used."""
    outside = {w.partition("=")[0] for i in subject.dockerfile.head for w in i.text.split()}
    known: dict[int, Environment] = {}
    for snapshot in subject.timeline.snapshots:
        instruction, environment = snapshot.instruction, snapshot.after
        known[snapshot.stage] = environment
        if instruction.name not in _WHERE or not _open_base(environment):
            continue
        values = {**environment.build_variables, **environment.variables}
        for name in dict.fromkeys(variables_in(instruction.text)):
            if name in values or name in _BASE or not name.isidentifier() or _predefined(name):
                continue
            said = f"{name} has no value here, so an empty text stands in its place"
            if name in outside:
                said = f"{name} is declared before FROM only, so it is empty in this stage"
            remedy = f"add ARG {name} below FROM" if name in outside else None
            where = subject.here(instruction.line)
            yield META.finding(subject, said, where, remedy=remedy, severity=Severity.WARNING)
    yield from _versions(subject, outside)


def _versions(subject: Subject, outside: set[str]) -> Iterator[Finding]:
    """Yield a finding for each version of a package (`torch==$TORCH`) that is empty when pip reads it."""
    for command in subject.commands:
        known = {**command.before.build_variables, **command.before.variables}
        if command.phase != "build" or not _open_base(command.before) or command.path != subject.dockerfile_path:
            continue
        for index, word in enumerate(command.words):
            found = re.search(r"==\$\{?([A-Za-z_]\w*)\}?$", word.raw.strip("\"'"))
            if found is None or found[1] in known or found[1] in _VERSIONS or _assigned(subject, found[1]):
                continue
            above = found[1] in outside
            said = f"{found[1]} is declared before FROM only, so it is empty in this stage" if above else None
            said = said or f"{found[1]} has no value here, and pip refuses {word.raw[:60]}"
            remedy = f"add ARG {found[1]} below FROM" if above else None
            severity = severity_of(command) if _has_no_variables(command.before) else Severity.WARNING
            yield META.finding(subject, said, command.at(index), remedy=remedy, severity=severity)


def _assigned(subject: Subject, name: str) -> bool:
    """Tell whether shell text somewhere sets it."""
    return any(
        re.search(rf"\b{name}=|\bread\b.*\b{name}\b|\bfor {name} in\b", line)
        for line in subject.dockerfile.lines
        if not re.match(r"\s*(ARG|ENV)\b", line, re.IGNORECASE)
    )


def _predefined(name: str) -> bool:
    return name.upper() in {"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "FTP_PROXY", "ALL_PROXY"} or name.startswith(
        ("TARGET", "BUILD", "SOURCE_DATE_EPOCH")
    )


def _has_no_variables(environment: Environment) -> bool:
    """Tell whether the base sets no variables but those of Python."""
    return (environment.base or "").removeprefix("docker.io/").startswith(("python:", "ubuntu:", "debian:"))


def _open_base(environment: Environment) -> bool:
    """Tell whether the base's own variables are known well enough (a base nobody looked up may set any)."""
    base = (environment.base or "").removeprefix("docker.io/")
    return base.startswith(("python:", "pytorch/pytorch:", "nvidia/cuda:", "ubuntu:", "debian:"))
