"""The address of a wheel does not answer (online).

## What it does
With `--online`, asks the server for the headers of every https address that pip is to install from, with a time
limit. The answers are cached.

## Why is this bad?
The download ends in 404 and the build stops, after the base image was pulled.

## Example
```dockerfile
FROM python:3.11-slim-bookworm
RUN pip install https://example.com/wheels/acme-1.0-py3-none-any.whl
```

## Output
```text
Dockerfile:2:17: error[PF-WHEEL-010] the address does not serve acme-1.0-py3-none-any.whl
    2 | RUN pip install https://example.com/wheels/acme-1.0-py3-none-any.whl
  remedy: use an address that serves the file
  docs: docs/checks/wheel-unreachable.md
```

## Use instead
An address that answers, with the hash of the file behind it.

## Source
The server itself, at the time of the check.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.wheels.installs import installed_wheels
from conductor.preflight.wheels.report import said

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject

META = Meta(
    id="wheel-unreachable",
    code="PF-WHEEL-010",
    title="The address of a wheel does not answer",
    severity=Severity.ERROR,
    remedy="use an address that serves the file",
    offline=False,
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each wheel whose address the server does not know."""
    if subject.lookup is None:
        return
    for wheel in installed_wheels(subject):
        address = (wheel.requirement.address or "").partition("#")[0]
        if address.startswith(("https://", "http://")) and subject.lookup.serves(address) is False:
            remedy = wheel.judgement.remedy
            yield META.finding(
                subject,
                f"the address does not serve {wheel.judgement.wheel.file}",
                wheel.where,
                remedy=said(remedy) if remedy else None,
            )
