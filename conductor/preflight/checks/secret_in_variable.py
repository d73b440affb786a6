"""Secret is written into the image.

## What it does
Looks at the values of ENV and ARG, and at words of RUN, for the formats of known tokens, and for literal values of
variables that are named like a secret. Empty values, placeholders, paths and references are left alone.

## Why is this bad?
Everyone who can pull the image can read it: `docker history` prints ENV, ARG and RUN.

## Example
```dockerfile
FROM python:3.11-slim
ENV HF_TOKEN=hf_abcdefghijklmnopqrstuvwxyz0123456789
```

## Output
```text
Dockerfile:2:5: error[PF-SECRET-001] ENV HF_TOKEN holds what looks like a secret
  remedy: pass it at the start (RunPod secrets), or while building with RUN --mount=type=secret
  docs: docs/checks/secret-in-variable.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
RUN --mount=type=secret,id=hf_token true
```

## Source
docs.docker.com/build/building/secrets
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.parse.words import parse_assignments, unquote
from conductor.preflight.secrets import find_token, is_literal_secret, is_token, names_secret

if TYPE_CHECKING:
    from conductor.domain.finding import Location
    from conductor.preflight.subject import Subject

META = Meta(
    id="secret-in-variable",
    code="PF-SECRET-001",
    title="Secret is written into the image",
    severity=Severity.ERROR,
    remedy="pass it at the start (RunPod secrets), or while building with RUN --mount=type=secret",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each secret, without printing it."""
    for instruction in subject.dockerfile.instructions:
        if instruction.name in {"ENV", "ARG"}:
            for name, raw, offset in parse_assignments(instruction.text, subject.dockerfile.escape):
                value = unquote(raw, subject.dockerfile.escape)
                if is_token(value) or (names_secret(name) and is_literal_secret(value)):
                    where = subject.here(*instruction.arguments.place(offset))
                    yield _finding(subject, f"{instruction.name} {name} holds what looks like a secret", where)
        elif instruction.name in {"RUN", "LABEL", "CMD", "ENTRYPOINT"}:
            token = find_token(instruction.text)
            if token is not None:
                where = subject.here(*instruction.arguments.place(token))
                yield _finding(subject, f"{instruction.name} holds what looks like a token", where)


def _finding(subject: Subject, message: str, where: Location) -> Finding:
    found = META.finding(subject, message, where)
    return replace(found, context=())
