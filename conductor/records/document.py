"""A Markdown file as bytes that are cut and joined, never rewritten.

Only ATX headings (`## Title`) divide a record file: a line of dashes below a paragraph is what the journals of this
format write between entries, so it is not read as a heading.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from conductor.errors import RecordSyntaxError
from conductor.records.headings import BOM, Headings, after_preamble, scan_headings, with_plain_line_ends

_LINE_END = re.compile(rb"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Edit:
    """Bytes `start` to `end` become `new`."""

    start: int
    end: int
    new: bytes


def read_document(content: bytes, path: str) -> Document:
    """Return the document; raises RecordSyntaxError for bytes that are not UTF-8 text."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise RecordSyntaxError(
            "the file is UTF-16, not UTF-8",
            hint=f"convert it: iconv -f UTF-16 -t UTF-8 {path} > {path}.utf8 && mv {path}.utf8 {path}",
            path=path,
            line=1,
        )
    at = content.find(b"\0")
    if at >= 0:
        line, column = _place_of(content, at)
        raise RecordSyntaxError(
            "the file holds a NUL byte, so it is not text",
            hint="remove the byte, or take the file back from git: git checkout -- " + path,
            path=path,
            line=line,
            column=column,
        )
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line, column = _place_of(content, error.start)
        raise RecordSyntaxError(
            f"the file is not UTF-8: byte 0x{content[error.start]:02x}",
            hint="save it as UTF-8",
            path=path,
            line=line,
            column=column,
        ) from None
    return Document(content, path)


def _place_of(content: bytes, offset: int) -> tuple[int, int]:
    """Return the line and the column, both from 1, of a byte; what stands before it is text."""
    ends = list(_LINE_END.finditer(content, 0, offset))
    start = ends[-1].end() if ends else 0
    return len(ends) + 1, len(content[start:offset].decode("utf-8", "replace")) + 1


@dataclass(frozen=True)
class Document:
    """The bytes of a record file with what was found in them; `path` is relative to the project."""

    content: bytes
    path: str

    @cached_property
    def headings(self) -> Headings:
        """Return every heading in order."""
        return scan_headings(self.content)

    @property
    def starts(self) -> list[int]:
        """Return where each heading starts."""
        return self.headings.starts

    @cached_property
    def plain(self) -> bytes:
        """Return the content with LF at the end of every line and every offset as it was: what patterns search."""
        return with_plain_line_ends(self.content)

    @cached_property
    def eol(self) -> bytes:
        """Return the line ending most lines of the first 64 KiB have; LF for a file without lines."""
        head = self.content[:65536]
        crlf = head.count(b"\r\n")
        newline, carriage = head.count(b"\n") - crlf, head.count(b"\r") - crlf
        if crlf > newline and crlf >= carriage:
            return b"\r\n"
        return b"\r" if carriage > newline else b"\n"

    @cached_property
    def body(self) -> int:
        """Return the offset behind the byte order mark and the front matter."""
        return after_preamble(self.plain)

    def line_of(self, offset: int) -> int:
        """Return the number, from 1, of the line that holds the byte."""
        known, line = self._counted
        if offset < known:
            known, line = 0, 1
        line += self.plain.count(b"\n", known, offset)
        self._counted[:] = offset, line
        return line

    @cached_property
    def _counted(self) -> list[int]:
        # Places are asked for in the file's order, so the count goes on from the last one.
        return [0, 1]

    def first_line(self, start: int, end: int) -> str:
        """Return the text of the first line between the offsets, without its end."""
        stop = self.plain.find(b"\n", start, end)
        return self.content[start : stop if stop >= 0 else end].decode("utf-8", "replace").rstrip("\r")

    def find_headings(self, word: bytes, start: int = 0, end: int | None = None) -> Iterator[int]:
        """Yield the indexes of the headings between the offsets whose line holds the word, in lower case, in any case.

        Only lines that hold it are looked at: most commands want one heading of thousands.
        """
        lowered, stop = self._lowered, len(self.content) if end is None else end
        at = lowered.find(word, start, stop)
        while at >= 0:
            line = lowered.rfind(b"\n", 0, at) + 1
            if lowered[line : line + 7].lstrip(b" \xef\xbb\xbf")[:1] == b"#":
                index = bisect_right(self.starts, at) - 1
                if index >= 0 and start <= self.starts[index] and at < self.headings.ends[index]:
                    yield index
            line_end = lowered.find(b"\n", at)
            at = lowered.find(word, line_end, stop) if line_end >= 0 else -1

    @cached_property
    def _lowered(self) -> bytes:
        return self.plain.lower()

    def heading_body(self, index: int) -> tuple[int, int]:
        """Return where the text between heading `index` and the next heading of any level starts and ends."""
        starts = self.headings.starts
        return self.headings.ends[index], starts[index + 1] if index + 1 < len(starts) else len(self.content)

    def section_end(self, index: int, *, level: int | None = None) -> int:
        """Return the offset where the section of heading `index` ends: at the next heading of its level or higher."""
        levels = self.headings.levels
        limit = levels[index] if level is None else level
        for following in range(index + 1, len(levels)):
            if levels[following] <= limit:
                return self.headings.starts[following]
        return len(self.content)

    def encode(self, text: str) -> bytes:
        """Return the text with this file's line endings."""
        return text.encode("utf-8") if self.eol == b"\n" else text.encode("utf-8").replace(b"\n", self.eol)

    def apply(self, edits: Iterable[Edit]) -> Document:
        """Return the document after the edits, which may not overlap.

        What lies outside the edits is the same bytes. Every heading outside them must be found again, and inside them
        exactly those that the new text holds by itself: where the result would read differently (an open fence or
        comment swallows what follows), RecordSyntaxError is raised and nothing was changed.
        """
        ordered = sorted(edits, key=lambda edit: (edit.start, edit.end))
        if not ordered:
            return self
        pieces: list[bytes] = []
        wanted: list[tuple[int, int]] = []
        starts = self.starts
        first = max(bisect_left(starts, ordered[0].start) - 1, 0)
        at, index, shift = 0, first, 0
        for edit in ordered:
            if edit.start < at or edit.end < edit.start:
                raise ValueError("edits overlap")
            pieces += [self.content[at : edit.start], edit.new]
            kept = bisect_left(starts, edit.start, index)
            wanted += self._places(index, kept, shift)
            index = bisect_left(starts, edit.end, kept)
            wanted += [(level, start + edit.start + shift) for level, start in self._headings_in(edit)]
            shift += len(edit.new) - (edit.end - edit.start)
            at = edit.end
        wanted += self._places(index, index + 1, shift)
        result = Document(b"".join([*pieces, self.content[at:]]), self.path)
        result.__dict__["headings"] = self._headings_after(result, ordered[0], wanted, first, index, shift)
        return result

    def _places(self, first: int, last: int, shift: int) -> list[tuple[int, int]]:
        headings = self.headings
        return [
            (level, start + shift)
            for level, start in zip(headings.levels[first:last], headings.starts[first:last], strict=True)
        ]

    def _headings_in(self, edit: Edit) -> list[tuple[int, int]]:
        # In the middle of a line nothing can begin but behind the first line end of the new text.
        middle = edit.start > 0 and self.content[edit.start - 1] not in b"\r\n" and edit.start > self.body
        lead = b"x" if middle else b""
        found = scan_headings(lead + edit.new, whole=edit.start == 0)
        return [(level, start - len(lead)) for level, start in zip(found.levels, found.starts, strict=True)]

    def _headings_after(
        self, result: Document, edit: Edit, wanted: list[tuple[int, int]], first: int, index: int, shift: int
    ) -> Headings:
        """Return the result's headings: those around the edits are looked for anew, the others are only moved.

        A scan that begins at a heading and meets the next unchanged one has read everything between them as it will be
        read, and what follows is read as it was.
        """
        start = self.starts[first] if first else 0
        last = self.headings.ends[index] + shift if index < len(self.starts) else len(result.content)
        found = scan_headings(result.content[start:last], whole=start == 0)
        if [(level, at + start) for level, at in zip(found.levels, found.starts, strict=True)] != wanted:
            raise RecordSyntaxError(
                "the edit would change how the rest of the file reads, so nothing was written",
                hint="look for a code fence or a comment that is not closed near this line, close it, and try again",
                path=self.path,
                line=self.line_of(edit.start),
            )
        return self.headings.replaced(result.plain, first, found, start, index + 1, shift)


def with_final_newline(document: Document, text: bytes, offset: int) -> bytes:
    """Return the text to insert at the offset, with the line end before it that the file lacks there."""
    before = document.content[:offset]
    return text if not before or before == BOM or before.endswith((b"\n", b"\r")) else document.eol + text
