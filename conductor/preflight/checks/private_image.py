"""Image needs a login, and the target names none.

## What it does
Looks where the image of CONDUCTOR.md is pushed. Registries that show nothing to anybody without a login (Amazon's private
ones, Azure's) are known; with `--online`, any registry is asked without a login. Packages of GHCR are private until
somebody changes that: an advice. A target that names `registry_auth` is left alone.

## Why is this bad?
RunPod pulls without a login where no registry credential is set: `pull access denied`, and no worker ever starts.

## Example
```dockerfile
FROM python:3.11-slim
```
```yaml conductor.yaml
conductor: 1
build:
  workflow: .github/workflows/build.yml
  dockerfile: Dockerfile
  context: .
  image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/worker
targets:
  production: {kind: serverless, id: "env:RUNPOD_ENDPOINT"}
```

## Output
```text
conductor.yaml:8:15: warning[PF-TARGET-004] 123456789012.dkr.ecr.us-east-1.amazonaws.com shows no image without a login, and target production names none
    8 |   production: {kind: serverless, id: "env:RUNPOD_ENDPOINT"}
  remedy: store the login at RunPod (Settings, Container Registry Auth), set it at the endpoint, and name its id: registry_auth: ID
  docs: docs/checks/private-image.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
```
```yaml conductor.yaml
conductor: 1
build:
  workflow: .github/workflows/build.yml
  dockerfile: Dockerfile
  context: .
  image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/worker
targets:
  production: {kind: serverless, id: "env:RUNPOD_ENDPOINT", registry_auth: clxyz0123456789}
```

## Source
docs.runpod.io, Container registry credentials; docs.github.com, Configuring a package's access control and visibility;
docs.aws.amazon.com, Private registry authentication
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Confidence, Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.targets import place_of

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject

META = Meta(
    id="private-image",
    code="PF-TARGET-004",
    title="Image needs a login, and the target names none",
    severity=Severity.WARNING,
    remedy="store the login at RunPod (Settings, Container Registry Auth), set it at the endpoint, and name its id: "
    "registry_auth: ID",
)
# Nothing of these is shown without a login; Azure's administrator may allow it.
_CLOSED = re.compile(r"\d+\.dkr\.ecr\.[\w.-]+\.amazonaws\.com(\.cn)?|[\w-]+\.azurecr\.io")


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each target that pulls such an image without a login."""
    build = subject.settings.build
    if build is None or build.dockerfile != subject.dockerfile_path:
        return
    targets = [one for one in subject.settings.targets if one.registry_auth is None]
    said = _why(subject, build.image) if targets else None
    for target in targets if said is not None else ():
        message, severity = said or ("", Severity.ADVICE)
        confidence = Confidence.LOW if severity is Severity.ADVICE else Confidence.MEDIUM
        yield META.finding(
            subject,
            f"{message}, and target {target.name} names none",
            place_of(subject, target),
            severity=severity,
            confidence=confidence,
        )


def _why(subject: Subject, image: str) -> tuple[str, Severity] | None:
    """Say why a login is needed and how surely; None where it is not, or nobody can tell."""
    public = subject.lookup.is_public(image) if subject.lookup is not None else None
    host = image.partition("/")[0]
    if public is False:
        return f"the registry shows no {image} without a login (or it was never pushed)", Severity.WARNING
    if public is None and _CLOSED.fullmatch(host):
        return f"{host} shows no image without a login", Severity.WARNING
    if public is None and host == "ghcr.io":
        return "a package of ghcr.io needs a login until somebody makes it public", Severity.ADVICE
    return None
