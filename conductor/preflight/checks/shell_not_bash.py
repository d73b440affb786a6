"""sh gets what only bash can read.

## What it does
Follows which shell reads each RUN and each script, and looks where it is dash, the /bin/sh of Debian and Ubuntu, for
what only bash knows: `source`, `[[ … ]]`, `set -o pipefail`, arrays, `<(…)`, `<<<`, `${x//a/b}`, `==` in `[`.

## Why is this bad?
RUN starts /bin/sh, whatever the shell of your terminal is: `source: not found`, `Illegal option -o pipefail`,
`Syntax error: "(" unexpected`. A `[[` in a condition is just false.

## Example
```dockerfile
FROM nvidia/cuda:12.6.3-cudnn-runtime-ubuntu22.04
RUN source /opt/venv/bin/activate
RUN set -euo pipefail; nvidia-ctk --version | cat
```

## Output
```text
Dockerfile:2:5: error[PF-SHELL-001] source is not known to /bin/sh (dash), which runs this line
    2 | RUN source /opt/venv/bin/activate
      |     nvidia/cuda:12.6.3-cudnn-runtime-ubuntu22.04 (Dockerfile:1)
  remedy: SHELL ["/bin/bash", "-c"] before it, or . instead of source
  docs: docs/checks/shell-not-bash.md
Dockerfile:3:5: error[PF-SHELL-001] set -o pipefail is an illegal option to /bin/sh (dash), which ends there
    3 | RUN set -euo pipefail; nvidia-ctk --version | cat
      |     nvidia/cuda:12.6.3-cudnn-runtime-ubuntu22.04 (Dockerfile:1)
  remedy: SHELL ["/bin/bash", "-c"] before it, or . instead of source
  docs: docs/checks/shell-not-bash.md
```

## Use instead
```dockerfile
FROM nvidia/cuda:12.6.3-cudnn-runtime-ubuntu22.04
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN source /opt/venv/bin/activate
```

## Source
dash(1); docs.docker.com/reference/dockerfile, SHELL; each form tried with dash 0.5.12
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Location, Severity
from conductor.preflight.check import Fix, Meta
from conductor.preflight.environment.paths import dash_release
from conductor.preflight.parse.dash import bashisms, ends_badly
from conductor.preflight.questions import runs
from conductor.programs.builtins import BASH, DASH

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Command, Fact
    from conductor.preflight.environment.timeline import ShellText
    from conductor.preflight.subject import Subject
    from conductor.shell.nodes import Position

    _Said = tuple[Location, str, Severity, Fact, Fix | None]

META = Meta(
    id="shell-not-bash",
    code="PF-SHELL-001",
    title="sh gets what only bash can read",
    severity=Severity.ERROR,
    remedy='SHELL ["/bin/bash", "-c"] before it, or . instead of source',
)

_BUILTINS = BASH - DASH  # programs to dash, which has none of these: exit code 127
_SAID = {
    "refused": "a syntax error to /bin/sh (dash), which reads this text",
    "ends": "a bad substitution to /bin/sh (dash), which ends there",
    "fails": "not known to /bin/sh (dash), which runs this line",
    "differs": "& and > to /bin/sh (dash): the command goes to the background, and its output is not caught",
}


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each form on each line that dash does not know."""
    seen: set[Location] = set()
    told = sorted((*_commands(subject), *_texts(subject)), key=lambda each: each[2] is not Severity.ERROR)
    for where, message, severity, release, fix in told:
        line = Location(where.path, where.line)
        if line not in seen:
            seen.add(line)
            remedy = (
                "begin the script with #!/bin/bash and start it with bash"
                if where.path != subject.dockerfile_path
                else None
            )
            yield META.finding(subject, message, where, release.origin, remedy=remedy, severity=severity, fix=fix)


def _commands(subject: Subject) -> Iterator[_Said]:
    for command in subject.commands:
        release = dash_release(command.before) if command.dialect == "posix" else None
        what = _unknown(command) if release is not None else None
        if what is None or release is None or (command.caught and what != "source"):
            continue
        # An illegal option ends the shell, whatever stands behind it.
        certain = runs(command) or (command.name == "set" and not (command.conditional or command.tested))
        fix = None
        if command.words[0].text == "source" and command.location.line:
            fix = Fix(command.path, command.location.line, "source ", ". ")
        yield command.location, what, Severity.ERROR if certain else Severity.WARNING, release, fix


def _unknown(command: Command) -> str | None:
    """Return what dash says of a command, or None for one that it can run."""
    first, texts = command.words[0].text if command.words else None, command.arguments
    if first in _BUILTINS:
        return f"{first} is {_SAID['fails']}"
    if first == "set" and any(
        text == "pipefail" and (texts[at - 1] or "").endswith("o") for at, text in enumerate(texts) if at
    ):
        return "set -o pipefail is an illegal option to /bin/sh (dash), which ends there"
    if first in {"[", "test"} and "==" in texts:
        return "== is no operator of [ in /bin/sh (dash): the test fails whatever is compared"
    return None


def _texts(subject: Subject) -> Iterator[_Said]:
    for text in subject.timeline.dash_texts:
        for found in bashisms(text.script, text.home.text):
            certain = text.certain and found.certain and found.effect != "differs"
            severity = Severity.ERROR if certain else Severity.WARNING
            yield _at(text, found.position), f"{found.what} is {_SAID[found.effect]}", severity, text.release, None
        asked = ends_badly(text.script) if text.certain else None
        if asked is not None:
            message = f"[[ is {_SAID['fails']}: the condition is false, and the text ends with a failure"
            yield _at(text, asked), message, Severity.ERROR, text.release, None


def _at(text: ShellText, position: Position) -> Location:
    line, column = text.home.line_and_column(position.line, position.column)
    return Location(text.home.path, line, column)
