"""Which shell script a command starts: `./build.sh`, `bash -x ci/build.sh 1.2`, `source env.sh`, `bash -c '…'`."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SHELLS = frozenset({"sh", "bash", "dash", "ash", "ksh", "zsh"})
_PREFIXES = frozenset({"sudo", "time", "env", "exec", "nice", "command"})
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
    while words and (words[0] in _PREFIXES or re.match(r"[A-Za-z_]\w*=", words[0])):
        words = words[1:]
    if not words:
        return None
    if words[0] in {"source", "."}:
        return Called(words[1], None, words[2:], by_shell=True) if len(words) > 1 else None
    if words[0].rpartition("/")[2] in _SHELLS:
        return _behind_options(words[1:])
    return Called(words[0], None, words[1:], by_shell=False) if "/" in words[0] else None


def names_shell(text: str, path: str) -> bool:
    """Tell whether a file that is started by its path is a shell script: by its first line, else by its name."""
    return _SHEBANG.match(text) is not None if text.startswith("#!") else path.endswith((".sh", ".bash"))


def _behind_options(words: list[str]) -> Called | None:
    waiting = list(words)
    while waiting and waiting[0][:1] in {"-", "+"}:
        option = waiting.pop(0)
        if option == "--":
            break
        if option.startswith("-") and not option.startswith("--") and "c" in option:
            return Called("", waiting[0], waiting[2:], by_shell=True) if waiting else None
        if option[1:].endswith(("o", "O")) and waiting:
            waiting.pop(0)
    return Called(waiting[0], None, waiting[1:], by_shell=True) if waiting else None
