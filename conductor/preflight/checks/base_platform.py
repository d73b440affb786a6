"""Base image is for another machine.

## What it does
Compares `--platform` of each FROM with the platform that is built for.

## Why is this bad?
The image is pushed without complaint and every worker dies with `exec format error`.

## Example
```dockerfile
FROM --platform=linux/arm64 python:3.11-slim
```

## Output
```text
Dockerfile:1: error[PF-BASE-003] the image is for linux/arm64, the workers are linux/amd64
    1 | FROM --platform=linux/arm64 python:3.11-slim
  remedy: use linux/amd64: GPU hosts have x86_64 processors
  docs: docs/checks/base-platform.md
```

## Use instead
```dockerfile
FROM --platform=linux/amd64 python:3.11-slim
```

## Source
docs.docker.com/build/building/multi-platform
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject


META = Meta(
    id="base-platform",
    code="PF-BASE-003",
    title="Base image is for another machine",
    severity=Severity.ERROR,
    remedy="use linux/amd64: GPU hosts have x86_64 processors",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each stage of the image that is for another platform."""
    wanted = subject.settings.build.platform if subject.settings.build else "linux/amd64"
    stages = subject.dockerfile.stages
    for stage in stages[-1:]:
        platform = stage.start.flag("platform")
        if platform and "$" not in platform and not same_platform(platform, wanted):
            message = f"the image is for {platform}, the workers are {wanted}"
            yield META.finding(subject, message, subject.here(stage.start.line))


def same_platform(one: str, other: str) -> bool:
    """Tell whether two platform names mean the same machine."""
    names = {"x86_64": "amd64", "aarch64": "arm64", "arm64/v8": "arm64"}

    def machine(name: str) -> str:
        plain = name.removeprefix("linux/").lower()
        return names.get(plain, plain)

    return machine(one) == machine(other)
