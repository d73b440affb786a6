"""A Markdown file as bytes that are cut and joined, never rewritten.

A scanner finds the headings. It knows front matter, fences, comments and the other HTML blocks of CommonMark, and tells
a heading of the document from one inside a list item. Only ATX headings (`## Title`) divide a record file: a line of
dashes below a paragraph is what the journals of this format write between entries, so it is not read as a heading.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from conductor.errors import RecordSyntaxError
from conductor.records.grammar import FENCE, after_fence

BOM = b"\xef\xbb\xbf"
# Only what looks like YAML: a rule at the top of a file is no front matter.
_FRONT_MATTER = re.compile(
    rb"---[ \t]*\n(?=(?:#[^\n]*\n)*[A-Za-z_][\w.-]*[ \t]*:)(?:[^\n]*\n)*?(?:---|\.\.\.)[ \t]*(?:\n|\Z)"
)
_BLOCK_TAGS = (
    rb"address|article|aside|base|basefont|blockquote|body|caption|center|col|colgroup|dd|details|dialog|dir|div|dl|dt|"
    rb"fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|header|hr|html|iframe|legend|li|link|main|menu|"
    rb"menuitem|nav|noframes|ol|optgroup|option|p|param|search|section|summary|table|tbody|td|tfoot|th|thead|title|tr|"
    rb"track|ul"
)
# Where a line may start something: a heading, a fence, or a block of HTML (CommonMark 4.2, 4.5, 4.6).
_START = re.compile(
    rb"\n(?P<indent> {0,3})(?:"
    rb"(?P<marks>#{1,6})(?=[ \t\n]|\Z)(?P<title>[^\n]*)"
    rb"|(?P<fence>" + FENCE.encode() + rb")"
    rb"|(?P<html><(?:!--|\?|!\[CDATA\[|![A-Za-z]|(?i:pre|script|style|textarea)(?=[\s>]|\Z)"
    rb"|/?(?i:" + _BLOCK_TAGS + rb")(?=[\s>]|/>|\Z)))"
    rb"|(?P<tag></?[A-Za-z][A-Za-z0-9-]*(?:[ \t][^<>\n]*)?/?>[ \t]*(?=\n|\Z)))"
)
_BLANK_LINE = re.compile(rb"\n[ \t]*(?=\n|\Z)")
_LINE_END = re.compile(rb"\r\n|\n|\r")
_LIST_OR_INDENTED = re.compile(rb"[ \t]|[-*+](?:[ \t]|$)|[0-9]{1,9}[.)](?:[ \t]|$)")
_CLOSING_MARKS = re.compile(rb"(?:^|[ \t]+)#+[ \t]*$")


class Heading(NamedTuple):
    """An ATX heading: its level (1 to 6), its text, and the bytes its line takes (`end` is after the line's end)."""

    level: int
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Edit:
    """Bytes `start` to `end` become `new`."""

    start: int
    end: int
    new: bytes


def scan_headings(content: bytes, *, whole: bool = True) -> list[Heading]:
    """Return the headings in order; without `whole`, the bytes are a piece from the middle of a document."""
    # The scanner sees one kind of line end, and a line end before the first line; offsets stay those of the content.
    text = with_plain_line_ends(content)
    found, at = [], _after_preamble(text) if whole else 0
    text = b"   \n" + text[3:] if at and text.startswith(BOM) else b"\n" + text
    size = len(content)
    for match in _START.finditer(text, at):
        if match.start() < at:
            continue
        indent, marks, title, fence, _, tag = match.groups()
        begin, end = match.span()
        if indent and _in_list_item(text, begin + 1):
            continue
        if marks:
            title = title.strip(b" \t")
            if title.endswith(b"#"):
                title = _CLOSING_MARKS.sub(b"", title)
            found.append(Heading(len(marks), title.decode("utf-8", "replace"), begin, min(size, end)))
        elif fence:
            at = after_fence(text, fence, end)
        elif not tag or _begins_block(text, begin):
            at = _after_html(text, match)
    return found


def literal_spans(text: bytes) -> list[tuple[int, int]]:
    """Return where code fences and comments stand in a piece with LF line ends: no line there is an item."""
    spans: list[tuple[int, int]] = []
    if not any(mark in text for mark in (b"```", b"~~~", b"<!--")):
        return spans
    text, at = b"\n" + text, 0
    for match in _START.finditer(text):
        if match.start() < at or not (match["fence"] or match["html"] == b"<!--"):
            continue
        if match["indent"] and _in_list_item(text, match.start() + 1):
            continue
        at = after_fence(text, match["fence"], match.end()) if match["fence"] else _after_html(text, match)
        spans.append((match.start(), at - 1))
    return spans


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
    def headings(self) -> tuple[Heading, ...]:
        """Return every heading in order."""
        return tuple(scan_headings(self.content))

    @cached_property
    def starts(self) -> list[int]:
        """Return where each heading starts."""
        return [heading.start for heading in self.headings]

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
        return _after_preamble(self.plain)

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

    def heading_body(self, index: int) -> tuple[int, int]:
        """Return where the text between heading `index` and the next heading of any level starts and ends."""
        following = self.headings[index + 1].start if index + 1 < len(self.headings) else len(self.content)
        return self.headings[index].end, following

    def section_end(self, index: int, *, level: int | None = None) -> int:
        """Return the offset where the section of heading `index` ends: at the next heading of its level or higher."""
        limit = self.headings[index].level if level is None else level
        for following in range(index + 1, len(self.headings)):
            if self.headings[following].level <= limit:
                return self.headings[following].start
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
            wanted += [(heading.level, heading.start + shift) for heading in self.headings[index:kept]]
            index = bisect_left(starts, edit.end, kept)
            wanted += [(level, start + edit.start + shift) for level, start in self._headings_in(edit)]
            shift += len(edit.new) - (edit.end - edit.start)
            at = edit.end
        wanted += [(heading.level, heading.start + shift) for heading in self.headings[index : index + 1]]
        result = Document(b"".join([*pieces, self.content[at:]]), self.path)
        result.__dict__["headings"] = self._headings_after(result, ordered[0], wanted, first, index, shift)
        return result

    def _headings_in(self, edit: Edit) -> list[tuple[int, int]]:
        # In the middle of a line nothing can begin but behind the first line end of the new text.
        middle = edit.start > 0 and self.content[edit.start - 1] not in b"\r\n" and edit.start > self.body
        lead = b"x" if middle else b""
        return [
            (heading.level, heading.start - len(lead))
            for heading in scan_headings(lead + edit.new, whole=edit.start == 0)
        ]

    def _headings_after(
        self, result: Document, edit: Edit, wanted: list[tuple[int, int]], first: int, index: int, shift: int
    ) -> tuple[Heading, ...]:
        """Return the result's headings: those around the edits are looked for anew, the others are only moved.

        A scan that begins at a heading and meets the next unchanged one has read everything between them as it will be
        read, and what follows is read as it was.
        """
        before = [] if first == 0 else self.headings[:first]
        start = self.headings[first].start if first else 0
        last = self.headings[index].end + shift if index < len(self.headings) else len(result.content)
        found = [
            Heading(heading.level, heading.text, heading.start + start, heading.end + start)
            for heading in scan_headings(result.content[start:last], whole=start == 0)
        ]
        if [(heading.level, heading.start) for heading in found] != wanted:
            raise RecordSyntaxError(
                "the edit would change how the rest of the file reads, so nothing was written",
                hint="look for a code fence or a comment that is not closed near this line, close it, and try again",
                path=self.path,
                line=self.line_of(edit.start),
            )
        moved = self.headings[index + 1 :]
        if shift:
            moved = tuple(Heading(level, text, begin + shift, end + shift) for level, text, begin, end in moved)
        return (*before, *found, *moved)


def with_final_newline(document: Document, text: bytes, offset: int) -> bytes:
    """Return the text to insert at the offset, with the line end before it that the file lacks there."""
    before = document.content[:offset]
    return text if not before or before == BOM or before.endswith((b"\n", b"\r")) else document.eol + text


def with_plain_line_ends(content: bytes) -> bytes:
    """Return the bytes with LF at the end of every line and every offset as it was."""
    return content.replace(b"\r\n", b" \n").replace(b"\r", b"\n") if b"\r" in content else content


def _after_preamble(text: bytes) -> int:
    start = len(BOM) if text.startswith(BOM) else 0
    match = _FRONT_MATTER.match(text, start)
    return match.end() if match else start


def _after_html(text: bytes, match: re.Match[bytes]) -> int:
    opening = (match["html"] or b"").lower()
    closing = {b"<!--": rb"-->", b"<?": rb"\?>", b"<![cdata[": rb"\]\]>"}.get(opening)
    if opening in {b"<pre", b"<script", b"<style", b"<textarea"}:
        closing = rb"(?i:</(?:pre|script|style|textarea)>)"
    elif closing is None and opening.startswith(b"<!"):
        closing = rb">"
    if closing is None:
        end = _BLANK_LINE.search(text, match.end())
        return end.end() if end else len(text)
    # `<!-->` is a whole comment: its end may overlap its beginning (CommonMark 0.31).
    found = re.compile(closing).search(text, match.end() - (2 if opening == b"<!--" else 0))
    line_end = text.find(b"\n", found.end()) if found else -1
    return line_end if line_end >= 0 else len(text)


def _begins_block(text: bytes, line_end: int) -> bool:
    # Any tag alone on its line starts a block of HTML, but not in the middle of a paragraph (CommonMark 4.6, kind 7).
    before = text[text.rfind(b"\n", 0, line_end) + 1 : line_end].strip()
    return not before or before.startswith(b"#")


def _in_list_item(text: bytes, start: int) -> bool:
    before = text[max(0, start - 4096) : start].rstrip(b" \t\n")
    return bool(_LIST_OR_INDENTED.match(before[before.rfind(b"\n") + 1 :]))
