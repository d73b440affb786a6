"""Which lines hold the words of a sign: a piece of a log is split into its words once, however many signs there are.

A line is known by its shape, which is what it holds in lower case without digits: a log's lines have few of them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import accumulate

DIGITS = b"0123456789"
_COLOUR = re.compile(rb"\x1b\[[;?]*[a-z]")
_LETTERS = frozenset(b"abcdefghijklmnopqrstuvwxyz")
_SPACED = bytes(byte if byte in _LETTERS else 32 for byte in range(256))
# What the names of exceptions end in: these are looked for inside of words too.
_ENDINGS = (b"error", b"exception")
_LONG = 4


class Words:
    """The words of all signs, each found by the longest single word in it.

    Its first and last word stand in a log as they are, not within a longer one; those that nothing else is in may
    be the end of one where they are `error` or `exception`.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._found_by: dict[bytes, list[bytes]] = defaultdict(list)
        for word in sorted({shape_of(word) for word in words}):
            self._found_by[_finder(word)].append(word)
        self._keys = frozenset(self._found_by)

    def find(self, shapes: Sequence[bytes]) -> dict[int, list[bytes]]:
        """Return those of the shapes that hold some of the words, by their index, with the words' own shapes."""
        text = b"\n".join(shapes)
        ends = list(accumulate(len(shape) + 1 for shape in shapes))
        there = self._keys.intersection(_without_colours(text).translate(_SPACED).split())
        held: dict[int, list[bytes]] = {}
        for key in sorted(there.union(self._keys.intersection(_ENDINGS))):
            at = text.find(key)
            while at >= 0:
                index = bisect_right(ends, at)
                shape = _without_colours(shapes[index])
                if words := [word for word in self._found_by[key] if word in shape]:
                    held.setdefault(index, []).extend(words)
                at = text.find(key, ends[index])
        return held


def shape_of(text: str) -> bytes:
    """Return a text's shape: in lower case, without digits."""
    return text.lower().encode().translate(None, DIGITS)


def _without_colours(text: bytes) -> bytes:
    return _COLOUR.sub(b"", text) if b"\x1b" in text else text


def _finder(word: bytes) -> bytes:
    """Return the longest word in it; one with others on both sides is best, because a line has it as it is."""
    single = word.translate(_SPACED).split()
    if not single:
        raise ValueError(f"{word.decode()!r} holds no letter to find it by")
    inner = max(single[1:-1], key=len, default=b"")
    return inner if len(inner) >= _LONG else max(single, key=len)
