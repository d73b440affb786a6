"""Where a character of a joined text stands in the file it came from."""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Mark:
    """From `offset` of the joined text on, characters stand at `line`, `column` (both from 1) of the file."""

    offset: int
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class SourceText:
    """A text put together from lines of a file, with the marks that lead back."""

    text: str
    marks: tuple[Mark, ...]
    _offsets: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_offsets", tuple(mark.offset for mark in self.marks))

    def place(self, offset: int) -> tuple[int, int]:
        """Return the (line, column) in the file of this offset into the text."""
        if not self.marks:
            return 1, offset + 1
        mark = self.marks[max(0, bisect.bisect_right(self._offsets, offset) - 1)]
        return mark.line, mark.column + max(0, offset - mark.offset)

    def tail(self, start: int) -> SourceText:
        """Return the part of the text from `start` on, with marks that still lead to the file."""
        line, column = self.place(start)
        later = tuple(Mark(m.offset - start, m.line, m.column) for m in self.marks if m.offset > start)
        return SourceText(self.text[start:], (Mark(0, line, column), *later))


def whole_file(text: str, first_line: int = 1) -> SourceText:
    """Return the text of a file, or of the part of one from a line on, with one mark a line."""
    marks = []
    offset = 0
    for number, line in enumerate(text.split("\n"), start=first_line):
        marks.append(Mark(offset, number, 1))
        offset += len(line) + 1
    return SourceText(text, tuple(marks))
