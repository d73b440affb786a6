"""Split a Dockerfile line into words and expand variables in them, as BuildKit's shell lexer does."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conductor.preflight.limits import MAX_VALUE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9@*#!?$-]")
_MAX_DEPTH = 20


@dataclass(frozen=True, slots=True)
class RawWord:
    """A word as written, quotes included, and where it stands in the text."""

    raw: str
    start: int
    end: int


def split_words(text: str, escape: str = "\\") -> list[RawWord]:
    """Split at white space outside quotes; an unclosed quote runs to the end of the text."""
    words: list[RawWord] = []
    position = 0
    length = len(text)
    while position < length:
        while position < length and text[position].isspace():
            position += 1
        start = position
        while position < length and not text[position].isspace():
            position = _skip(text, position, escape)
        if position > start:
            words.append(RawWord(text[start:position], start, position))
    return words


def _skip(text: str, position: int, escape: str) -> int:
    """Return the position after one character, one escape or one quoted part."""
    character = text[position]
    if character == escape:
        return min(position + 2, len(text))
    if character not in "\"'":
        return position + 1
    end = position + 1
    while end < len(text) and text[end] != character:
        end += 2 if text[end] == escape and character == '"' else 1
    return min(end + 1, len(text))


def expand(word: str, values: Mapping[str, str | None], escape: str = "\\") -> str | None:
    """Return the word with quotes removed and variables replaced; None where a value it needs is not known.

    A name that `values` lacks is not defined and gives an empty text; a name whose value is None is defined somewhere
    we cannot see (a build argument).
    """
    try:
        return _Expander(word, values, escape).run()
    except _NotKnownError:
        return None


def unquote(word: str, escape: str = "\\") -> str:
    """Return the word with its quotes removed and nothing expanded."""
    out: list[str] = []
    position = 0
    while position < len(word):
        end = _skip(word, position, escape)
        part = word[position:end]
        if part[0] in "\"'":
            out.append(part[1:-1] if len(part) > 1 and part[-1] == part[0] else part[1:])
        elif part[0] == escape and len(part) > 1:
            out.append(part[1:])
        else:
            out.append(part)
        position = end
    return "".join(out)


def variables_in(word: str) -> list[str]:
    """Return the names of the variables the word asks for without giving a default, in order."""
    seen: list[str] = []

    class _Spy(dict[str, str | None]):
        def get(self, key: str, default: str | None = None) -> str | None:  # type: ignore[override]
            seen.append(key)
            return default

    expand(word, _Spy())
    return [name for name in seen if not re.search(rf"\$\{{{re.escape(name)}:?[-+?]", word)]


def parse_assignments(text: str, escape: str = "\\") -> list[tuple[str, str, int]]:
    """Return (name, raw value, offset) of an ENV, ARG or LABEL line; `ENV NAME some words` is the old single form."""
    words = split_words(text, escape)
    if words and "=" not in words[0].raw:
        rest = text[words[0].end :].lstrip()
        return [(words[0].raw, rest, words[0].start)] if rest else []
    pairs = []
    for word in words:
        name, equals, value = word.raw.partition("=")
        if equals:
            pairs.append((unquote(name, escape), value, word.start))
    return pairs


class _NotKnownError(Exception):
    """A value is needed that nobody in the file gives."""


class _Expander:
    """Walks one word once; depth is bounded because defaults may hold variables again."""

    def __init__(self, word: str, values: Mapping[str, str | None], escape: str, depth: int = 0) -> None:
        self.word = word
        self.values = values
        self.escape = escape
        self.depth = depth
        self.position = 0

    def run(self) -> str:
        out: list[str] = []
        quote = ""
        length = 0
        while self.position < len(self.word):
            character = self.word[self.position]
            if character == self.escape and quote != "'":
                out.append(self._escaped(quote))
            elif character in "\"'" and quote in {"", character}:
                quote = "" if quote else character
                self.position += 1
            elif character == "$" and quote != "'":
                value = self._variable()
                length += len(value)
                if length > MAX_VALUE:
                    raise _NotKnownError
                out.append(value)
            else:
                out.append(character)
                self.position += 1
        return "".join(out)

    def _escaped(self, quote: str) -> str:
        following = self.word[self.position + 1 : self.position + 2]
        self.position += 2
        keep = quote == '"' and following not in {'"', "$", self.escape}
        return (self.escape if keep or not following else "") + following

    def _variable(self) -> str:
        self.position += 1
        if self.word.startswith("{", self.position):
            return self._braced()
        match = _VARIABLE.match(self.word, self.position)
        if match is None:
            return "$"
        self.position = match.end()
        return self._value(match[0])

    def _value(self, name: str) -> str:
        value = self.values.get(name, "")
        if value is None:
            raise _NotKnownError
        return value

    def _braced(self) -> str:
        end = self._closing_brace()
        inner = self.word[self.position + 1 : end]
        self.position = end + 1
        match = _VARIABLE.match(inner)
        if match is None:
            return ""
        name, rest = match[0], inner[match.end() :]
        if not rest:
            return self._value(name)
        return self._modified(name, rest)

    def _closing_brace(self) -> int:
        depth = 0
        for index in range(self.position, len(self.word)):
            if self.word[index] == "{":
                depth += 1
            elif self.word[index] == "}":
                depth -= 1
                if depth == 0:
                    return index
        return len(self.word)

    def _modified(self, name: str, rest: str) -> str:
        colon = rest.startswith(":")
        operator, argument = rest[colon : colon + 1], rest[colon + 1 :]
        value = self.values.get(name, "")
        if operator in {"-", "+", "?"}:
            present = bool(value) if colon else name in self.values
            if value is None:
                raise _NotKnownError
            if operator == "+":
                return self._word(argument) if present else ""
            if present:
                return value
            return self._word(argument) if operator == "-" else ""
        return _cut(self._value(name), operator, self._word(argument))

    def _word(self, text: str) -> str:
        if self.depth >= _MAX_DEPTH:
            raise _NotKnownError
        return _Expander(text, self.values, self.escape, self.depth + 1).run()


def _cut(value: str, operator: str, pattern: str) -> str:
    """Apply `#`, `##`, `%`, `%%`, `/` and `//` of `${name…}`."""
    greedy = pattern.startswith(operator) and operator in {"#", "%", "/"}
    pattern = pattern[1:] if greedy else pattern
    if operator == "#":
        return _cut_side(value, pattern, range(len(value) + 1), lambda n: (value[:n], value[n:]), greedy=greedy)
    if operator == "%":
        order = range(len(value), -1, -1)
        return _cut_side(value, pattern, order, lambda n: (value[n:], value[:n]), greedy=greedy)
    if operator == "/":
        old, _, new = pattern.partition("/")
        expression = re.compile(fnmatch.translate(old).removesuffix(r"\Z").removesuffix(r"\z"))
        return expression.sub(lambda _: new, value, count=0 if greedy else 1)
    return value


def _cut_side(value: str, pattern: str, order: range, cut: Callable[[int], tuple[str, str]], *, greedy: bool) -> str:
    """Remove the shortest (or longest) part at one end that matches the pattern."""
    for size in reversed(order) if greedy else order:
        removed, kept = cut(size)
        if fnmatch.fnmatchcase(removed, pattern):
            return kept
    return value
