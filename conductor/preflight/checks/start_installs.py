"""Packages are installed at every start.

## What it does
Looks for pip, apt and git clone that the entry script runs without asking first whether it is done.

## Why is this bad?
Each cold start pays for it, and what a start installs can change without any push of yours.

## Example
```dockerfile
FROM python:3.11
COPY --chmod=755 start.sh /start.sh
CMD ["/start.sh"]
```
```sh start.sh
#!/bin/bash
pip install gradio
python -m gradio
```

## Output
```text
start.sh:2:1: warning[PF-START-011] pip installs packages at every start
    2 | pip install gradio
  remedy: install while the image is built; tomorrow's start then is today's
  docs: docs/checks/start-installs.md
```

## Use instead
```dockerfile
FROM python:3.11
RUN pip install gradio==5.49.1
CMD ["python", "-m", "gradio"]
```

## Source
docs.runpod.io/serverless, reducing cold starts
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.environment.apt import read_apt
from conductor.preflight.environment.pip import pip_words
from conductor.preflight.questions import is_tested

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject


META = Meta(
    id="start-installs",
    code="PF-START-011",
    title="Packages are installed at every start",
    severity=Severity.WARNING,
    remedy="install while the image is built; tomorrow's start then is today's",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield one finding for the first installation of each kind at the start."""
    seen: set[str] = set()
    for command in subject.commands:
        if command.phase != "start" or command.conditional or is_tested(command):
            continue
        call = read_apt(command)
        kind = "pip" if pip_words(command) else "apt" if call is not None and call.action == "install" else None
        if kind is None or kind in seen:
            continue
        seen.add(kind)
        yield META.finding(subject, f"{kind} installs packages at every start", command.location)
