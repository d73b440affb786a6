"""Requirements file has a line that pip refuses.

## What it does
Reads the requirements files that pip is given, and reports lines that are neither a requirement nor an option: a
single `=`, a name and a version without an operator, marks of an unfinished merge.

## Why is this bad?
pip answers "Invalid requirement" and the build stops.

## Example
```dockerfile
FROM python:3.11-slim
COPY requirements.txt /requirements.txt
RUN pip install -r /requirements.txt
```
```text requirements.txt
runpod
torch = 2.6.0
```

## Output
```text
requirements.txt:2: error[PF-PIP-010] pip refuses this line: torch = 2.6.0
    2 | torch = 2.6.0
  remedy: write NAME==VERSION, one on each line
  docs: docs/checks/requirements-syntax.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
COPY requirements.txt /requirements.txt
RUN pip install -r /requirements.txt
```
```text requirements.txt
runpod
torch==2.6.0
```

## Source
pip.pypa.io/en/stable/reference/requirements-file-format
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Location, Severity
from conductor.preflight.check import Fix, Meta
from conductor.preflight.questions import severity_of

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject

META = Meta(
    id="requirements-syntax",
    code="PF-PIP-010",
    title="Requirements file has a line that pip refuses",
    severity=Severity.ERROR,
    remedy="write NAME==VERSION, one on each line",
)

_CONDA = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[^\]]*\])?=\d[\w.+]*")


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each line that is certainly no requirement."""
    yield from _words(subject)
    seen: set[tuple[str, int]] = set()
    for install in subject.pip_installs:
        for file in install.files:
            for line, text in file.content.problems if file.content and file.path else ():
                if file.path is None or (file.path, line) in seen or not _refused(text):
                    continue
                seen.add((file.path, line))
                message = f"pip refuses this line: {text[:60]}"
                where, severity = Location(file.path, line), severity_of(install.command)
                conda = re.match(rf"{_CONDA.pattern}(?=\s*(?:;|$))", text)
                meant = conda[0].replace("=", "==", 1) if conda else ""
                fix = Fix(file.path, line, conda[0], meant) if conda else None
                remedy = f"write {meant}" if meant else None
                yield META.finding(subject, message, where, severity=severity, remedy=remedy, fix=fix)


def _words(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each `pip install torch=2.6.0`, as conda writes it."""
    for install in subject.pip_installs:
        words = install.command.words
        for index, word in enumerate(words[1:], start=1):
            before = words[index - 1].text or "-"
            if word.text and not before.startswith("-") and _CONDA.fullmatch(word.text):
                message = f"pip refuses {word.text}: a version is asked for with =="
                fix = Fix(install.command.path, word.line, word.text, word.text.replace("=", "==", 1))
                severity, remedy = severity_of(install.command), f"write {fix.new}"
                yield META.finding(
                    subject, message, install.command.at(index), severity=severity, remedy=remedy, fix=fix
                )


def _refused(text: str) -> bool:
    """Tell whether pip takes the line for a requirement and cannot read it."""
    from packaging.requirements import InvalidRequirement, Requirement

    if len(text) >= 200 or any(mark in text for mark in ("--", "$", "/", ":", "\\")):
        return False
    try:
        Requirement(text)
    except InvalidRequirement:
        return True
    return False
