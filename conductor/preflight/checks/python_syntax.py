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
handler.py:1:17: error[PF-SYNTAX-002] Python 3.11 cannot read this: expected ':'
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

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Location, Severity
from conductor.preflight.check import Meta
from conductor.preflight.copied import copied_files
from conductor.preflight.python.starts import files_started, starts
from conductor.preflight.python.syntax import parse_python
from conductor.preflight.questions import severity_of, severity_of_start

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Interpreter
    from conductor.preflight.subject import Subject

META = Meta(
    id="python-syntax",
    code="PF-SYNTAX-002",
    title="Python file cannot be parsed",
    severity=Severity.ERROR,
    remedy="correct the syntax; python -m py_compile FILE shows it",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each Python text that the image's Python cannot read."""
    started = files_started(subject)
    for launch, followed in starts(subject):
        for path, error in followed.broken.items():
            if path and started.get(path) is launch:
                said = f"Python{_version(launch.interpreter)} cannot read this: {error.msg}"
                where = Location(subject.context.display(path), error.lineno or 1, error.offset)
                severity = Severity.ERROR if severity_of_start(launch) is Severity.ERROR else Severity.WARNING
                yield META.finding(subject, said, where, severity=severity)
    version = _only_version(subject)
    for path in copied_files(subject, ".py"):
        text = subject.context.read_text(path)
        if path in started or text is None or "{{" in text or "{%" in text:
            continue  # what is only copied may be a template of a program
        read = parse_python(text, version)
        if isinstance(read, SyntaxError):
            where = Location(subject.context.display(path), read.lineno or 1, read.offset)
            yield META.finding(subject, f"Python cannot read this: {read.msg}", where, severity=Severity.WARNING)
    yield from _inline(subject)


def _inline(subject: Subject) -> Iterator[Finding]:
    for command, index in subject.timeline.inline_python:
        word = command.words[index] if index < len(command.words) else None
        if word is None or word.text is None or command.path != subject.dockerfile_path:
            continue
        interpreter = command.before.python(command.words[0].text or "python")
        error = parse_python(word.text, interpreter.version if interpreter else None)
        if isinstance(error, SyntaxError):
            message = f"Python cannot read this program: {error.msg}"
            yield META.finding(subject, message, command.at(index), severity=severity_of(command))


def _version(interpreter: Interpreter | None) -> str:
    """Return the image's version where an older Python's grammar is what refuses the text."""
    return f" {interpreter.version}" if interpreter is not None and interpreter.version else ""


def _only_version(subject: Subject) -> str | None:
    """Return the version of the image's Python where there is one."""
    final = subject.timeline.final
    found = {i.version for names in final.interpreters.values() for i in names.values()} if final else set()
    return found.pop() if len(found) == 1 else None
