"""Cut the text below a heading into fields, list items, rows and lines, and merge one of them in three versions."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator

from conductor.records.expectations import parse_expectation
from conductor.records.grammar import (
    CURRENT,
    FENCE,
    ITEM,
    MARKS,
    parse_field,
    parse_listed,
    parse_row,
    parse_table_row,
)
from conductor.records.merge_lines import Labels, Merged, conflict, merge_value, split_lines
from conductor.records.merge_pieces import Piece, Rules, merge_pieces

_FENCE = re.compile(rb" {0,3}(?P<mark>" + FENCE.encode() + b")")
_ITEM = re.compile(ITEM.encode())
_INDEX = re.compile(r"-[ \t]+\[[0-9-]{7}\]\((?P<archive>[A-Z_]+/[0-9-]{7}\.md)\): (?P<count>[0-9]+) .*")
_BOX = re.compile(r"[-*+][ \t]+\[[ xX-]\][ \t]+(?P<text>.*)")
_NUMBER = re.compile(rb"[0-9]{1,9}(?=[.)][ \t])")
_NUMBERED_NOTE = re.compile(rb"(\*\*(?:FINDING|DECISION|BLOCKER)-)([0-9]{3,})(\*\*)")
_CELL = re.compile(rb"(?<!\\)\|")


def cut_items(text: bytes) -> list[Piece]:
    """Return the pieces of a text; joined they are the text again."""
    return [Piece(item_key(part), part) for part in _parts(text)]


def merge_items(base: bytes, ours: bytes, theirs: bytes, labels: Labels) -> Merged:
    """Return the three texts merged piece by piece."""
    mine, yours = cut_items(ours), cut_items(theirs)
    rules = Rules(lambda piece, b, o, t: _merge_item(piece, (b, o, t), labels), _joins, labels)
    old = cut_items(base)
    return merge_pieces(rules, old, mine, _free_numbers(old, mine, yours))


def renumber_chain(text: bytes) -> bytes:
    """Return the chain's rows with numbers that go on where two rows have the same one."""
    seen: set[int] = set()
    lines, highest = [], 0
    for line in split_lines(text):
        match = _NUMBER.match(line)
        number = int(match[0]) if match else 0
        if match and number in seen:
            line = str(highest + 1).encode() + line[match.end() :]  # noqa: PLW2901 - the row, renumbered
            number = highest + 1
        if match:
            seen.add(number)
            highest = max(highest, number)
        lines.append(line)
    return b"".join(lines)


def _parts(text: bytes) -> Iterator[bytes]:
    part: list[bytes] = []
    fence: bytes | None = None
    in_item = False
    for line in split_lines(text):
        mark = _FENCE.match(line)
        if fence is not None:
            part.append(line)
            if mark and mark["mark"].startswith(fence) and not line.strip().strip(fence[:1]):
                fence = None
            continue
        blank = not line.strip()
        goes_on = blank or (in_item and line[:1] in {b" ", b"\t"})
        if part and not goes_on:
            yield b"".join(part)
            part = []
        if not goes_on:
            in_item = bool(_ITEM.match(line))
        fence = mark["mark"] if mark else None
        part.append(line)
    if part:
        yield b"".join(part)


def item_key(part: bytes) -> Hashable:
    """Return what an item is known by: the task, field, expectation or row that its first line names, else None."""
    line = part.lstrip(b"\r\n").split(b"\n", 1)[0].decode("utf-8", "replace").rstrip()
    expectation = parse_expectation(line)
    if expectation:
        return ("expect", expectation.kind, expectation.argument, expectation.text)
    for named in (parse_listed(line), parse_table_row(line)):
        if named:
            return ("id", named[0], line[:1])
    index, field, box, row = _INDEX.match(line), parse_field(line), _BOX.match(line), parse_row(line)
    known: Hashable = None
    if index:
        known = ("archive", index["archive"])
    elif field:
        known = ("name", field[0].casefold(), line[:2] in {"- ", "* ", "+ "})
    elif box:
        known = ("text", box["text"].casefold())
    elif row and (row.order or row.symbol in MARKS):
        known = ("row", row.id or (CURRENT if row.is_current else row.title))
    return known


def _joins(piece: Piece) -> bool:
    """Tell whether both sides mean the same when they add a piece of one key: notes and findings are each their own."""
    kind, *_, last = piece.key if isinstance(piece.key, tuple) else (None, None)
    return kind in {"id", "row", "expect", "text", "archive"} or (kind == "name" and last is False)


def _merge_item(piece: Piece, versions: tuple[bytes, bytes, bytes], labels: Labels) -> Merged:
    base, ours, theirs = versions
    kind = piece.key[0] if isinstance(piece.key, tuple) else None
    merged = None
    if kind == "row":
        merged = _merge_chain_row(base, ours, theirs)
    elif kind == "archive":
        # A count that the next compact of that month makes anew; the greater one is the nearer one until then.
        merged = max(ours, theirs, key=_count)
    elif kind == "id" and ours.startswith(b"|"):
        merged = _merge_cells(base, ours, theirs)
    return Merged(merged) if merged is not None else Merged(conflict(ours, theirs, labels), 1)


def _count(line: bytes) -> tuple[int, bytes]:
    match = _INDEX.match(line.decode("utf-8", "replace"))
    return (int(match["count"]) if match else 0, line)


def _merge_chain_row(base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    rows = [parse_row(text.decode("utf-8", "replace").rstrip()) for text in (base, ours, theirs)]
    old, mine, yours = rows
    if mine is None or yours is None or b"\n" in ours.rstrip() or b"\n" in theirs.rstrip():
        return None
    parts = [mine.number]
    for place in range(1, len(mine)):
        clean, value = merge_value(*((row[place] if row else "").encode() for row in (old, mine, yours)))
        if not clean:
            return None
        parts.append((value or b"").decode())
    return "".join(parts).encode()


def _merge_cells(base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    old, mine, yours = (_CELL.split(text) for text in (base, ours, theirs))
    if len(mine) != len(yours) or len(old) != len(mine):
        return None
    cells = []
    for values in zip(old, mine, yours, strict=True):
        clean, value = merge_value(*values)
        if not clean:
            return None
        cells.append(value or b"")
    return b"|".join(cells)


def _free_numbers(base: list[Piece], ours: list[Piece], theirs: list[Piece]) -> list[Piece]:
    """Give findings that theirs added a number that ours does not use for something else."""
    known = {piece.key: piece.core for piece in ours}
    old = {piece.key for piece in base}
    used = {_note_label(piece) for piece in (*base, *ours, *theirs)}
    result = []
    for piece in theirs:
        label = _note_label(piece)
        if label and piece.key in known and piece.key not in old and known[piece.key] != piece.core:
            number = max(other[1] for other in used if other and other[0] == label[0]) + 1
            used.add((label[0], number))
            text = _NUMBERED_NOTE.sub(rb"\g<1>%03d\g<3>" % number, piece.text, count=1)
            result.append(Piece(item_key(text), text))
        else:
            result.append(piece)
    return result


def _note_label(piece: Piece) -> tuple[bytes, int] | None:
    match = _NUMBERED_NOTE.match(piece.text, 2) if piece.text[:2] in {b"- ", b"* ", b"+ "} else None
    return (match[1], int(match[2])) if match else None
