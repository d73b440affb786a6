"""Script ends at a variable that nothing sets.

## What it does
Looks in scripts that say `set -u` for variables that neither the image nor the script sets and that have no
default. RunPod's own variables and those of the shell are left alone.

## Why is this bad?
Under `set -u` the shell ends at such a variable: `LD_LIBRARY_PATH: unbound variable`. The endpoint's settings may
give it, so this is a warning.

## Example
```dockerfile
FROM python:3.11-slim
COPY start.sh /start.sh
CMD ["bash", "/start.sh"]
```
```sh start.sh
set -euo pipefail
export PYTHONPATH=/app:$PYTHONPATH
python --version
```

## Output
```text
start.sh:2:24: warning[PF-VAR-002] PYTHONPATH is set by nothing in the image, and set -u ends the script there
    2 | export PYTHONPATH=/app:$PYTHONPATH
  remedy: write ${NAME:-} where it may be unset, or set it with ENV
  docs: docs/checks/unset-variable.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
COPY start.sh /start.sh
CMD ["bash", "/start.sh"]
```
```sh start.sh
set -euo pipefail
export PYTHONPATH=/app:${PYTHONPATH:-}
python --version
```

## Source
bash(1), set -u
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Location, Severity
from conductor.preflight.check import Meta

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject


META = Meta(
    id="unset-variable",
    code="PF-VAR-002",
    title="Script ends at a variable that nothing sets",
    severity=Severity.WARNING,
    remedy="write ${NAME:-} where it may be unset, or set it with ENV",
)


_STRICT = re.compile(r"^\s*set\s+(?:-[a-z]*u|.*\bnounset\b)", re.MULTILINE)
_USED = re.compile(r"(?<!\\)\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))")
_GIVEN = frozenset(
    {
        "HOME",
        "PATH",
        "PWD",
        "OLDPWD",
        "HOSTNAME",
        "USER",
        "SHELL",
        "TERM",
        "RANDOM",
        "SECONDS",
        "LINENO",
        "UID",
        "EUID",
        "PPID",
        "IFS",
    }
    | {
        "OSTYPE",
        "HOSTTYPE",
        "MACHTYPE",
        "FUNCNAME",
        "REPLY",
        "OPTARG",
        "OPTIND",
        "SHLVL",
        "PIPESTATUS",
        "LANG",
        "LC_ALL",
        "PUBLIC_KEY",
    }
)
_BASES = ("python:", "ubuntu:", "debian:")


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for the first use of each such variable."""
    seen: set[str] = set()
    for run in subject.timeline.script_runs:
        source = run.found.source
        text = subject.context.read_text(source) if source else None
        base = (run.command.before.base or "").removeprefix("docker.io/")
        if source is None or text is None or source in seen or not _STRICT.search(text) or not base.startswith(_BASES):
            continue
        seen.add(source)
        known = set(run.command.before.variables) | _GIVEN
        for name, number, column in _unset(text, known):
            where = Location(subject.context.display(source), number, column)
            said = f"{name} is set by nothing in the image, and set -u ends the script there"
            yield META.finding(subject, said, where)


def _unset(text: str, known: set[str]) -> Iterator[tuple[str, int, int]]:
    """Yield (name, line, column) of the first use of each name that no other line sets, and this one not before it."""
    lines = [re.sub(r"'[^']*'", "''", line) for line in text.splitlines()]
    made = [_made(line) for line in lines]
    makers = Counter(name for names in made for name in names)
    for number, code in enumerate(lines):
        for match in _USED.finditer(code) if not code.lstrip().startswith("#") else ():
            name = match[1] or match[2]
            elsewhere = makers[name] - (name in made[number])
            before = name in made[number] and not re.search(rf"{name}\+?=[^\s;&|]*$", code[: match.start()])
            if name in known or elsewhere or before or name.startswith(("RUNPOD_", "BASH", "NVIDIA_")):
                continue
            known.add(name)
            yield name, number + 1, match.start() + 1


def _made(text: str) -> set[str]:
    """Return every name that the script itself may set."""
    names = set(
        re.findall(
            r"(?:^|[\s;&|(])(?:export\s+|local\s+|readonly\s+|declare\s+(?:-\w+\s+)*)?([A-Za-z_]\w*)(?:\[[^]]*\])?\+?=",
            text,
        )
    )
    names |= set(re.findall(r"\bfor\s+([A-Za-z_]\w*)\s+in\b", text))
    names |= {name for line in re.findall(r"\bread\s+(.+)", text) for name in re.findall(r"[A-Za-z_]\w*", line)}
    names |= set(re.findall(r"\$\{([A-Za-z_]\w*):?[-=]", text))
    names |= {
        name
        for line in re.findall(r"\b(?:local|declare|mapfile|readarray|getopts)\s+(.+)", text)
        for name in re.findall(r"\w+", line)
    }
    return names | set(re.findall(r"\(\(\s*([A-Za-z_]\w*)\s*=", text))
