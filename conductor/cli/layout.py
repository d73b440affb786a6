"""Where lines end: counted in terminal cells, broken between words, never inside a path, a digest or an address.

On a terminal every line is folded to its width (at most `WIDEST` cells); a pipe gets each line whole, so that a program
finds one finding, one task or one step on one line whatever the reader's window.
"""

from __future__ import annotations

import os
import re
from typing import Any

USUAL = 80
# Where the right edge of a pipe's lines is, for what stands there; longer lines go over it.
PIPE = 100
# Longer lines are hard to read, however wide the window is.
WIDEST = 120
# A column further right than this part of the width leaves too little room beside it for what continues there.
_COLUMNS_WITHIN = 0.55
# Prose goes on where it began; what names a place, a task or a label goes on further in.
_SENTENCE = re.compile(r"[A-Z][a-z']* [a-z]")
_STYLE = re.compile(r"\x1b\[[0-9;]*m")
_JOINER, _EMOJI_STYLE = "\u200d", "\ufe0f"


def width_of(stream: Any) -> int | None:
    """Return how many cells a line of this stream may have, or None where it is no terminal."""
    if not stream.isatty():
        return None
    given = os.environ.get("COLUMNS", "")
    try:
        columns = int(given) if given.isdecimal() else os.get_terminal_size(stream.fileno()).columns
    except OSError:
        columns = USUAL
    return min(max(columns or USUAL, 20), WIDEST)


def cells(text: str) -> int:
    """Return how many cells a terminal uses for the text; colours use none, wide characters and emoji two.

    Terminals differ on emoji that are joined to one picture: they are counted apart, so that no line is too long.
    """
    plain = _STYLE.sub("", text)
    return len(plain) if plain.isascii() else sum(map(_cells_of, plain))


def pad(text: str, width: int) -> str:
    """Return the text with blanks behind it until it uses that many cells."""
    return text + " " * (width - cells(text))


def cut(text: str, width: int) -> str:
    """Return as much of the beginning as fits into that many cells."""
    used = 0
    for place, letter in enumerate(text):
        used += _cells_of(letter)
        if used > width:
            return text[:place]
    return text


def fold(line: str, width: int | None, *, hang: int | None = None) -> list[str]:
    """Return the line as lines of at most `width` cells; a longer word stands alone on a line, unbroken.

    What continues stands under the line's last column that leaves room for it (columns are two blanks or more apart),
    else two cells further in than the line began, a sentence where it began; `hang` gives that place instead. Without a
    width nothing is folded.
    """
    if width is None or cells(line) <= width:
        return [line]
    begin = len(line) - len(line.lstrip(" "))
    indent = min(hang if hang is not None else _continue_at(line, begin, width), width - 1)
    lines, current = [], line[:begin]
    blank = True  # nothing but the indentation stands in the current line
    for space, word in _words(line[begin:], width - indent):
        if blank:
            # A word that fits without all of the indentation is not pushed over the edge by it.
            current = current[: max(width - cells(word), 0)] + word
        elif cells(current) + len(space) + cells(word) <= width:
            current += space + word
        else:
            lines.append(current)
            current = " " * min(indent, max(width - cells(word), 0)) + word
        blank = False
    return [*lines, current]


def beside(head: str, text: str, width: int | None, *, tail: str = "", hang: int | None = 0) -> list[str]:
    """Return the text as a column right of `head`, with `tail` at the right edge of the first line that has room.

    `hang` is where in the column the text goes on (`fold`). Without a width it is one line, its tail at a pipe's edge.
    """
    room = (width or PIPE) - cells(head) - (cells(tail) + 1 if tail else 0)
    if width is None:
        return [f"{head}{pad(text, room)} {tail}" if tail else f"{head}{text}".rstrip()]
    lines = fold(text, max(room, 10), hang=hang)
    first = next((place for place, line in enumerate(lines) if cells(line) <= room), None) if tail else None
    if tail and first is None:
        first = len(lines)
        lines.append("")
    begin = " " * cells(head)
    rows = [f"{pad(line, room)} {tail}" if place == first else line for place, line in enumerate(lines)]
    return [f"{begin if place else head}{row}".rstrip() for place, row in enumerate(rows)]


def _continue_at(line: str, begin: int, width: int) -> int:
    columns = [cells(line[: match.end()]) for match in re.finditer(r"(?<=\S) {2,}(?=\S)", line)]
    fitting = [column for column in columns if column <= width * _COLUMNS_WITHIN]
    return max(fitting, default=begin if _SENTENCE.match(line[begin:]) else begin + 2)


def _words(text: str, room: int) -> list[tuple[str, str]]:
    """Return (blanks before it, word); a long word of wide letters, which need no blanks, is cut between them."""
    found: list[tuple[str, str]] = []
    for match in re.finditer(r"(\s*)(\S*\$\{\{[^{}]*\}\}\S*|\d[\d.,]* (?:s|m|h|GB|MB|KiB|MiB|GiB)\b\S*|\S+)", text):
        space, word = match[1], match[2]
        if word.isascii() or cells(word) <= room:
            found.append((space, word))
            continue
        pieces = _between_wide_letters(word)
        found += [(space if not place else "", piece) for place, piece in enumerate(pieces)]
    return found


def _between_wide_letters(word: str) -> list[str]:
    """Return the word in pieces that a line may end after: a wide letter with its marks, or a run of narrow ones."""
    pieces: list[str] = []
    narrow = False
    for letter in word:
        size = _cells_of(letter)
        belongs = letter == _EMOJI_STYLE or size == 0 or bool(pieces and pieces[-1].endswith(_JOINER))
        if pieces and (belongs or (narrow and size == 1)):
            pieces[-1] += letter
        else:
            pieces.append(letter)
            narrow = size == 1
    return pieces


def _cells_of(letter: str) -> int:
    if letter.isascii():
        return 1 if letter.isprintable() else 0
    import unicodedata

    # The selector makes the character before it an emoji, which is wide.
    if letter == _EMOJI_STYLE:
        return 1
    if unicodedata.category(letter) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1
