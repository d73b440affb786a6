"""What a step hands on: the lines it writes into GITHUB_ENV and GITHUB_OUTPUT, and the old commands that it prints."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from conductor.shell.expand import UNKNOWN
from conductor.workflows import partial

_OLD_COMMAND = re.compile(r"^::set-(output|env) name=([^:]+)::(.*)$", re.MULTILINE)
_ESCAPED = {"%0A": "\n", "%0D": "\r", "%25": "%"}

Line = tuple[str, bool]


class HandedOn:
    """Text that is written piece by piece into one of the files that GitHub reads after the step."""

    def __init__(self) -> None:
        self._lines: list[Line] = []
        self._open = False

    def write(self, text: str, *, sure: bool, appends: bool = True) -> None:
        """Take a text; `sure` tells that it surely is written, and without `appends` it takes the place of all."""
        if sure and not appends:
            self._lines.clear()
            self._open = False
        lines = text.split("\n")
        ends = lines.pop() == ""
        for line in lines if ends else text.split("\n"):
            if self._open:
                begun, was_sure = self._lines.pop()
                self._lines.append((begun + line, was_sure and sure))
            else:
                self._lines.append((line, sure))
            self._open = False
        # What a program prints that is not known ends its last line.
        self._open = not ends and text != UNKNOWN and bool(text)

    def values(self, before: Mapping[str, str]) -> dict[str, str]:
        """Return the variables that hold after the step; `before` are those that held.

        Of one that may have been written, and not with the value that it had, only what both have is seen.
        """
        kept: dict[str, str] = {}
        for name, value, sure in read_assignments(self._lines):
            last = kept.get(name, before.get(name, value))
            kept[name] = value if sure else partial.agreed([last, value])
        return kept


def read_assignments(lines: Iterable[Line]) -> Iterator[tuple[str, str, bool]]:
    """Yield (name, value, sure) of a GITHUB_ENV or GITHUB_OUTPUT file: `name=value`, or `name<<END`, lines, `END`."""
    waiting = iter(lines)
    for given, sure in waiting:
        line = partial.without_beginning(given)
        name, heredoc, end = line.partition("<<")
        if heredoc and "=" not in name:
            taken = []
            for following, _ in waiting:
                if partial.without_beginning(following) == end:
                    break
                taken.append(following)
            yield name.strip(), "\n".join(taken), sure
        elif "=" in line:
            name, _, value = line.partition("=")
            yield name.strip(), value, sure


def old_commands(printed: str) -> Iterator[tuple[bool, str]]:
    """Yield (whether it is an output, `name<<…` lines) of the commands `::set-output name=x::y` in a step's log."""
    for kind, name, value in _OLD_COMMAND.findall(printed):
        text = re.sub("|".join(_ESCAPED), lambda found: _ESCAPED[found[0]], value)
        yield kind == "output", f"{name}<<\ue004\n{text}\n\ue004\n"
