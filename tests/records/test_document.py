import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from conductor.errors import RecordSyntaxError
from conductor.records.document import Document, Edit, read_document
from conductor.records.headings import scan_headings
from tests.records import samples


def oracle(text: str) -> list[tuple[int, int]]:
    """Return level and line of the top-level ATX headings as a full parser sees them."""
    tokens = MarkdownIt("commonmark").parse(text)
    return [
        (int(token.tag[1]), token.map[0])
        for token in tokens
        if token.type == "heading_open" and token.level == 0 and token.markup.startswith("#")
    ]


def found(text: str) -> list[tuple[int, int]]:
    document = Document(text.encode(), "x.md")
    return [(heading.level, document.line_of(heading.start) - 1) for heading in document.headings]


CASES = [
    "# A\n\ntext\n## B ##\n",
    "```\n# no\n```\n# yes\n",
    "~~~ x\n# no\n```\n# no\n~~~~\n# yes\n",
    "```a`b\n# yes\n",
    "<!-- a\n# no\n-->\n# yes\n",
    "<!-- a --> b\n# yes\n",
    "<!-->\n# yes\n",
    "<div>\n# no\n\n# yes\n",
    "<pre>\n\n# no\n</pre>\n# yes\n",
    "<script>\n# no\n\n# no\n</script>\n## yes\n",
    "- a\n  # no\n# yes\n",
    "- a\n\n  ```\n  # no\n  ```\n# yes\n",
    "1. a\n   ```\n   # no\n   ```\n\n# yes\n",
    "- **How**:\n    ```bash\n    # no\n    ```\n## yes\n",
    "    # no\n#yes is none\n#\n####### none\n",
    "text\n---\n# yes\n",
    "a\r\n# b\r\n```\r\n# c\r\n```\r\n",
    "a\r# b\rtext\r## c",
    "# last without an end",
    "```\n# the fence stays open\n",
    "   # three spaces\n",
    "# a \\#\n## b #c\n",
    "text\x0b# no\n\x0c# no\n\u2028# no\n",
    "",
    "\n\n\n",
    samples.TASKS,
    samples.JOURNAL,
    samples.ERRORS,
]


@pytest.mark.parametrize("text", CASES)
def test_the_scanner_finds_the_headings_a_full_parser_finds(text):
    assert found(text) == oracle(text)


LINES = st.sampled_from(
    ["# a", "## b", "### c ###", "text", "", "```", "```py", "~~~", "````", "<!-- x", "-->", "<div>", "</div>", "> q",
     "- item", "  in it", "    code", "---", "#tag", "<pre>", "| a | b |", "1. one"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(LINES, max_size=14), st.sampled_from(["\n", "\r\n"]))
def test_scanner_and_parser_agree_on_any_mixture_of_lines(lines, eol):
    text = eol.join(lines)
    assert found(text) == oracle(text)


def test_front_matter_and_a_byte_order_mark_hide_nothing():
    text = b"\xef\xbb\xbf---\ntitle: x\n# comment\n---\n# A\n"
    assert [heading.text for heading in scan_headings(text)] == ["A"]
    assert [heading.text for heading in scan_headings(b"\xef\xbb\xbf# A\n")] == ["A"]
    assert scan_headings(b"\xef\xbb\xbf# A\n")[0].start == 3


def test_a_rule_at_the_top_is_no_front_matter():
    assert [heading.text for heading in scan_headings(b"---\n\n# A\n\n---\n")] == ["A"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "latin-1"])
def test_another_encoding_is_refused_with_its_line(encoding):
    content = ("\ufeff" if encoding == "utf-16-be" else "") + "# Aufgaben\nfür morgen\n"
    with pytest.raises(RecordSyntaxError) as caught:
        read_document(content.encode(encoding), "TASKS.md")
    assert caught.value.path == "TASKS.md"
    assert caught.value.line in (1, 2)


def test_a_nul_byte_is_refused_with_its_line():
    with pytest.raises(RecordSyntaxError) as caught:
        read_document(b"a\nb\0\n", "TASKS.md")
    assert caught.value.line == 2


def test_an_edit_that_opens_a_fence_over_the_rest_is_refused():
    document = Document(b"# A\n\ntext\n\n# B\n", "x.md")
    with pytest.raises(RecordSyntaxError, match="nothing was written"):
        document.apply([Edit(5, 5, b"```\n")])


def test_an_edit_inside_a_comment_is_refused_where_its_heading_would_be_lost():
    document = Document(b"# A\n<!--\n\n-->\n", "x.md")
    with pytest.raises(RecordSyntaxError):
        document.apply([Edit(9, 9, b"## B\n")])


@settings(max_examples=200, deadline=None)
@given(st.lists(LINES, max_size=12), st.data())
def test_what_lies_outside_an_edit_is_the_same_bytes(lines, data):
    content = "\n".join(lines).encode()
    document = Document(content, "x.md")
    starts = [0, *(at + 1 for at, byte in enumerate(content) if byte == 10)]
    start = data.draw(st.sampled_from(starts))
    end = data.draw(st.sampled_from([at for at in starts if at >= start]))
    try:
        result = document.apply([Edit(start, end, b"## new\n\nwords\n\n")])
    except RecordSyntaxError:
        return
    assert result.content.startswith(content[:start])
    assert result.content.endswith(content[end:])
    assert len(result.content) == len(content) - (end - start) + 15


def test_line_ends_are_adopted():
    assert Document(b"a\r\nb\r\n", "x").encode("c\nd\n") == b"c\r\nd\r\n"
    assert Document(b"a\rb\r", "x").encode("c\n") == b"c\r"
    assert Document(b"", "x").encode("c\n") == b"c\n"


@settings(max_examples=300, deadline=None)
@given(st.lists(LINES, max_size=16), st.lists(LINES, max_size=3), st.data())
def test_headings_after_an_edit_are_those_of_the_new_bytes(lines, new, data):
    content = "\n".join(lines).encode()
    document = Document(content, "x.md")
    starts = sorted({0, len(content), *(at + 1 for at, byte in enumerate(content) if byte == 10)})
    places = sorted(data.draw(st.lists(st.sampled_from(starts), min_size=4, max_size=4)))
    text = "".join(f"{line}\n" for line in new).encode()
    edits = [Edit(places[0], places[1], text)]
    if places[2] > places[1]:
        edits.append(Edit(places[2], places[3], b"## second\n"))
    try:
        result = document.apply(edits)
    except RecordSyntaxError:
        return
    assert list(result.headings) == list(scan_headings(result.content))
