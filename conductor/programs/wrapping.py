"""The command behind the wrappers that stand before it."""

from __future__ import annotations

from conductor.programs import find

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from conductor.programs.words import Wrapped

# Ways of a wrapper to run its words that make shell text of them, or run them among other files.
OTHERWISE = frozenset({"joined", "apart"})


def program_of(word: str) -> str:
    """Return a program's plain name: `.venv/bin/python3.11` is python3.11."""
    return word.rpartition("/")[2].removesuffix(".exe")


def is_assignment(word: str) -> bool:
    """Tell whether the word is `NAME=value`, as the shell, env and make take it."""
    name, equals, _ = word.partition("=")
    return bool(equals) and name.isascii() and name.isidentifier()


def unwrap(argv: Sequence[str]) -> Wrapped | None:
    """Return what a wrapper runs here and as it is typed, without the assignments before it; None for no wrapper."""
    program = find(program_of(argv[0])) if argv else None
    wrapped = program.wrapped(argv[1:]) if program is not None else None
    if wrapped is None or wrapped.words.how in OTHERWISE:
        return None
    wrapped.argv = without_assignments(wrapped.argv)
    return wrapped


def without_assignments(words: Sequence[str]) -> list[str]:
    """Return the words from the first one on that is no assignment."""
    first = next((place for place, word in enumerate(words) if not is_assignment(word)), len(words))
    return list(words[first:])


def behind(argv: Sequence[str]) -> list[str]:
    """Return the command behind all assignments and wrappers; nothing where they stand alone."""
    words = without_assignments(argv)
    while (wrapped := unwrap(words)) is not None:
        words = wrapped.argv
    return words
