"""Texts that make a pattern slow, derived from its own syntax tree: each part of it again and again, and no end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from re import _constants as names
from re import _parser as parser
from typing import Any

REPEATS = (names.MAX_REPEAT, names.MIN_REPEAT)
_TRIED = "aA0 x-._/'\"\n"
_CATEGORIES = {
    names.CATEGORY_WORD: r"\w",
    names.CATEGORY_NOT_WORD: r"\W",
    names.CATEGORY_SPACE: r"\s",
    names.CATEGORY_NOT_SPACE: r"\S",
    names.CATEGORY_DIGIT: r"\d",
    names.CATEGORY_NOT_DIGIT: r"\D",
}


def list_pumps(pattern: str, most: int = 12) -> list[str]:
    """Return the parts of texts that the pattern takes, each worth repeating; the longest ones of them."""
    return sorted({pump for pump in _pumps(parser.parse(pattern)) if pump}, key=lambda pump: (len(pump), pump))[-most:]


def _pumps(tree: Any) -> Iterator[str]:
    items = list(tree)
    for first in range(len(items)):
        for last in range(first + 1, len(items) + 1):
            yield "".join(_text(*item) for item in items[first:last])
    for operation, value in items:
        for inner in _inner(operation, value):
            yield from _pumps(inner)


def _inner(operation: Any, value: Any) -> list[Any]:
    if operation in REPEATS:
        return [value[2]]
    if operation is names.SUBPATTERN:
        return [value[-1]]
    if operation is names.BRANCH:
        return list(value[1])
    return [value[1]] if operation in {names.ASSERT, names.ASSERT_NOT} else []


def _text(operation: Any, value: Any) -> str:
    if operation is names.LITERAL:
        return chr(value)
    if operation in {names.ANY, names.NOT_LITERAL}:
        return "x" if value != ord("x") else "y"
    if operation is names.IN:
        return next((one for one in _TRIED if _takes(value, one)), "\u00e9")
    if operation in REPEATS:
        return "".join(_text(*item) for item in value[2]) * max(value[0], 1)
    inner = [] if operation in {names.ASSERT, names.ASSERT_NOT} else _inner(operation, value)[:1]
    return "".join(_text(*item) for tree in inner for item in tree)


def _takes(items: Any, one: str) -> bool:
    taken = False
    for operation, value in items:
        if operation is names.LITERAL:
            taken = taken or chr(value) == one
        elif operation is names.RANGE:
            taken = taken or value[0] <= ord(one) <= value[1]
        elif operation is names.CATEGORY:
            taken = taken or re.match(_CATEGORIES[value], one) is not None
    return bool(taken) != (items[0][0] is names.NEGATE)


def bounds_of(tree: Any) -> Iterator[tuple[int, int]]:
    """Yield how often each repeat repeats at most, with what stands within it: the most of what that repeats."""
    for operation, value in tree:
        for inner in _inner(operation, value):
            found = list(bounds_of(inner))
            yield from found
            if operation in REPEATS:
                yield int(value[1]), max((most for most, _ in found), default=0)
