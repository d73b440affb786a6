"""File with secrets goes into the image.

## What it does
Looks for `.env`, private keys, `.netrc`, cloud credentials and the like among what COPY takes from the context,
.dockerignore applied. A `.env` counts only where it holds a literal secret.

## Why is this bad?
Everyone who can pull the image can read the file, also when a later RUN deletes it: it stays in its layer.

## Example
```dockerfile
FROM python:3.11-slim
COPY . /app
```
```text .env
RUNPOD_API_KEY=rpa_ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789
```

## Output
```text
Dockerfile:2:6: error[PF-SECRET-002] .env holds a secret (RUNPOD_API_KEY) and goes into the image
    2 | COPY . /app
  remedy: add it to .dockerignore, and pass its content at the start
  docs: docs/checks/secret-copied.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
COPY . /app
```
```text .env
RUNPOD_API_KEY=rpa_ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789
```
```text .dockerignore
.env
```

## Source
docs.docker.com/build/concepts/context, dockerignore files
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.copies import source_place
from conductor.preflight.secrets import is_literal_secret, is_token, names_secret

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject


META = Meta(
    id="secret-copied",
    code="PF-SECRET-002",
    title="File with secrets goes into the image",
    severity=Severity.ERROR,
    remedy="add it to .dockerignore, and pass its content at the start",
)


_KEYS = re.compile(
    r"(^|/)(id_(rsa|ed25519|ecdsa|dsa)|\.netrc|\.git-credentials|[^/]+\.(pem|p12|pfx)|\.aws/credentials|kubeconfig)$"
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each file with secrets that a COPY takes."""
    seen: set[str] = set()
    for step in subject.timeline.copies:
        for source in step.sources:
            if source is None or "://" in source:
                continue
            for entry in subject.context.match(source):
                found = [entry] if not entry.is_folder else list(subject.context.below(entry.path))
                for file in found:
                    why = _secret(subject, file.path)
                    if why and file.path not in seen and not file.is_folder:
                        seen.add(file.path)
                        where = source_place(subject, step, source)
                        said = f"{subject.context.display(file.path)} {why} and goes into the image"
                        yield META.finding(subject, said, where)


def _secret(subject: Subject, path: str) -> str | None:
    name = path.rsplit("/", 1)[-1]
    if name.endswith((".example", ".sample", ".template", ".pub", ".dist")):
        return None
    if _KEYS.search(path):
        text = subject.context.read_text(path) or ""
        private = "PRIVATE KEY" in text or path.endswith((".netrc", ".git-credentials", "credentials"))
        return "holds a private key or a password" if private and text.strip() else None
    if name == ".env" or name.startswith(".env."):
        for line in (subject.context.read_text(path) or "").splitlines():
            key, equals, value = line.strip().removeprefix("export ").partition("=")
            literal = value.strip().strip("'\"")
            if (
                equals
                and not key.startswith("#")
                and (is_token(literal) or (names_secret(key) and is_literal_secret(literal)))
            ):
                return f"holds a secret ({key.strip()})"
    return None
