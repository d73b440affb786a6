"""Left-over of an editor or a merge is run.

## What it does
Looks for the end of a heredoc that nothing opens (`EOF`), conflict markers and numbers among the commands of RUN and
of scripts, for a `#` that stands at the end of a word and begins no comment (`x# Launch`), and for a backslash with
blanks behind it, which quotes a blank instead of continuing the line.

## Why is this bad?
The shell looks for a program of that name: `EOF: command not found`; with `set -e` the worker stops there.

## Example
```dockerfile
FROM python:3.11-slim
COPY start.sh /start.sh
CMD ["bash", "/start.sh"]
```
```sh start.sh
set -e
python --version
EOF
```

## Output
```text
start.sh:3:1: error[PF-SYNTAX-003] EOF is run as a program
    3 | EOF
  remedy: take the line out
  docs: docs/checks/stray-token.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
COPY start.sh /start.sh
CMD ["bash", "/start.sh"]
```
```sh start.sh
set -e
python --version
```

## Source
bash(1), here documents
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.questions import severity_of

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Command
    from conductor.preflight.subject import Subject

META = Meta(
    id="stray-token",
    code="PF-SYNTAX-003",
    title="Left-over of an editor or a merge is run",
    severity=Severity.ERROR,
    remedy="take the line out",
)


_INSTRUCTION = re.compile(
    r"(RUN|CMD|COPY|ADD|ENV|FROM|WORKDIR|ENTRYPOINT|EXPOSE|ARG|USER|VOLUME|LABEL|SHELL)\s+(?=[\[/.\w\"-])(?!=)"
)
# They take each word for the name of something to fetch.
_INSTALLERS = frozenset({"apt-get", "apt", "pip", "pip3", "apk", "dnf", "yum", "npm", "conda", "mamba", "uv"})
_STRIPPING = frozenset({"pip", "pip3", "uv", "conda", "mamba"})  # they take blanks around a name away
_STRAY = re.compile(r"EOF|EOL|EOS|HEREDOC|<{7}|={7}|>{7}")


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each left-over that is run as a program."""
    yield from _swallowed(subject)
    for command in subject.commands:
        first = command.words[0].text if command.words else None
        if first and _is_stray(command, first) and first not in _functions(subject, command):
            said = f"{first} is run as a program"
            yield META.finding(subject, said, command.location, severity=severity_of(command))
        yield from _quoted_blanks(subject, command)


def _is_stray(command: Command, first: str) -> bool:
    """Tell whether no program is called so: the mark of an editor, a number, a word that a # ends."""
    if _STRAY.fullmatch(first):
        return True
    odd = re.fullmatch(r"\d+|[^\s#/]*#", first) is not None and not command.words[0].raw.startswith(
        ("$", "`", '"', "'")
    )
    return odd and not command.tested and first not in command.before.commands


def _quoted_blanks(subject: Subject, command: Command) -> Iterator[Finding]:
    """Yield a finding for an installer's word that a backslash and blanks make a name of."""
    if command.name not in _INSTALLERS:
        return
    for index, word in enumerate(command.words[1:], start=1):
        line = subject.source_lines(command.path)[word.line - 1 : word.line]
        blank = word.text is not None and (
            word.text.isspace() if command.name in _STRIPPING else word.text[:1].isspace()
        )
        if blank and line and line[0][word.column - 1 : word.column] == "\\":
            said = f"the backslash quotes the blank behind it, so {command.name} is asked for {word.text!r}"
            remedy = "take the blanks behind the backslash away, or the backslash where the line goes on"
            yield META.finding(subject, said, command.at(index), remedy=remedy, severity=severity_of(command))
            return


def _swallowed(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each instruction that a backslash on the line before made part of a RUN."""
    for instruction in subject.dockerfile.instructions:
        if instruction.name != "RUN" or instruction.heredocs:
            continue
        for number in range(instruction.line + 1, instruction.end_line + 1):
            line = subject.dockerfile.lines[number - 1]
            match = _INSTRUCTION.match(line)
            if match:
                said = f"{match[1]} belongs to the RUN above: a line before it ends with a backslash"
                remedy = "take the last backslash (and the && before it) away"
                yield META.finding(subject, said, subject.here(number), remedy=remedy)
                break


def _functions(subject: Subject, command: Command) -> set[str]:
    """Return the names that the text itself makes into functions."""
    text = "\n".join(subject.source_lines(command.path))
    return set(re.findall(r"^\s*(?:function\s+)?(\w+)\s*\(\)", text, re.MULTILINE))
