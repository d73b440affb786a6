"""RUN needs bash and gets sh.

## What it does
Looks for `source`, `[[ … ]]`, `pushd` and other words of bash in a RUN or a shell-form CMD that /bin/sh runs.

## Why is this bad?
RUN starts /bin/sh, which is dash on Debian and Ubuntu: `source: not found`.

## Example
```dockerfile
FROM nvidia/cuda:12.6.3-cudnn-runtime-ubuntu22.04
RUN source /opt/venv/bin/activate
```

## Output
```text
Dockerfile:2:5: error[PF-SHELL-001] source is not known to /bin/sh (dash), which runs this line
    2 | RUN source /opt/venv/bin/activate
      |     nvidia/cuda:12.6.3-cudnn-runtime-ubuntu22.04 (Dockerfile:1)
  remedy: SHELL ["/bin/bash", "-c"] before it, or . instead of source
  docs: docs/checks/shell-not-bash.md
```

## Use instead
```dockerfile
FROM nvidia/cuda:12.6.3-cudnn-runtime-ubuntu22.04
SHELL ["/bin/bash", "-c"]
RUN source /opt/venv/bin/activate
```

## Source
dash(1); docs.docker.com/reference/dockerfile, SHELL
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Fix, Meta
from conductor.preflight.questions import severity_of

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Command
    from conductor.preflight.subject import Subject

META = Meta(
    id="shell-not-bash",
    code="PF-SHELL-001",
    title="RUN needs bash and gets sh",
    severity=Severity.ERROR,
    remedy='SHELL ["/bin/bash", "-c"] before it, or . instead of source',
)


_BASH = frozenset({"source", "[[", "pushd", "popd", "shopt", "declare", "mapfile", "readarray", "let"})


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each word that dash does not know."""
    seen: set[int] = set()
    for command in subject.commands:
        first = command.words[0].text if command.words else None
        release = command.before.os
        if first not in _BASH or command.path != subject.dockerfile_path or release is None:
            continue
        if not release.value.startswith(("ubuntu", "debian")) or not _by_sh(subject, command):
            continue
        line = command.location.line or 0
        if line in seen:
            continue
        seen.add(line)
        said = f"{first} is not known to /bin/sh (dash), which runs this line"
        fix = Fix(command.path, line, "source ", ". ") if first == "source" else None
        severity = severity_of(command) if first == "source" else Severity.WARNING
        yield META.finding(subject, said, command.location, release.origin, severity=severity, fix=fix)
    yield from _double_brackets(subject)


def _double_brackets(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each RUN that asks with `[[` and is run by dash."""
    for snapshot in subject.timeline.snapshots:
        instruction, after = snapshot.instruction, snapshot.after
        if instruction.name != "RUN" or instruction.json is not None or instruction.heredocs or after.os is None:
            continue
        inner = re.search(r"\b(bash|zsh)\b", instruction.text)
        if inner or after.shell[0].rsplit("/", 1)[-1] != "sh" or not after.os.value.startswith(("ubuntu", "debian")):
            continue
        if re.search(r"(^|&&|\|\||;|\bif|\bwhile|!)\s*\[\[\s", instruction.text):
            said = "[[ is not known to /bin/sh (dash), which runs this line"
            where = subject.here(instruction.line)
            yield META.finding(subject, said, where, after.os.origin, severity=Severity.WARNING)


def _by_sh(subject: Subject, command: Command) -> bool:
    """Tell whether the instruction's own shell runs the command, and it is sh."""
    line = command.location.line or 0
    for stage in subject.dockerfile.stages:
        for instruction in stage.body:
            if instruction.line <= line <= instruction.end_line:
                text = instruction.text
                if instruction.name not in {"RUN", "CMD", "ENTRYPOINT"} or instruction.json is not None:
                    return False
                if any(heredoc.content.startswith("#!") for heredoc in instruction.heredocs):
                    return False
                links = any(
                    "bash" in c.arguments or "/bin/bash" in c.arguments for c in subject.commands if c.name == "ln"
                )
                inner = any(
                    word in text for word in ("bash -c", "bash -l", "bash <<", "bash -e", "/bin/bash", "conda run")
                )
                return command.before.shell[0].rsplit("/", 1)[-1] == "sh" and not inner and not links
    return False
