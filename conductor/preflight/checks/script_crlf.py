r"""Script has Windows line ends.

## What it does
Looks for CRLF in every shell script that a RUN or the start runs, unless the build converts it (dos2unix, sed).

## Why is this bad?
The kernel looks for an interpreter called `bash\r`: `no such file or directory`, though the file is there.

## Example
```dockerfile
FROM python:3.11-slim
COPY --chmod=755 start.sh /start.sh
CMD ["/start.sh"]
```
```sh-crlf start.sh
#!/bin/bash
python --version
```

## Output
```text
start.sh:1: error[PF-START-002] start.sh has Windows line ends (CRLF) and is run by Dockerfile:3
    1 | #!/bin/bash
  remedy: convert it to LF, and keep it so: *.sh text eol=lf in .gitattributes
  docs: docs/checks/script-crlf.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
COPY --chmod=755 start.sh /start.sh
CMD ["/start.sh"]
```
```sh start.sh
#!/bin/bash
python --version
```

## Source
execve(2), interpreter scripts; git-scm.com, gitattributes
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Location, Severity
from conductor.preflight.check import Fix, Meta
from conductor.preflight.questions import severity_of

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject


META = Meta(
    id="script-crlf",
    code="PF-START-002",
    title="Script has Windows line ends",
    severity=Severity.ERROR,
    remedy="convert it to LF, and keep it so: *.sh text eol=lf in .gitattributes",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each script that is run with CRLF in it."""
    seen: set[str] = set()
    for run in subject.timeline.script_runs:
        source = run.found.source
        if source is None or source in seen or _converted(subject, run.image_path):
            continue
        content = subject.context.read(source) or b""
        if b"\r\n" not in content or b"\0" in content:
            continue
        seen.add(source)
        path = subject.context.display(source)
        line = content[: content.index(b"\r\n")].count(b"\n") + 1
        message = f"{path} has Windows line ends (CRLF) and is run by {run.command.path}:{run.command.location.line}"
        yield META.finding(
            subject,
            message,
            Location(path, line),
            severity=severity_of(run.command),
            fix=Fix(path, kind="crlf"),
        )


def _converted(subject: Subject, image_path: str) -> bool:
    """Tell whether a command before takes the carriage returns out."""
    name = posixpath.basename(image_path)
    for command in subject.commands:
        words = " ".join(word.text or word.raw for word in command.words)
        strips = command.name == "dos2unix" or (command.name in {"sed", "tr"} and "\\r" in words)
        if strips and (name in words or "*" in words or "find" in words or "{}" in words):
            return True
    return False
