"""Interpreter of a script, or program at a path, is not there.

## What it does
Reads the first line of each script and program of the project that is run by its name or path, and looks for what it
names; and for programs that are run by a path outside the project's own folders.

## Why is this bad?
`no such file or directory`, though the script is there: the kernel means the interpreter in its first line.

## Example
```dockerfile
FROM python:3.11-slim
COPY --chmod=755 worker /usr/local/bin/worker
CMD ["worker"]
```
```python worker
#!/usr/bin/python3
print("ready")
```

## Output
```text
Dockerfile:3:1: error[PF-START-014] /usr/local/bin/worker begins with #!/usr/bin/python3, and /usr/bin/python3 is not in the image
    3 | CMD ["worker"]
      |     COPY worker /usr/local/bin/worker (Dockerfile:2)
  remedy: begin the file with #!/usr/bin/env NAME, or install what its first line names
  docs: docs/checks/interpreter-missing.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
COPY --chmod=755 worker /usr/local/bin/worker
CMD ["worker"]
```
```python worker
#!/usr/bin/env python3
print("ready")
```

## Source
execve(2); the images docker.io/library/python keep their Python in /usr/local/bin
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.python.launch import owner_of
from conductor.preflight.python.programs import PYTHON, file_of, is_missing
from conductor.preflight.questions import is_tested, severity_of

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Command, Environment
    from conductor.preflight.subject import Subject

META = Meta(
    id="interpreter-missing",
    code="PF-START-014",
    title="Interpreter of a script, or program at a path, is not there",
    severity=Severity.ERROR,
    remedy="begin the file with #!/usr/bin/env NAME, or install what its first line names",
)


_ANEW = "make the virtual environment in this stage, or build on the image that has that Python"


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each program whose interpreter, or which itself, is certainly not there."""
    seen: set[tuple[str, str]] = set()
    for command in subject.commands:
        link = _link(command)
        if link is not None and not is_tested(command) and (link, command.phase) not in seen:
            seen.add((link, command.phase))
            yield META.finding(subject, link, command.location, severity=severity_of(command), remedy=_ANEW)
        found = file_of(command)
        if found is None or is_tested(command) or (found[0], command.phase) in seen:
            continue
        path, file = found
        text = subject.context.read_text(file.source) if file.source and not file.is_folder else None
        said = _interpreter(command, path, text) if text is not None else _program(command, path)
        if said is not None:
            seen.add((path, command.phase))
            remedy = None if text is not None else "correct the path, or COPY or install the program first"
            yield META.finding(
                subject, said, command.location, file.origin, severity=severity_of(command), remedy=remedy
            )


def _link(command: Command) -> str | None:
    """Say that a virtual environment came without the Python that it links to."""
    environment, first = command.before, command.words[0].text if command.words else None
    if not first or environment.opaque:
        return None
    owner = owner_of(environment, first)
    interpreter = environment.python(first) if owner is None else owner[0]
    home = interpreter.home if interpreter is not None else None
    if interpreter is None or home is None or not is_missing(environment, f"{home}/python3"):
        return None
    return f"{interpreter.path}/python is a link to the Python of {home}, which is not in the image"


def _interpreter(command: Command, path: str, text: str) -> str | None:
    """Say what is wrong with a script's first line."""
    first = re.match(r"#!\s*(\S+)(?:[ \t]+(\S+))?", text)
    if first is None:
        return None
    named = first[2] if first[1].endswith("/env") and first[2] else first[1]
    missing = is_missing(command.before, named) if named.startswith("/") else _is_not_found(command.before, named)
    return f"{path} begins with {first[0]}, and {named} is not in the image" if missing else None


def _is_not_found(environment: Environment, name: str) -> bool:
    """Tell whether PATH certainly has no program of that name."""
    if PYTHON.fullmatch(name) and environment.python(name) is not None:
        return False
    return environment.lacks(name)


def _program(command: Command, path: str) -> str | None:
    """Say that a program is not there, where the files of the project do not tell it already."""
    files = command.before.files
    if files is None or files.find(path).state != "unknown" or not is_missing(command.before, path):
        return None
    return f"{path} is run and nothing puts it into the image"
