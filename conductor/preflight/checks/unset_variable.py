"""Shell ends at a variable that nothing sets.

## What it does
Follows the variables of every RUN and every script, through sourced files, functions and loops, and looks where
`set -u` holds for one that nothing set. RunPod's own variables and those of the shell are left alone.

## Why is this bad?
Under `set -u` the shell ends at such a variable: `LD_LIBRARY_PATH: unbound variable`. At the start the endpoint's
settings may give it, so there this is a warning. An argument (`$1`) that neither ENTRYPOINT nor CMD gives is an error.

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
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Location, Severity
from conductor.preflight.check import Meta

if TYPE_CHECKING:
    from conductor.preflight.environment.timeline import UnsetUse
    from conductor.preflight.subject import Subject


META = Meta(
    id="unset-variable",
    code="PF-VAR-002",
    title="Shell ends at a variable that nothing sets",
    severity=Severity.ERROR,
    remedy="write ${NAME:-} where it may be unset, or set it with ENV",
)


# The shell's own, what a container engine sets, and what RunPod gives.
_GIVEN = frozenset(
    """
    HOME PATH PWD OLDPWD HOSTNAME USER LOGNAME SHELL TERM RANDOM SRANDOM SECONDS EPOCHSECONDS EPOCHREALTIME LINENO UID
    EUID PPID IFS OSTYPE HOSTTYPE MACHTYPE FUNCNAME REPLY OPTARG OPTIND OPTERR SHLVL SHELLOPTS PIPESTATUS DIRSTACK GROUPS
    COLUMNS LINES LANG LC_ALL COMP_WORDS PS1 PS4 PUBLIC_KEY GPG_KEY TZ DEBIAN_FRONTEND
    """.split()  # noqa: SIM905 - a list of 50 lines reads worse
)
_FAMILIES = ("RUNPOD_", "BASH", "NVIDIA_", "PYTHON_", "CUDA_")
_BASES = ("python:", "ubuntu:", "debian:")


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for the first use of each such variable in each file."""
    seen: set[tuple[str, str]] = set()
    for use in subject.timeline.unset_uses:
        key = (use.home.path, use.name)
        if key in seen or use.name in _GIVEN or use.name.startswith(_FAMILIES) or not re.fullmatch(r"\w+", use.name):
            continue
        if not use.base.removeprefix("docker.io/").removeprefix("library/").startswith(_BASES):
            continue
        seen.add(key)
        if use.name.isdigit():
            yield from [_argument(subject, use)] if use.certain else []
            continue
        build = use.home.phase == "build"
        where = "what runs" if build else "the script"
        said = f"{use.name} is set by nothing in the image, and set -u ends {where} there"
        severity = Severity.ERROR if build and use.certain else Severity.WARNING
        yield META.finding(subject, said, _place(use), severity=severity)


def _argument(subject: Subject, use: UnsetUse) -> Finding:
    """Tell of an argument: the Dockerfile or the script that calls says all that there are."""
    said = f"${use.name} is asked for where nothing gives so many arguments, and set -u ends the script there"
    remedy = f"write ${{{use.name}:-}} where it may be missing, or give it: CMD holds the arguments of ENTRYPOINT"
    return META.finding(subject, said, _place(use), remedy=remedy)


def _place(use: UnsetUse) -> Location:
    """Return where the text asks for the variable."""
    found = re.search(rf"(?<!\\)\$\{{?{use.name}\b", use.home.text)
    line, column = use.home.source.place(found.start() if found else 0)
    return Location(use.home.path, line, column)
