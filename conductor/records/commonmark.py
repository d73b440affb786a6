"""Read Markdown as CommonMark's rules say, for files that other people keep.

Conductor's own records are read by `headings.py`, which is a hundred times as fast and tested against this. Importing
the parser takes 40 ms: it is imported when the first text is read.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from conductor.records.headings import after_preamble, with_plain_line_ends

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

LARGEST_BYTES = 1_000_000  # read in a second
_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n|\Z)")


class Block(NamedTuple):
    """A top-level block: `heading`, `underlined` (a setext heading), `fence` or `html`.

    `first` and `after` are its lines, counted from 0, `after` the one behind it. `text` is a heading's inline text or
    what a fence or HTML holds; `info` is a fence's, `level` a heading's (1 to 6).
    """

    kind: str
    first: int
    after: int
    text: str
    info: str = ""
    level: int = 0


def read_blocks(text: str) -> list[Block]:
    """Return the headings, fences and HTML that stand in no list or quote, in order; front matter is none."""
    plain = with_plain_line_ends(text.encode("utf-8", "surrogateescape"))
    head = after_preamble(plain)
    # As many lines, all of them empty: what is read keeps its place.
    body = b"\n" * plain.count(b"\n", 0, head) + plain[head:]
    tokens = _parser().parse(body.decode("utf-8", "surrogateescape"))
    found = []
    for number, token in enumerate(tokens):
        if token.level or token.map is None:
            continue
        first, after = token.map
        if token.type == "heading_open":
            kind = "heading" if token.markup.startswith("#") else "underlined"
            found.append(Block(kind, first, after, tokens[number + 1].content, level=int(token.tag[1])))
        elif token.type == "fence":
            found.append(Block("fence", first, after, token.content, token.info.strip()))
        elif token.type == "html_block":
            found.append(Block("html", first, after, token.content))
    return found


def split_lines(text: str) -> list[str]:
    """Return the lines with their ends, as CommonMark counts them: a form feed or U+2028 ends none."""
    return [line for line in _LINE.findall(text) if line]


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").disable(["inline"])  # nothing here needs what stands inside a line
