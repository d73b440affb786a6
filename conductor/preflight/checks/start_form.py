"""CMD or ENTRYPOINT means something else.

## What it does
Looks for a JSON form that is none (single quotes, a trailing comma) and for shell words inside a JSON form (`&&`,
`$VARIABLE`).

## Why is this bad?
A broken JSON form is run as a shell command that begins with `[`; in a JSON form there is no shell, so `&&` and
`$VARIABLE` go to the program as they stand.

## Example
```dockerfile
FROM python:3.11-slim
COPY handler.py /handler.py
CMD ['python', '-u', '/handler.py']
```
```python handler.py
print("ready")
```

## Output
```text
Dockerfile:3: error[PF-START-010] CMD looks like JSON and is none, so a shell runs it
    3 | CMD ['python', '-u', '/handler.py']
  remedy: write JSON with double quotes and no shell words, or the shell form without brackets
  docs: docs/checks/start-form.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
COPY handler.py /handler.py
CMD ["python", "-u", "/handler.py"]
```
```python handler.py
print("ready")
```

## Source
docs.docker.com/reference/dockerfile, shell and exec form
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Fix, Meta
from conductor.programs.index import SHELLS

if TYPE_CHECKING:
    from conductor.domain.finding import Location
    from conductor.preflight.parse.dockerfile import Instruction, Stage
    from conductor.preflight.subject import Subject

META = Meta(
    id="start-form",
    code="PF-START-010",
    title="CMD or ENTRYPOINT means something else",
    severity=Severity.ERROR,
    remedy="write JSON with double quotes and no shell words, or the shell form without brackets",
)


_READS_OPERATORS = frozenset({*SHELLS.split(), "env"})


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each start that does not mean what it looks like."""
    for stage in subject.dockerfile.stages:
        if stage.index not in subject.timeline.needed:
            continue
        for instruction in stage.body:
            if instruction.name not in {"CMD", "ENTRYPOINT", "RUN", "SHELL"}:
                continue
            where = subject.here(instruction.line)
            if instruction.json is None and re.match(r"\[\s*['\"]", instruction.text):
                fix = _fix(subject, instruction)
                yield META.finding(
                    subject, f"{instruction.name} looks like JSON and is none, so a shell runs it", where, fix=fix
                )
            elif instruction.json and instruction.name in {"CMD", "ENTRYPOINT"} and _is_whole(subject, instruction):
                before = _program_before(subject, stage, instruction)
                yield from _words(subject, (before, *instruction.json) if before else instruction.json, where)


def _is_whole(subject: Subject, instruction: Instruction) -> bool:
    """Tell whether an instruction's words are a command, and not perhaps arguments of the base's own ENTRYPOINT."""
    start = subject.timeline.start
    return start is None or start.instruction is not instruction or start.whole


def _program_before(subject: Subject, stage: Stage, instruction: Instruction) -> str | None:
    """Return the program of the ENTRYPOINT whose arguments a CMD is, None where it is a command of its own."""
    if instruction.name != "CMD":
        return None
    entries = [each for each in stage.body if each.name == "ENTRYPOINT"]
    start = subject.timeline.start
    if not entries and stage is subject.dockerfile.stages[-1] and start is not None and start.instruction is not None:
        entries = [start.instruction] if start.instruction.name == "ENTRYPOINT" else []
    return (entries[-1].json or ("sh",))[0] if entries and entries[-1].json != () else None


def _fix(subject: Subject, instruction: Instruction) -> Fix | None:
    """Swap single quotes for double ones where nothing else is wrong."""
    import json

    swapped = instruction.text.replace("'", '"')
    try:
        json.loads(swapped)
    except ValueError:
        return None
    return (
        Fix(subject.dockerfile_path, instruction.line, instruction.text, swapped)
        if "\n" not in instruction.text
        else None
    )


def _words(subject: Subject, words: tuple[str, ...], where: Location) -> Iterator[Finding]:
    if not words or words[0].rsplit("/", 1)[-1] in _READS_OPERATORS:
        return
    for word in words:
        if word in {"&&", "||", ";", "|", ">", ">>"}:
            yield META.finding(
                subject, f"{word} is handed to {words[0]} as an argument: the JSON form has no shell", where
            )
            return
        if re.fullmatch(r"\$\{?[A-Za-z_]\w*\}?", word):
            yield META.finding(subject, f"{word} is not replaced: the JSON form has no shell", where)
            return
    if len(words) == 1 and " " in words[0].strip() and not words[0].startswith("/bin/sh"):
        yield META.finding(subject, f"there is no program called {words[0]!r}: each word needs its own quotes", where)
