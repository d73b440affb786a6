"""Version is taken for a redirection.

## What it does
Looks for `>` and `<` in the unquoted requirements of an installation.

## Why is this bad?
For `>` the shell writes the output into a file called `=1.10.1` and pip installs any version. For `<` it looks for a
file of that name, finds none, and does not even start pip.

## Example
```dockerfile
FROM python:3.11-slim
RUN pip install runpod>=1.10.1
```

## Output
```text
Dockerfile:2:5: warning[PF-SHELL-004] runpod is installed in any version: >=1.10.1 is a redirection
    2 | RUN pip install runpod>=1.10.1
  remedy: quote the requirement: 'runpod>=1.10.1'
  docs: docs/checks/version-redirect.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
RUN pip install 'runpod>=1.10.1'
```

## Source
bash(1), redirection
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Fix, Meta
from conductor.preflight.environment.paths import absolute
from conductor.preflight.environment.pip import pip_words
from conductor.preflight.questions import severity_of

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Command
    from conductor.preflight.subject import Subject

META = Meta(
    id="version-redirect",
    code="PF-SHELL-004",
    title="Version is taken for a redirection",
    severity=Severity.ERROR,
    remedy="quote the requirement: 'runpod>=1.10.1'",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each requirement that loses its version."""
    for command in subject.commands:
        if pip_words(command) is None:
            continue
        for operator, target in command.redirects:
            if operator == ">" and target and re.match(r"=?\d", target):
                name = _before(subject, command, target)
                old = f"{name}>{target}"
                fix = Fix(command.path, _line(subject, command, old), old, f"'{old}'") if name else None
                said = f"{name or 'the requirement'} is installed in any version: >{target} is a redirection"
                yield META.finding(subject, said, command.location, severity=Severity.WARNING, fix=fix)
            if operator == "<" and target and _is_no_file(command, target):
                said = f"<{target} is a redirection, and there is no file {target} to read: pip is not started"
                remedy = f"quote the requirement: 'NAME<{target}'"
                yield META.finding(subject, said, command.location, remedy=remedy, severity=severity_of(command))


def _is_no_file(command: Command, target: str) -> bool:
    """Tell whether a redirection's word is a version, and no file of that name was put there."""
    path, files = absolute(command.before, target), command.before.files
    known = files is not None and path is not None and files.find(path).state in {"context", "there"}
    return re.fullmatch(r"=?\d+(\.\d+)*(\.\*)?", target) is not None and not known


def _before(subject: Subject, command: Command, target: str) -> str | None:
    texts = [word.raw for word in command.words]
    source = "\n".join(subject.source_lines(command.path))
    return next((text for text in texts if f"{text}>{target}" in source), None)


def _line(subject: Subject, command: Command, text: str) -> int:
    lines = subject.source_lines(command.path)
    start = command.location.line or 1
    return next((n for n in range(start, len(lines) + 1) if text in lines[n - 1]), start)
