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

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.imports import local_files

if TYPE_CHECKING:
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
    runs = [run for run in subject.timeline.python_runs if run.command.phase == "start" and not run.command.tested]
    if not runs or runs[-1].found.source is None:
        return
    serverless = any(target.kind == "serverless" for target in subject.settings.targets)
    text = "\n".join(subject.context.read_text(path) or "" for path in local_files(subject, runs[-1].found.source))
    if _may_start(text) or any(_may_start(subject.context.read_text(run.found.source or "?") or "") for run in runs):
        return
    if not serverless and not _imports_runpod(text):
        return
    path = subject.context.display(runs[-1].found.source)
    message = f"{path} is started and never calls runpod.serverless.start"
    severity = Severity.ERROR if serverless and "import " in text and not _other_process(text) else Severity.WARNING
    yield META.finding(subject, message, runs[-1].command.location, severity=severity)


def _may_start(text: str) -> bool:
    """Tell whether a program registers a handler, or runs what the text does not show."""
    return "serverless.start" in text or any(word in text for word in _HIDING)


def _imports_runpod(text: str) -> bool:
    return "import runpod" in text or "from runpod" in text


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
