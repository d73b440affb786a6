"""Shell patterns, matched without regular expressions: the time is bounded by pattern length times name length."""

from __future__ import annotations

ESCAPE = "\x1e"  # stands before a pattern character that was quoted, inside patterns only


def has_pattern(text: str) -> bool:
    """Tell whether an unescaped `*`, `?` or `[` stands in the pattern."""
    skip = False
    for character in text:
        if skip:
            skip = False
        elif character == ESCAPE:
            skip = True
        elif character in "*?[":
            return True
    return False


def matches(pattern: str, name: str, *, across_slashes: bool = True) -> bool:
    """Tell whether the whole name matches the shell pattern; `*` crosses `/` unless told otherwise."""
    items = _items(pattern)
    item = place = 0
    star, star_place = -1, 0
    while place < len(name):
        if item < len(items) and items[item] == "*":
            star, star_place = item, place
            item += 1
        elif item < len(items) and _one(items[item], name[place], across_slashes=across_slashes):
            item += 1
            place += 1
        elif star >= 0 and (across_slashes or name[star_place] != "/"):
            star_place += 1
            item, place = star + 1, star_place
        else:
            return False
    return all(each == "*" for each in items[item:])


def _one(item: str, character: str, *, across_slashes: bool) -> bool:
    if item == "?":
        return across_slashes or character != "/"
    if item[0] == "[" and len(item) > 1:
        return _in_class(item[1:-1], character)
    return item[-1] == character


def _in_class(inside: str, character: str) -> bool:
    negated = inside[:1] in {"!", "^"}
    inside = inside[1:] if negated else inside
    position, found = 0, False
    while position < len(inside):
        if inside[position + 1 : position + 2] == "-" and position + 2 < len(inside):
            found = found or inside[position] <= character <= inside[position + 2]
            position += 3
        else:
            found = found or inside[position] == character
            position += 1
    return found != negated


def _items(pattern: str) -> list[str]:
    """Split a pattern into `*`, `?`, `[…]` and single characters (an escaped one keeps its mark in front)."""
    items: list[str] = []
    position = 0
    while position < len(pattern):
        character = pattern[position]
        if character == ESCAPE and position + 1 < len(pattern):
            items.append(pattern[position : position + 2])
            position += 2
            continue
        end = pattern.find("]", position + 2) if character == "[" else -1
        if end > 0:
            items.append(pattern[position : end + 1])
            position = end + 1
            continue
        if character != "*" or items[-1:] != ["*"]:
            items.append(character if character != "[" else ESCAPE + "[")
        position += 1
    return items
