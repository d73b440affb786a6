"""Find and change the parts of a record file: sections by their heading, fields, and lines of a list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from conductor.records.document import Document, Edit, with_final_newline
from conductor.records.grammar import ITEM, field_lines
from conductor.records.headings import literal_spans

_ITEM = re.compile(b"(?m)^" + ITEM.encode())
_RULE = re.compile(rb"(?m)^ {0,3}(?:-[ \t]*){3,}$|^ {0,3}(?:\*[ \t]*){3,}$|^ {0,3}(?:_[ \t]*){3,}$")


@dataclass(frozen=True, slots=True)
class Field:
    """A line `**Name**: value`; `start` and `end` are the bytes of the value, `line_end` is behind the line."""

    name: str
    value: str
    start: int
    end: int
    line_end: int


def read_fields(document: Document, start: int, end: int) -> dict[str, Field]:
    """Return the fields that stand between the offsets, the first one of each name."""
    fields: dict[str, Field] = {}
    for match in field_lines().finditer(document.plain, start, end):
        name = match["name"].decode("utf-8", "replace")
        value = match["value"].rstrip(b" \t")
        if name not in fields:
            begin = match.start("value")
            fields[name] = Field(
                name,
                value.decode("utf-8", "replace"),
                begin,
                begin + len(value),
                min(match.end() + 1, len(document.content)),
            )
    return fields


def read_values(document: Document, start: int, end: int) -> dict[str, str]:
    """Return the values of the fields between the offsets, the first one of each name: `read_fields` without places."""
    found = reversed(field_lines().findall(document.plain, start, end))
    return {name.decode("utf-8", "replace"): value.rstrip(b" \t").decode("utf-8", "replace") for name, value in found}


def find_section(document: Document, title: str, start: int = 0, end: int | None = None) -> int | None:
    """Return the index of the first heading with that title (case does not matter) between the offsets, or None."""
    return next(find_sections(document, title, start, end), None)


def find_sections(document: Document, title: str, start: int = 0, end: int | None = None) -> Iterator[int]:
    """Yield the indexes of the headings with that title (case does not matter) between the offsets."""
    wanted = title.casefold()
    # An ASCII title is looked for as bytes: what it does not stand in is no heading of that name.
    for index in document.find_headings(wanted.encode(), start=start, end=end):
        if plain_title(document.headings.text(index)) == wanted:
            yield index


def plain_title(text: str) -> str:
    """Return a heading's text for a comparison: without comments and emphasis, case folded."""
    return re.sub(r"<!--.*?-->", "", text).strip(" *_").casefold()


def set_field(document: Document, field: Field, value: str) -> Edit:
    """Return the edit that gives the field another value."""
    return Edit(field.start, field.end, (b"" if _has_gap(document, field) else b" ") + value.encode("utf-8"))


def add_field(document: Document, after: Field, name: str, value: str) -> Edit:
    """Return the edit that writes a new field below another one."""
    line = document.encode(f"**{name}**: {value}\n")
    return Edit(after.line_end, after.line_end, with_final_newline(document, line, after.line_end))


def append_item(document: Document, index: int, text: str, *, first: bool = False) -> Edit:
    """Return the edit that adds a list item below heading `index`: behind its last item, or before its first.

    Where there is no item yet it goes below what stands there, before a rule.
    """
    start, end = document.heading_body(index)
    offset = item_offset(document, start, end, first=first)
    line = document.encode(text + "\n")
    if offset < end and offset == len(document.content):
        line = line.rstrip(b"\r\n")
    return Edit(offset, offset, with_final_newline(document, line, offset))


def item_offset(document: Document, start: int, end: int, *, first: bool = False) -> int:
    """Return where a new list item goes between the offsets."""
    found = next(items(document, start, end), None) if first else _last_item(document, start, end)
    if found:
        return found[0] if first else _behind_literals(document, found[1], end)
    rule = _RULE.search(document.plain, start, end)
    stop = rule.start() if rule else end
    text = document.plain[start:stop].rstrip(b" \t\n")
    return _line_end(document.plain, start + len(text), stop) if text else start


def _behind_literals(document: Document, offset: int, end: int) -> int:
    # A fence right below an item belongs to it; one that is never closed is not entered.
    plain, origin = document.plain, offset
    for begin, stop in literal_spans(plain[origin:end]):
        if plain[offset : origin + begin].strip() or origin + stop >= end:
            break
        offset = _line_end(plain, origin + stop, end)
    return offset


def items(document: Document, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the offsets of each top-level list item between the offsets, further lines of the item included.

    Lines inside code fences and comments are no items.
    """
    hidden = literal_spans(document.plain[start:end])
    for match in _ITEM.finditer(document.plain, start, end):
        if not any(first <= match.start() - start < last for first, last in hidden):
            yield _item_at(document.plain, match, end)


def items_with(document: Document, start: int, end: int, *words: bytes) -> list[tuple[int, int]]:
    """Return the items whose first line holds one of the words, in order, without reading the others."""
    plain, found = document.plain, set()
    hidden = literal_spans(plain[start:end])
    for word in words:
        at = plain.find(word, start, end)
        while at >= 0:
            match = _ITEM.match(plain, max(start, plain.rfind(b"\n", 0, at) + 1), end)
            if match and not any(first <= match.start() - start < last for first, last in hidden):
                found.add(_item_at(plain, match, end))
            at = plain.find(word, at + 1, end)
    return sorted(found)


def _item_at(plain: bytes, match: re.Match[bytes], end: int) -> tuple[int, int]:
    """Return the offsets of the item, its further lines included: indented ones, and blank ones between them."""
    finish = at = _line_end(plain, match.end(), end)
    while at < end:
        following = _line_end(plain, at, end)
        line = plain[at:following]
        if line.strip() and not line.startswith((b"  ", b"\t")):
            break
        at = following
        if line.strip():
            finish = at
    return match.start(), finish


def _last_item(document: Document, start: int, end: int) -> tuple[int, int] | None:
    """Return the last item between the offsets: looked for from the end, in pieces that grow."""
    plain = document.plain
    if literal_spans(plain[start:end]):
        return max(items(document, start, end), default=None)
    size = 4096
    while True:
        begin = max(start, end - size)
        last = None
        for last in _ITEM.finditer(plain, begin, end):  # noqa: B007 - the last one is wanted
            pass
        # A piece may begin in the middle of a line; what begins there is no item.
        if last is not None and (begin == start or last.start() > begin):
            return _item_at(plain, last, end)
        if begin == start:
            return None
        size *= 8


def _line_end(plain: bytes, at: int, limit: int) -> int:
    found = plain.find(b"\n", at, limit)
    return found + 1 if found >= 0 else limit


def _has_gap(document: Document, field: Field) -> bool:
    return document.plain[field.start - 1 : field.start] in {b" ", b"\t"}
