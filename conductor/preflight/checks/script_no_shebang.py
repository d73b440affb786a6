"""Started script has no interpreter line.

## What it does
Looks at the first line of a script that ENTRYPOINT or CMD starts in JSON form.

## Why is this bad?
There is no shell in between: the kernel refuses with `exec format error`.

## Example
```dockerfile
FROM python:3.11-slim
COPY --chmod=755 start.sh /start.sh
CMD ["/start.sh"]
```
```sh start.sh
python --version
```

## Output
```text
Dockerfile:3:1: error[PF-START-004] /start.sh is started without a shell and has no #! line
    3 | CMD ["/start.sh"]
      |     COPY start.sh /start.sh (Dockerfile:2)
  remedy: begin the file with #!/bin/bash, or start it with bash
  docs: docs/checks/script-no-shebang.md
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
execve(2), ENOEXEC
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject


META = Meta(
    id="script-no-shebang",
    code="PF-START-004",
    title="Started script has no interpreter line",
    severity=Severity.ERROR,
    remedy="begin the file with #!/bin/bash, or start it with bash",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where the started script names no interpreter."""
    start = subject.timeline.start
    if start is None or start.words is None or not start.words:
        return
    for run in subject.timeline.script_runs:
        if run.command.phase != "start" or run.how != "path" or run.command.path != subject.dockerfile_path:
            continue
        content = subject.context.read(run.found.source) if run.found.source else None
        if content is None or run.command.words[0].text != start.words[0] or content[:4] == b"\x7fELF":
            continue
        if not content.removeprefix(b"\xef\xbb\xbf").startswith(b"#!"):
            message = f"{run.image_path} is started without a shell and has no #! line"
            yield META.finding(subject, message, run.command.location, run.found.origin)
        elif content.startswith(b"\xef\xbb\xbf"):
            message = f"{run.image_path} begins with a byte order mark, so its #! line is not seen"
            yield META.finding(
                subject, message, run.command.location, remedy="save the file as UTF-8 without a byte order mark"
            )
