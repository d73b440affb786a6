"""Words of a command: what programs like `env` and `uv run` start, and where."""

from __future__ import annotations

import posixpath
import re

from conductor.programs import find

_ASSIGNED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")


def program_of(word: str) -> str:
    """Return a program's plain name: `.venv/bin/python3.11` is python3.11."""
    return posixpath.basename(word).removesuffix(".exe")


def is_assignment(word: str) -> bool:
    """Tell whether the word is `NAME=value`, as env and make take it."""
    return _ASSIGNED.match(word) is not None


def unwrap(argv: list[str]) -> tuple[list[str], str | None] | None:
    """Return what a wrapper starts and the folder it starts it in (None: this one); None for what is no wrapper."""
    program = find(program_of(argv[0]))
    wrapped = program.wrapped(argv[1:]) if program is not None else None
    if wrapped is None or wrapped.words.how in {"joined", "apart"}:
        return None
    words = wrapped.argv
    while words and is_assignment(words[0]):
        words = words[1:]
    return words, wrapped.folder()
