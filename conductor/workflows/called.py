"""Which shell script a command starts: `./build.sh`, `bash -x ci/build.sh 1.2`, `source env.sh`, `bash -c '…'`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from conductor.programs.index import LANGUAGES
from conductor.programs.interpreters import read_shell
from conductor.programs.wrapping import behind, program_of

_SHEBANG = re.compile(r"#![^\n]*?\b(?:ba|da|a|k|z)?sh\b")


@dataclass(frozen=True, slots=True)
class Called:
    """The script's path as typed, or its text (`bash -c`), its arguments, and whether a shell is told to read it."""

    path: str
    text: str | None
    arguments: list[str]
    by_shell: bool


def find_called(words: list[str]) -> Called | None:
    """Return the script that a command may start, None for one that surely starts none of this repository."""
    words = behind(words)
    if not words:
        return None
    if words[0] in {"source", "."}:
        return Called(words[1], None, words[2:], by_shell=True) if len(words) > 1 else None
    name = program_of(words[0])
    if name in LANGUAGES["sh"].split():
        shell = read_shell(name, words[1:])
        if shell.idle or not (shell.code or shell.script):
            return None
        given = shell.arguments[1:] if shell.code is not None else shell.arguments
        return Called(shell.script, shell.code, given, by_shell=True)
    return Called(words[0], None, words[1:], by_shell=False) if "/" in words[0] else None


def names_shell(text: str, path: str) -> bool:
    """Tell whether a file that is started by its path is a shell script: by its first line, else by its name."""
    return _SHEBANG.match(text) is not None if text.startswith("#!") else path.endswith((".sh", ".bash"))
