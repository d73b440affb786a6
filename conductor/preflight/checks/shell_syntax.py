"""Shell text cannot be parsed.

## What it does
Parses every RUN and every shell script that is run or copied. A script that is only copied gives a warning.

## Why is this bad?
The shell stops at the first line it cannot read: in a RUN the build ends, in an entry script the worker.

## Example
```dockerfile
FROM python:3.11-slim
RUN if [ -n "$HOME" ]; then echo home
```

## Output
```text
Dockerfile:2:5: error[PF-SYNTAX-001] the shell cannot read this: `if` statement must end with `fi`
    2 | RUN if [ -n "$HOME" ]; then echo home
  remedy: correct the syntax; bash -n FILE shows it
  docs: docs/checks/shell-syntax.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
RUN if [ -n "$HOME" ]; then echo home; fi
```

## Source
mvdan/sh (shfmt), whose parser is used
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Location, Severity
from conductor.preflight.check import Meta
from conductor.preflight.copied import copied_files
from conductor.preflight.environment.texts import parse_text
from conductor.shell import ShellSyntaxError

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject


META = Meta(
    id="shell-syntax",
    code="PF-SYNTAX-001",
    title="Shell text cannot be parsed",
    severity=Severity.ERROR,
    remedy="correct the syntax; bash -n FILE shows it",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each shell text that no shell can read."""
    seen: set[str] = set()
    for error in subject.timeline.script_errors:
        seen.add(error.path)
        where = Location(error.path, error.line, error.column)
        yield META.finding(subject, f"the shell cannot read this: {error.message}", where)
    for path in copied_files(subject, ".sh"):
        shown = subject.context.display(path)
        text = subject.context.read_text(path)
        if shown in seen or text is None or "\r" in text or not _is_shell(text):
            continue
        try:
            parse_text(text)
        except ShellSyntaxError as error:
            where = Location(shown, error.line, error.column)
            said = f"the shell cannot read this: {error.message}"
            yield META.finding(subject, said, where, severity=Severity.WARNING)


def _is_shell(text: str) -> bool:
    first = text.partition("\n")[0]
    return not first.startswith("#!") or first.rstrip().endswith(("bash", "/sh", "bash -e", "sh -e"))
