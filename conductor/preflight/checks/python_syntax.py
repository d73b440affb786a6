"""Python file cannot be parsed.

## What it does
Parses every Python file that is run or copied, and every program given with `python -c`. A file that is only copied
gives a warning.

## Why is this bad?
The worker dies with `SyntaxError` before its handler is registered.

## Example
```dockerfile
FROM python:3.11-slim
COPY handler.py /handler.py
CMD ["python", "-u", "/handler.py"]
```
```python handler.py
def handler(job)
    return job
```

## Output
```text
handler.py:1:17: error[PF-SYNTAX-002] Python cannot read this: expected ':'
    1 | def handler(job)
  remedy: correct the syntax; python -m py_compile FILE shows it
  docs: docs/checks/python-syntax.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
COPY handler.py /handler.py
CMD ["python", "-u", "/handler.py"]
```
```python handler.py
def handler(job):
    return job
```

## Source
docs.python.org, ast.parse
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Location, Severity
from conductor.preflight.check import Meta
from conductor.preflight.copied import copied_files
from conductor.preflight.imports import local_files
from conductor.preflight.questions import runs, severity_of
from conductor.preflight.subject import python_tree

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Command
    from conductor.preflight.environment.timeline import PythonRun
    from conductor.preflight.subject import Subject

META = Meta(
    id="python-syntax",
    code="PF-SYNTAX-002",
    title="Python file cannot be parsed",
    severity=Severity.ERROR,
    remedy="correct the syntax; python -m py_compile FILE shows it",
)


# Newer than the Python that reads here; what it refuses may be right there.
_NEWEST = sys.version_info[:2]


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each Python text that cannot be read."""
    started: dict[str, PythonRun] = {}
    for run in subject.timeline.python_runs:
        if run.found.source:
            for path in local_files(subject, run.found.source):
                started.setdefault(path, run)
    for path in dict.fromkeys((*started, *copied_files(subject, ".py"))):
        text = subject.context.read_text(path)
        tree = python_tree(text) if text is not None else None
        if not isinstance(tree, SyntaxError) or "{{" in (text or "") or "{%" in (text or ""):
            continue
        reached = started.get(path)
        sure = reached is not None and runs(reached.command) and not _newer(reached.command)
        where = Location(subject.context.display(path), tree.lineno or 1, tree.offset)
        severity = Severity.ERROR if sure else Severity.WARNING
        yield META.finding(subject, f"Python cannot read this: {tree.msg}", where, severity=severity)
    yield from _inline(subject)


def _inline(subject: Subject) -> Iterator[Finding]:
    for command, index in subject.timeline.inline_python:
        word = command.words[index] if index < len(command.words) else None
        if word is None or word.text is None or _newer(command) or command.path != subject.dockerfile_path:
            continue
        tree = python_tree(word.text)
        if isinstance(tree, SyntaxError):
            message = f"Python cannot read this program: {tree.msg}"
            yield META.finding(subject, message, command.at(index), severity=severity_of(command))


def _newer(command: Command) -> bool:
    """Tell whether the image's Python may read more than the one that judges."""
    found = command.before.python(command.words[0].text or "python")
    if found is None or found.version is None:
        return True
    parts = found.version.split(".")
    return len(parts) < 2 or not parts[1].isdigit() or (int(parts[0]), int(parts[1])) > _NEWEST
