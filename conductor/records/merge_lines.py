"""Merge three versions of a text line by line: what git does, for the parts that have no other meaning."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_LINES = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")


@dataclass(frozen=True, slots=True)
class Labels:
    """What stands behind the conflict markers, and how long these are."""

    ours: str = "ours"
    theirs: str = "theirs"
    size: int = 7


@dataclass(frozen=True, slots=True)
class Merged:
    """A merged text with the number of its conflicts."""

    text: bytes
    conflicts: int = 0


def split_lines(text: bytes) -> list[bytes]:
    """Return the lines with their ends; CR, LF and CRLF end a line, and nothing else does."""
    return _LINES.findall(text)


def merge_value(base: bytes | None, ours: bytes | None, theirs: bytes | None) -> tuple[bool, bytes | None]:
    """Return (True, value) where at most one side changed it, or both to the same; else (False, ours)."""
    if ours in {theirs, base}:
        return True, theirs
    return theirs == base, ours


def merge_lines(base: bytes, ours: bytes, theirs: bytes, labels: Labels) -> Merged:
    """Return the three versions merged line by line, with conflict markers where both changed the same lines."""
    clean, value = merge_value(base, ours, theirs)
    if clean:
        return Merged(value or b"")
    parts, conflicts = [], 0
    for old, mine, yours in _chunks(split_lines(base), split_lines(ours), split_lines(theirs)):
        settled, text = merge_value(old, mine, yours)
        if settled:
            parts.append(text or b"")
        else:
            parts.append(conflict(mine, yours, labels))
            conflicts += 1
    return Merged(b"".join(parts), conflicts)


def conflict(ours: bytes, theirs: bytes, labels: Labels) -> bytes:
    """Return both texts between conflict markers, with the line ends that ours has."""
    eol = b"\r\n" if b"\r\n" in ours + theirs else b"\n"
    marks = [
        f"{sign * labels.size} {label}".rstrip().encode()
        for sign, label in (("<", labels.ours), ("=", ""), (">", labels.theirs))
    ]
    return b"".join([marks[0], eol, _ended(ours, eol), marks[1], eol, _ended(theirs, eol), marks[2], eol])


def _ended(text: bytes, eol: bytes) -> bytes:
    return text if not text or text.endswith((b"\n", b"\r")) else text + eol


def _chunks(
    base: Sequence[bytes], ours: Sequence[bytes], theirs: Sequence[bytes]
) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Yield the stretches of the three texts that belong together: equal ones, and changed ones between them."""
    at = mine = yours = 0
    for old, a, b, size in [*_common(base, ours, theirs), (len(base), len(ours), len(theirs), 0)]:
        yield b"".join(base[at:old]), b"".join(ours[mine:a]), b"".join(theirs[yours:b])
        same = b"".join(base[old : old + size])
        yield same, same, same
        at, mine, yours = old + size, a + size, b + size


def _common(
    base: Sequence[bytes], ours: Sequence[bytes], theirs: Sequence[bytes]
) -> Iterator[tuple[int, int, int, int]]:
    """Yield (base, ours, theirs, length) of every stretch that all three have."""
    left = SequenceMatcher(None, base, ours, autojunk=False).get_matching_blocks()
    right = SequenceMatcher(None, base, theirs, autojunk=False).get_matching_blocks()
    i = j = 0
    while i < len(left) and j < len(right):
        start = max(left[i].a, right[j].a)
        end = min(left[i].a + left[i].size, right[j].a + right[j].size)
        if start < end:
            yield start, left[i].b + start - left[i].a, right[j].b + start - right[j].a, end - start
        if left[i].a + left[i].size < right[j].a + right[j].size:
            i += 1
        else:
            j += 1
