"""Find the ATX headings of a Markdown text, and the fences, comments and HTML that hide what looks like one.

A text of megabytes has tens of thousands of headings, and most commands need a few: they are kept as columns of
numbers, and a heading's text is read when it is asked for.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple, overload

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
_HEADING = re.compile(rb"\n(#{1,6})(?=[ \t\n]|\Z)[^\n]*")
_INDENTED_HEADING = re.compile(rb"\n( {0,3}#{1,6})(?=[ \t\n]|\Z)[^\n]*")
_INDENTED = re.compile(rb"\n {1,3}#")
# Where a line may start something that hides headings: a fence, or a block of HTML (CommonMark 4.5, 4.6).
_OPENING = re.compile(
    rb"\n(?P<indent> {0,3})(?:(?P<fence>" + FENCE.encode() + rb")"
    rb"|(?P<html><(?:!--|\?|!\[CDATA\[|![A-Za-z]|(?i:pre|script|style|textarea)(?=[\s>]|\Z)"
    rb"|/?(?i:" + _BLOCK_TAGS + rb")(?=[\s>]|/>|\Z)))"
    rb"|(?P<tag></?[A-Za-z][A-Za-z0-9-]*(?:[ \t][^<>\n]*)?/?>[ \t]*(?=\n|\Z)))"
)
_BLANK_LINE = re.compile(rb"\n[ \t]*(?=\n|\Z)")
_LIST_OR_INDENTED = re.compile(rb"[ \t]|[-*+](?:[ \t]|$)|[0-9]{1,9}[.)](?:[ \t]|$)")
_CLOSING_MARKS = re.compile(rb"(?:^|[ \t]+)#+[ \t]*$")


class Heading(NamedTuple):
    """An ATX heading: its level (1 to 6), its text, and the bytes its line takes (`end` is after the line's end)."""

    level: int
    text: str
    start: int
    end: int


class Headings(Sequence[Heading]):
    """The headings of a text in order; `levels`, `starts` and `ends` are their columns."""

    def __init__(self, plain: bytes, levels: list[int], starts: list[int], ends: list[int]) -> None:
        self.plain, self.levels, self.starts, self.ends = plain, levels, starts, ends

    def __len__(self) -> int:
        return len(self.starts)

    @overload
    def __getitem__(self, index: int) -> Heading: ...

    @overload
    def __getitem__(self, index: slice) -> list[Heading]: ...

    def __getitem__(self, index: int | slice) -> Heading | list[Heading]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        return Heading(self.levels[index], self.text(index), self.starts[index], self.ends[index])

    def __iter__(self) -> Iterator[Heading]:
        return (self[number] for number in range(len(self)))

    def lines(self) -> list[bytes]:
        """Return the line of each heading."""
        plain = self.plain
        return [plain[start:end] for start, end in zip(self.starts, self.ends, strict=True)]

    def text(self, index: int) -> str:
        """Return a heading's text, without its marks."""
        title = self.plain[self.starts[index] : self.ends[index]].strip(b" \t\n")[self.levels[index] :].strip(b" \t")
        if title.endswith(b"#"):
            title = _CLOSING_MARKS.sub(b"", title)
        return title.decode("utf-8", "replace")

    def replaced(self, plain: bytes, first: int, found: Headings, offset: int, last: int, shift: int) -> Headings:
        """Return the headings of an edited text: up to `first` and from `last` as they were, `found` between them.

        `offset` is added to the places of what was found, `shift` to those of what stands behind the edit.
        """
        columns = []
        for name in ("starts", "ends"):
            mine, new = getattr(self, name), getattr(found, name)
            moved = [place + shift for place in mine[last:]] if shift else mine[last:]
            columns.append([*mine[:first], *([place + offset for place in new] if offset else new), *moved])
        return Headings(plain, [*self.levels[:first], *found.levels, *self.levels[last:]], columns[0], columns[1])


def scan_headings(content: bytes, *, whole: bool = True) -> Headings:
    """Return the headings in order; without `whole`, the bytes are a piece from the middle of a document."""
    plain = with_plain_line_ends(content)
    at = after_preamble(plain) if whole else 0
    # The scanner sees a line end before the first line, so places in it are one further than in the content.
    text = b"   \n" + plain[3:] if at and plain.startswith(BOM) else b"\n" + plain
    if _INDENTED.search(text, at):
        found = [(match.start(), match.end(1), match.end()) for match in _INDENTED_HEADING.finditer(text, at)]
        found = [one for one in found if text[one[0] + 1 : one[0] + 2] == b"#" or not _in_list_item(text, one[0] + 1)]
        levels = [text.count(b"#", start, marks) for start, marks, _ in found]
    else:
        found = [(match.start(), match.end(1), match.end()) for match in _HEADING.finditer(text, at)]
        levels = [marks - start - 1 for start, marks, _ in found]
    starts, ends = [one[0] for one in found], [one[2] for one in found]
    for first, last in reversed(_regions(text, at)):
        hidden = slice(bisect_left(starts, first), bisect_left(starts, last))
        del levels[hidden], starts[hidden], ends[hidden]
    if ends and ends[-1] > len(content):
        ends[-1] = len(content)
    return Headings(plain, levels, starts, ends)


def literal_spans(text: bytes) -> list[tuple[int, int]]:
    """Return where code fences and comments stand in a piece with LF line ends: no line there is an item."""
    spans: list[tuple[int, int]] = []
    if not any(mark in text for mark in (b"```", b"~~~", b"<!--")):
        return spans
    text, at = b"\n" + text, 0
    for match in _OPENING.finditer(text):
        if match.start() < at or not (match["fence"] or match["html"] == b"<!--"):
            continue
        if match["indent"] and _in_list_item(text, match.start() + 1):
            continue
        at = after_fence(text, match["fence"], match.end()) if match["fence"] else _after_html(text, match)
        spans.append((match.start(), at - 1))
    return spans


def hidden_regions(plain: bytes) -> list[tuple[int, int]]:
    """Return where fences, comments and other HTML hide what looks like a heading, in a text with LF line ends."""
    return [(max(0, start - 1), end - 1) for start, end in _regions(b"\n" + plain, after_preamble(plain))]


def with_plain_line_ends(content: bytes) -> bytes:
    """Return the bytes with LF at the end of every line and every offset as it was."""
    return content.replace(b"\r\n", b" \n").replace(b"\r", b"\n") if b"\r" in content else content


def after_preamble(plain: bytes) -> int:
    """Return the offset behind the byte order mark and the front matter."""
    start = len(BOM) if plain.startswith(BOM) else 0
    match = _FRONT_MATTER.match(plain, start)
    return match.end() if match else start


def _regions(text: bytes, at: int) -> list[tuple[int, int]]:
    firsts = [place for place in (text.find(mark, at) for mark in (b"```", b"~~~", b"<")) if place >= 0]
    if not firsts:
        return []
    regions: list[tuple[int, int]] = []
    end = max(at, text.rfind(b"\n", 0, min(firsts)))
    for match in _OPENING.finditer(text, end):
        if match.start() < end or (match["indent"] and _in_list_item(text, match.start() + 1)):
            continue
        if match["tag"] and not _begins_block(text, match.start()):
            continue
        end = after_fence(text, match["fence"], match.end()) if match["fence"] else _after_html(text, match)
        regions.append((match.start(), end))
    return regions


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
