"""https needs certificates that are not in the image.

## What it does
Looks for curl, wget and `git clone` of an https address in an image that certainly has no CA certificates: Debian's
and Ubuntu's own images come without, and `--no-install-recommends` keeps them from coming along.

## Why is this bad?
"SSL certificate problem", "unable to get local issuer certificate": nothing is fetched, and the build stops.

## Example
```dockerfile
FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends curl
RUN curl -fsSL https://example.org/tool.sh -o /tool.sh
```

## Output
```text
Dockerfile:3:5: error[PF-TOOL-011] curl has no CA certificates to check https with: debian:bookworm-slim lacks them
    3 | RUN curl -fsSL https://example.org/tool.sh -o /tool.sh
  remedy: install ca-certificates in the same apt-get install
  docs: docs/checks/certificates-missing.md
```

## Use instead
```dockerfile
FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates curl
RUN curl -fsSL https://example.org/tool.sh -o /tool.sh
```

## Source
Depends and Recommends of the packages in Debian 12; tried on debian:bookworm-slim
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.questions import severity_of

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Command
    from conductor.preflight.subject import Subject

META = Meta(
    id="certificates-missing",
    code="PF-TOOL-011",
    title="https needs certificates that are not in the image",
    severity=Severity.ERROR,
    remedy="install ca-certificates in the same apt-get install",
)
_BUNDLE = ("/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/certs", "/usr/local/share/ca-certificates")
_TRUSTING = re.compile(
    r"-[A-Za-z]*k[A-Za-z]*|--insecure|--no-check-certificate|--cacert.*|--ca-certificate.*|--capath.*"
)
_VARIABLES = ("CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_NO_VERIFY", "GIT_SSL_CAINFO")


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for the first fetch of each stage that cannot be trusted."""
    seen: set[int] = set()
    for command in subject.commands:
        before = command.before
        if command.stage in seen or command.tested or command.caught or not _fetches(command):
            continue
        if not before.lacks("update-ca-certificates") or before.commands.get(command.name) is False:
            continue
        given = {**before.variables, **before.build_variables}
        if any(name in given for name in _VARIABLES):
            continue
        if before.files is not None and any(before.files.find(path).state in {"context", "there"} for path in _BUNDLE):
            continue
        seen.add(command.stage)
        message = f"{command.name} has no CA certificates to check https with: {before.base} lacks them"
        yield META.finding(subject, message, command.location, severity=severity_of(command))


def _fetches(command: Command) -> bool:
    """Tell whether a command fetches from https and checks whom it talks to."""
    texts = [text or "" for text in command.arguments]
    if command.name not in {"curl", "wget", "git"} or any(_TRUSTING.fullmatch(text) for text in texts):
        return False
    if command.name == "git" and "clone" not in texts:
        return False
    return any(text.startswith("https://") for text in texts)
