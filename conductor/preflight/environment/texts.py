"""Where the shell texts of an image stand: the file, and which of its lines each character comes from."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from conductor.preflight.environment.model import Word
from conductor.preflight.environment.origin import Origin
from conductor.preflight.parse.source import Mark, SourceText, whole_file
from conductor.preflight.parse.words import split_words
from conductor.shell import parse
from conductor.shell.expand import UNKNOWN

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Phase
    from conductor.preflight.parse.dockerfile import Instruction
    from conductor.shell import Script
    from conductor.shell.calls import Field
    from conductor.shell.nodes import Position
    from conductor.shell.nodes import Word as Node

_LONGEST_RAW = 2000


@functools.lru_cache(maxsize=2048)
def parse_text(text: str) -> Script:
    """Return the tree of a text; many images run the same one. Raises ShellSyntaxError."""
    return parse(text)


@dataclass(frozen=True, slots=True)
class Home:
    """Where a text stands: its file, its marks, and what runs it."""

    path: str
    source: SourceText
    phase: Phase
    stage: int

    @property
    def text(self) -> str:
        """Return the text."""
        return self.source.text

    def of(self, source: SourceText) -> Home:
        """Return the home of another text of the same file."""
        return replace(self, source=source)

    def file(self, path: str, text: str) -> Home:
        """Return the home of a whole file's text."""
        return replace(self, path=path, source=whole_file(text))

    def document(self, position: Position, text: str) -> Home:
        """Return the home of a here-document: its lines are those of this text from a position on."""
        return self.of(SourceText(text, self.source.tail(self._offset(position)).marks))

    def word(self, position: Position | None, text: str) -> Home:
        """Return the home of a text that is given in a word of this one."""
        return self.of(SourceText(text, (Mark(0, *self._place(position)),)))

    def line_and_column(self, line: int, column: int) -> tuple[int, int]:
        """Return where a line and column of the text stand in the file."""
        before = sum(len(part) + 1 for part in self.text.split("\n")[: line - 1])
        return self.source.place(before + max(0, column - 1))

    def origin(self, position: Position, what: str) -> Origin:
        """Return the origin of a fact that stands at a position."""
        return Origin(self.path, self._place(position)[0], what)

    def word_of(self, field: Field, position: Position | None) -> Word:
        """Return a word as checks read it; one that stands nowhere is where the command is."""
        text = None if UNKNOWN in field.text else field.text
        if field.word is None:
            return Word(text, field.text, *self._place(position))
        return Word(text, self._raw(field.word), *self._place(field.word.position))

    def _raw(self, node: Node) -> str:
        literal = node.literal()
        if literal is not None:
            return literal
        start = self._offset(node.position)
        found = split_words(self.text[start : start + _LONGEST_RAW])
        return found[0].raw.rstrip(";)&|") if found else ""

    def _place(self, position: Position | None) -> tuple[int, int]:
        return self.source.place(self._offset(position) if position is not None else 0)

    def _offset(self, position: Position) -> int:
        """Return a position, which counts bytes, in characters."""
        if self.text.isascii():
            return position.offset
        return len(self.text.encode("utf-8", "replace")[: position.offset].decode("utf-8", "replace"))


def with_heredocs(instruction: Instruction) -> SourceText:
    """Return the arguments of a RUN and their heredocs as the shell gets them."""
    text, marks = instruction.arguments.text + "\n", list(instruction.arguments.marks)
    for heredoc in instruction.heredocs:
        for number, line in enumerate([*heredoc.content.splitlines(), heredoc.name]):
            marks.append(Mark(len(text), heredoc.line + number, 1))
            text += line + "\n"
    return SourceText(text, tuple(marks))


def is_pattern(path: str) -> bool:
    """Tell whether a path stands for files that nothing tells."""
    return any(mark in path for mark in "*?[")


def shell_of(shebang: str) -> str:
    """Return the shell that a first line names, behind env and before options; bash where there is none."""
    words = [word for word in shebang.removeprefix("#!").split() if not word.startswith("-")]
    return words[-1] if words else "bash"


def dialect_of(shell: str) -> str:
    """Return what a shell reads, by its name: `/bin/sh` is dash or its like."""
    return "posix" if shell.rstrip().rpartition("/")[2] in {"sh", "dash", "ash"} else "bash"


def shebang_options(text: str) -> list[str]:
    """Return the options of the shell that a text's first line names."""
    return ["errexit"] if re.match(r"#!.*sh\s+-[a-z]*e", text.split("\n", 1)[0]) else []
