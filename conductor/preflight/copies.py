"""Where the words of a COPY stand, and which of them are no file names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conductor.preflight.parse.words import split_words, unquote

if TYPE_CHECKING:
    from conductor.domain.finding import Location
    from conductor.preflight.environment.timeline import CopyStep
    from conductor.preflight.subject import Subject

_SHELL = re.compile(r"\|\|?|&&?|;|\d?>{1,2}(&\d|/dev/null|\S*)?|&>\S*")


def is_shell(word: str) -> bool:
    """Tell whether a word is shell syntax, which COPY takes for a file name."""
    return _SHELL.fullmatch(word) is not None


def comment_behind(words: tuple[str, ...]) -> int | None:
    """Return the index of the word that begins what was meant as a comment, which COPY takes for file names."""
    found = [index for index, word in enumerate(words) if index >= 2 and word.startswith("#")]
    return found[0] if found else None


def source_place(subject: Subject, step: CopyStep, source: str) -> Location:
    """Return where a source stands in the Dockerfile."""
    instruction = step.instruction
    for word in split_words(instruction.text, subject.dockerfile.escape):
        if unquote(word.raw) == source or source in word.raw:
            return subject.here(*instruction.arguments.place(word.start))
    return subject.here(instruction.line)
