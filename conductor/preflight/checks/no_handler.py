"""Started program registers no handler.

## What it does
Reads what the container starts, local modules followed, and looks for `runpod.serverless.start` where a target is a
serverless endpoint or the image installs runpod for it.

## Why is this bad?
Without it the endpoint's jobs stay IN_QUEUE for ever, while workers start and end.

## Example
```dockerfile
FROM python:3.11-slim
RUN pip install runpod
COPY handler.py /handler.py
CMD ["python", "-u", "/handler.py"]
```
```python handler.py
import runpod


def handler(job):
    return job
```

## Output
```text
Dockerfile:4:1: warning[PF-START-008] handler.py is started and never calls runpod.serverless.start
    4 | CMD ["python", "-u", "/handler.py"]
  remedy: call runpod.serverless.start({'handler': handler}) in what the container starts
  docs: docs/checks/no-handler.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
RUN pip install runpod
COPY handler.py /handler.py
CMD ["python", "-u", "/handler.py"]
```
```python handler.py
import runpod


def handler(job):
    return job


runpod.serverless.start({"handler": handler})
```

## Source
docs.runpod.io/serverless/workers/handler-functions
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.python.anywhere import later_imports
from conductor.preflight.python.starts import starts

if TYPE_CHECKING:
    from conductor.preflight.python.followed import Followed
    from conductor.preflight.subject import Subject


META = Meta(
    id="no-handler",
    code="PF-START-008",
    title="Started program registers no handler",
    severity=Severity.ERROR,
    remedy="call runpod.serverless.start({'handler': handler}) in what the container starts",
)


# What may run a handler that the text does not show.
_HIDING = ("importlib", "runpy", "exec(")
_PROCESSES = ("subprocess", "os.system", "os.exec", "multiprocessing")


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where the last thing that starts is a program without a handler."""
    yield from _library_started(subject)
    runs = [each for each in starts(subject) if each[0].command.phase == "start" and not each[0].command.tested]
    if not runs or runs[-1][0].by is not None or runs[-1][1].unknown:
        return
    launch, followed = runs[-1]
    main = next((path for path, (_, _, started) in followed.files.items() if started), None)
    serverless = any(target.kind == "serverless" for target in subject.settings.targets)
    text = _text(subject, followed)
    if main is None or any(_may_start(_text(subject, each)) for _, each in runs):
        return
    if not serverless and not _is_a_worker(text):
        return
    path = subject.context.display(main)
    message = f"{path} is started and never calls runpod.serverless.start"
    severity = Severity.ERROR if serverless and "import " in text and not _other_process(text) else Severity.WARNING
    yield META.finding(subject, message, launch.command.location, severity=severity)


def _text(subject: Subject, followed: Followed) -> str:
    """Return the text of every local file that a start imports, at once or later."""
    pending, seen = list(followed.files), dict[str, str]()
    while pending:
        path = pending.pop()
        if path in seen:
            continue
        seen[path] = subject.context.read_text(path) or ""
        pending += later_imports(subject.context, path, seen[path])
    return "\n".join(seen.values())


def _may_start(text: str) -> bool:
    """Tell whether a program registers a handler, or runs what the text does not show."""
    return "serverless.start" in text or any(word in text for word in _HIDING)


def _is_a_worker(text: str) -> bool:
    """Tell whether a program that imports runpod is meant to be a serverless worker: it has a handler of jobs."""
    return re.search(r"^\s*(import|from) runpod\b", text, re.MULTILINE) is not None and (
        re.search(r"serverless|\bdef \w*handler\w*\(\w*(job|event)", text) is not None
    )


def _library_started(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for `python -m runpod.serverless`: a package without anything to run."""
    for command in subject.commands:
        words = list(command.arguments)
        if command.phase != "start" or not command.name.startswith("python") or "-m" not in words[:-1]:
            continue
        module = words[words.index("-m") + 1]
        if module in {"runpod.serverless", "runpod.serverless.start"}:
            message = f"python -m {module} runs nothing: it is a part of the library, not a program"
            yield META.finding(subject, message, command.location)


def _other_process(text: str) -> bool:
    """Tell whether the program starts others, which may hold the handler."""
    return any(word in text for word in _PROCESSES)
