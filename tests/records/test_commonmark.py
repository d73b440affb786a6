"""Markdown of other people, block by block."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conductor.records.commonmark import Block, read_blocks, split_lines
from conductor.records.headings import scan_headings

LINES = st.sampled_from(
    [
        *("# a", "## b ##", "text", "", "```", "```py", "~~~", "````", "<!-- x", "-->", "<div>", "> q", "- item"),
        *("  in it", "    code", "\tcode", "#tag", "<pre>", "1. one", "\\# x", "a\x0cb\u2028c", "\ufeff"),
        "---\nkey: value\n---",
    ]
)
TEXTS = st.builds(
    lambda lines, eol: eol.join(lines), st.lists(LINES, max_size=12), st.sampled_from(["\n", "\r\n", "\r"])
)


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("# A\n\nText\n===\n", [Block("heading", 0, 1, "A", level=1), Block("underlined", 2, 4, "Text", level=1)]),
        ("two\nlines\n---\n", [Block("underlined", 0, 3, "two\nlines", level=2)]),
        ("   ```sh name\n# a\n   ```\n", [Block("fence", 0, 3, "# a\n", "sh name")]),
        ("````\n```\n# a\n```\n````\n", [Block("fence", 0, 5, "```\n# a\n```\n")]),
        ("~~~\n# a\n", [Block("fence", 0, 2, "# a\n")]),
        ("``` a`b\n# a\n", [Block("heading", 1, 2, "a", level=1)]),
        ("- # a\n- ```\n  x\n  ```\n> # a\n", []),
        ("\\# a\n\n    # b\n\n\t# c\n", []),
        ("<!-- a\n\n# b\n--> c\n", [Block("html", 0, 4, "<!-- a\n\n# b\n--> c\n")]),
        ("<div>\n# a\n\n# b\n", [Block("html", 0, 2, "<div>\n# a\n"), Block("heading", 3, 4, "b", level=1)]),
        ("---\ntitle: x\n---\n# a\n", [Block("heading", 3, 4, "a", level=1)]),
        ("\ufeff# a\r\n", [Block("heading", 0, 1, "a", level=1)]),
        ("", []),
    ],
)
def test_blocks_are_those_of_commonmark_with_their_lines(text, blocks):
    assert read_blocks(text) == blocks


@settings(max_examples=300)
@given(TEXTS)
def test_marked_headings_are_those_that_the_records_scanner_finds(text):
    plain = text.replace("\r\n", "\n").replace("\r", "\n").encode()
    scanned = [(heading.level, plain.count(b"\n", 0, heading.start)) for heading in scan_headings(plain)]
    assert [(block.level, block.first) for block in read_blocks(text) if block.kind == "heading"] == scanned


@given(st.text(st.sampled_from("a\n\r\x0b\x0c\x85\u2028 "), max_size=20))
def test_lines_join_to_the_text_and_end_only_where_markdown_ends_them(text):
    lines = split_lines(text)
    assert "".join(lines) == text
    assert all(line.rstrip("\r\n") == line.strip("\r\n") for line in lines)
    assert len(lines) == len(text.replace("\r\n", "\n").replace("\r", "\n").encode().splitlines())
