"""Script is run without its x bit.

## What it does
Compares the mode of every script that is run by its path, as it lies in the repository, with chmod in the
Dockerfile.

## Why is this bad?
`permission denied`: the container does not start. COPY keeps the mode that git has; on Windows that is never
executable.

## Example
```dockerfile
FROM python:3.11-slim
COPY start.sh /start.sh
CMD ["/start.sh"]
```
```sh start.sh
#!/bin/bash
python --version
```

## Output
```text
Dockerfile:3:1: error[PF-START-003] /start.sh is run by its path, and start.sh is not executable
    3 | CMD ["/start.sh"]
      |     COPY start.sh /start.sh (Dockerfile:2)
  remedy: RUN chmod +x it, COPY --chmod=755, or start it with bash
  docs: docs/checks/script-not-executable.md
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
docs.docker.com/reference/dockerfile, COPY --chmod
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Fix, Meta
from conductor.preflight.questions import severity_of

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject


META = Meta(
    id="script-not-executable",
    code="PF-START-003",
    title="Script is run without its x bit",
    severity=Severity.ERROR,
    remedy="RUN chmod +x it, COPY --chmod=755, or start it with bash",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each script that cannot be executed."""
    seen: set[str] = set()
    for run in subject.timeline.script_runs:
        found = run.found
        if run.how != "path" or found.state != "context" or found.executable or found.source is None or found.is_folder:
            continue
        if run.image_path in seen or _changed(subject, run.image_path):
            continue
        seen.add(run.image_path)
        path = subject.context.display(found.source)
        message = f"{run.image_path} is run by its path, and {path} is not executable"
        yield META.finding(
            subject,
            message,
            run.command.location,
            found.origin,
            severity=severity_of(run.command),
            fix=Fix(path, kind="chmod"),
        )


def _changed(subject: Subject, image_path: str) -> bool:
    """Tell whether a chmod that could not be followed may have covered it."""
    bare = image_path.rpartition("/")[2]  # perhaps in another folder than the one that was followed
    for command in subject.commands:
        if command.name == "chmod" and any(text in {None, bare} or "$" in (text or "") for text in command.arguments):
            return True
        if command.name in {"find", "xargs"} and "chmod" in command.arguments:
            return True
        if command.name == "chmod" and any(t in {"-R", "--recursive"} for t in command.arguments):
            folders = [t for t in command.arguments if t and t.startswith("/")]
            if any(image_path.startswith(folder.rstrip("/") + "/") or folder == "/" for folder in folders):
                return True
            if any(t in {".", "./"} for t in command.arguments):
                return True
    return False
