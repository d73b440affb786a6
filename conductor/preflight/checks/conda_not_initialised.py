"""conda activate without conda init.

## What it does
Looks for `conda activate` in a shell that never read conda's functions.

## Why is this bad?
The step ends with `CondaError: Run 'conda init' before 'conda activate'`. `conda init` writes to .bashrc, which a
RUN does not read.

## Example
```dockerfile
FROM continuumio/miniconda3:25.3.1-1
RUN conda create -n worker python=3.11
RUN conda activate worker && pip install runpod
```

## Output
```text
Dockerfile:3:5: error[PF-SHELL-002] conda activate works only in a shell that has read conda's functions
    3 | RUN conda activate worker && pip install runpod
  remedy: use conda run -n NAME …, or put /opt/conda/envs/NAME/bin first in PATH
  docs: docs/checks/conda-not-initialised.md
```

## Use instead
```dockerfile
FROM continuumio/miniconda3:25.3.1-1
RUN conda create -n worker python=3.11
RUN conda run -n worker pip install runpod
```

## Source
docs.conda.io, managing environments
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.questions import severity_of

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Command
    from conductor.preflight.subject import Subject

META = Meta(
    id="conda-not-initialised",
    code="PF-SHELL-002",
    title="conda activate without conda init",
    severity=Severity.ERROR,
    remedy="use conda run -n NAME …, or put /opt/conda/envs/NAME/bin first in PATH",
)


_READS = ("conda.sh", "shell.bash hook", "shell.posix hook", ".bashrc", "shell hook", "bin/activate")


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each activation that conda refuses."""
    for command in subject.commands:
        if command.name not in {"conda", "mamba", "micromamba"} or command.arguments[:1] != ("activate",):
            continue
        shell = " ".join(command.before.shell)
        if "-l" in shell.split() or "--login" in shell or "-i" in shell.split() or "-lc" in shell or "-ic" in shell:
            continue
        if command.before.variables.get("BASH_ENV") or _was_read(subject, command):
            continue
        said = f"{command.name} activate works only in a shell that has read conda's functions"
        yield META.finding(subject, said, command.location, severity=severity_of(command))


def _was_read(subject: Subject, command: Command) -> bool:
    """Tell whether a command of the same instruction or script reads conda's functions."""
    start, end = 0, 10**9
    if command.path == subject.dockerfile_path:
        line = command.location.line or 0
        for instruction in subject.dockerfile.instructions:
            if instruction.line <= line <= instruction.end_line:
                start, end = instruction.line, instruction.end_line
    for other in subject.commands:
        if other.path == command.path and start <= (other.location.line or 0) <= end:
            words = " ".join(word.text or word.raw for word in other.words)
            if other.name in {"source", ".", "eval", "bash"} and any(mark in words for mark in _READS):
                return True
            if other.name in {"bash", "sh"} and ("-l" in words or "-i" in words):
                return True
    return False
