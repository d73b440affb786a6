"""Merge three lists of pieces that have a meaning: sections, entries, list items.

A piece is known by its key, or by its text where it has none. What one side added is kept at the place its neighbours
say; what one side took away goes, unless the other side changed it: that is a conflict.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property

from conductor.records.merge_lines import Labels, Merged, conflict

_TAIL = re.compile(rb"(?:[ \t]*[\r\n](?:-{3,}[ \t]*(?:[\r\n]|\Z))?)*[ \t]*\Z")
_LINE_END = re.compile(rb"\A[ \t]*(?:\r\n|\n|\r)")
Rank = str | None


@dataclass(frozen=True)
class Piece:
    """A part of a text with what it is known by; `rank` orders the pieces that both sides put at one place."""

    key: Hashable
    text: bytes
    rank: Rank = None

    @cached_property
    def core(self) -> bytes:
        """Return the text without the blank lines and rules at its end."""
        return self.text[: self._cut]

    @cached_property
    def tail(self) -> bytes:
        """Return the blank lines and rules at the end of the text."""
        return self.text[self._cut :]

    @cached_property
    def _cut(self) -> int:
        stripped = len(self.text.rstrip(b" \t\r\n-"))
        found = _TAIL.search(self.text, stripped)
        return found.start() if found else len(self.text)


@dataclass(frozen=True, slots=True)
class Rules:
    """How pieces of one kind are merged.

    `merge` merges the cores of one piece (base may be empty); `join` tells whether pieces of one key that both sides
    added are the same piece; `descending` says how ranks are ordered; `gap` is how many line ends stand between pieces.
    """

    merge: Callable[[Piece, bytes, bytes, bytes], Merged]
    join: Callable[[Piece], bool]
    labels: Labels
    descending: bool = True
    gap: int = 1


@dataclass(slots=True)
class _Slot:
    """One piece of the result in its three versions."""

    base: Piece | None = None
    ours: Piece | None = None
    theirs: Piece | None = None
    last: bool = True

    @property
    def versions(self) -> list[Piece]:
        return [piece for piece in (self.ours, self.theirs, self.base) if piece is not None]


def merge_pieces(rules: Rules, base: Sequence[Piece], ours: Sequence[Piece], theirs: Sequence[Piece]) -> Merged:
    """Return the three lists as one text with the number of conflicts."""
    slots = _slots(base, ours, theirs, rules)
    order = _order(slots, rules)
    parts: list[bytes] = []
    conflicts = 0
    for number, index in enumerate(order):
        slot = slots.all[index]
        merged = _merge_slot(slot, rules)
        conflicts += merged.conflicts
        text = merged.text
        if number + 1 < len(order):
            text = _closed(text, rules.gap if slot.last else 1)
        elif not slot.last:
            text = _with_end_of(text, ours or theirs)
        parts.append(text)
    return Merged(b"".join(parts), conflicts)


def unkeyed_clash(base: Sequence[Piece], ours: Sequence[Piece], theirs: Sequence[Piece]) -> bool:
    """Tell whether both sides took away the same text that has no key, and both wrote something else without one."""
    old, mine, yours = ({piece.core for piece in side if piece.key is None} for side in (base, ours, theirs))
    return bool(old - mine - yours) and bool(mine - old - yours) and bool(yours - old - mine)


@dataclass(slots=True)
class _Slots:
    all: list[_Slot]
    base: list[int]
    ours: list[int]
    theirs: list[int]


def _slots(base: Sequence[Piece], ours: Sequence[Piece], theirs: Sequence[Piece], rules: Rules) -> _Slots:
    every = [_Slot(base=piece, last=number == len(base) - 1) for number, piece in enumerate(base)]
    known_ours = _match(base, ours, loose=lambda _: True)
    known_theirs = _match(base, theirs, loose=lambda _: True)
    mine: list[int] = []
    for number, piece in enumerate(ours):
        index = known_ours.get(number, len(every))
        if index == len(every):
            every.append(_Slot())
        every[index].ours = piece
        every[index].last &= number == len(ours) - 1
        mine.append(index)
    new_ours = [number for number in range(len(ours)) if number not in known_ours]
    new_theirs = [number for number in range(len(theirs)) if number not in known_theirs]
    both = _match([ours[n] for n in new_ours], [theirs[n] for n in new_theirs], loose=rules.join)
    shared = {new_theirs[k]: mine[new_ours[n]] for k, n in both.items()}
    yours: list[int] = []
    for number, piece in enumerate(theirs):
        index = known_theirs.get(number, shared.get(number, len(every)))
        if index == len(every):
            every.append(_Slot())
        every[index].theirs = piece
        every[index].last &= number == len(theirs) - 1
        yours.append(index)
    return _Slots(every, list(range(len(base))), mine, yours)


def _match(first: Sequence[Piece], second: Sequence[Piece], *, loose: Callable[[Piece], bool]) -> dict[int, int]:
    """Return which piece of `first` each piece of `second` is: the same text, else the same key.

    Of several with one key it is the one that begins as the other does (more was written into it), else the last.
    """
    found: dict[int, int] = {}
    by_text: dict[Hashable, list[int]] = defaultdict(list)
    for number in reversed(range(len(first))):
        by_text[first[number].key, first[number].core].append(number)
    for number, piece in enumerate(second):
        if by_text[piece.key, piece.core]:
            found[number] = by_text[piece.key, piece.core].pop()
    taken = set(found.values())
    by_key: dict[Hashable, list[int]] = defaultdict(list)
    for number, piece in enumerate(first):
        if number not in taken and piece.key is not None:
            by_key[piece.key].append(number)
    left = [
        number for number, piece in enumerate(second) if number not in found and piece.key is not None and loose(piece)
    ]
    for number in left:
        among = by_key[second[number].key]
        begun = next((one for one in among if _begins(first[one].core, second[number].core)), None)
        if begun is not None:
            among.remove(begun)
            found[number] = begun
    # From the end: what is new stands above, so the last of several is the oldest.
    for number in reversed(left):
        if number not in found and by_key[second[number].key]:
            found[number] = by_key[second[number].key].pop()
    return found


def _begins(one: bytes, other: bytes) -> bool:
    return bool(one and other) and (one.startswith(other) or other.startswith(one))


def _order(slots: _Slots, rules: Rules) -> list[int]:
    kept = {index for index, slot in enumerate(slots.all) if _survives(slot)}
    spine, other = slots.ours, slots.theirs
    common = set(slots.base) & set(slots.ours) & set(slots.theirs)
    if [i for i in slots.ours if i in common] == [i for i in slots.base if i in common]:
        moved = [i for i in slots.theirs if i in common] != [i for i in slots.base if i in common]
        spine, other = (other, spine) if moved else (spine, other)
    spine = [index for index in spine if index in kept]
    standing = set(spine)
    behind: dict[int | None, list[int]] = defaultdict(list)
    anchor: int | None = None
    for index in other:
        if index in standing:
            anchor = index
        elif index in kept:
            behind[anchor].append(index)
    return _insert(slots, spine, set(other), behind, rules)


def _insert(
    slots: _Slots, spine: list[int], other: set[int], behind: dict[int | None, list[int]], rules: Rules
) -> list[int]:
    result: list[int] = []
    at = 0
    for anchor in [None, *(index for index in spine if index in other)]:
        if anchor is not None:
            result.append(anchor)
            at += 1
        run = []
        while at < len(spine) and spine[at] not in other:
            run.append(spine[at])
            at += 1
        result += _merge_runs(slots, run, behind[anchor], rules)
    return result


def _merge_runs(slots: _Slots, first: list[int], second: list[int], rules: Rules) -> list[int]:
    ranks = {index: slots.all[index].versions[0].rank for index in (*first, *second)}
    if not first or not second or None in ranks.values():
        return first + second
    result: list[int] = []
    while first and second:
        one, two = ranks[first[0]] or "", ranks[second[0]] or ""
        ahead = one >= two if rules.descending else one <= two
        result.append(first.pop(0) if ahead else second.pop(0))
    return result + first + second


def _survives(slot: _Slot) -> bool:
    if slot.base is None or (slot.ours and slot.theirs):
        return True
    one = slot.ours or slot.theirs
    return one is not None and one.core != slot.base.core


def _merge_slot(slot: _Slot, rules: Rules) -> Merged:
    if slot.ours and slot.theirs:
        base = slot.base or Piece(slot.ours.key, b"")
        if slot.ours.text == slot.theirs.text:
            return Merged(slot.ours.text)
        merged = _merge_core(base, slot.ours, slot.theirs, rules)
        tail = _merge_tail(base, slot.ours, slot.theirs)
        if merged.conflicts and merged.text.endswith(b"\n"):
            tail = _LINE_END.sub(b"", tail, count=1)
        return Merged(merged.text + tail, merged.conflicts)
    one = slot.ours or slot.theirs
    if one is None:
        return Merged(b"")
    if slot.base is None:
        return Merged(one.text)
    text = conflict(one.text if slot.ours else b"", one.text if slot.theirs else b"", rules.labels)
    return Merged(text, 1)


def _merge_core(base: Piece, ours: Piece, theirs: Piece, rules: Rules) -> Merged:
    if ours.core in {theirs.core, base.core}:
        return Merged(theirs.core)
    if theirs.core == base.core:
        return Merged(ours.core)
    return rules.merge(ours, base.core, ours.core, theirs.core)


def _merge_tail(base: Piece, ours: Piece, theirs: Piece) -> bytes:
    if ours.tail in {theirs.tail, base.tail}:
        return theirs.tail
    if theirs.tail == base.tail:
        return ours.tail
    return max(ours.tail, theirs.tail, key=len)


def _closed(text: bytes, line_ends: int) -> bytes:
    """Return the text with at least that many line ends behind it."""
    eol = b"\r\n" if b"\r\n" in text else b"\n"
    plain = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    there = len(plain) - len(plain.rstrip(b"\n"))
    return text + eol * max(0, line_ends - there)


def _with_end_of(text: bytes, side: Sequence[Piece]) -> bytes:
    """Return the text with the end that a side's last piece has."""
    if not side or b"-" in side[-1].tail:
        return text
    return text.rstrip(b" \t\r\n") + side[-1].tail
