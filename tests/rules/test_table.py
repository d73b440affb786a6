from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conductor.config.settings import load_settings
from conductor.records.commonmark import split_lines
from conductor.rules.table import BEGIN, END, check_table, find_markers, parse_markers, render_table, write_table

FRONT = "---\nconductor: 1\nrules: {commit_push: ask}\n---\n"


def table_of(tree):
    return check_table(tree.root, load_settings(tree.root))


def fix(tree):
    return write_table(tree.root, load_settings(tree.root))


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_drift_is_found_and_written_and_the_rest_stays_byte_for_byte(tree, ending):
    head = f"{FRONT}# Rules\n\nfenced:\n```\n{BEGIN}\n{END}\n```\n".replace("\n", ending).encode()
    tail = f"{END}{ending}caf\u00e9 \u2705{ending}last line without an end".encode() + b"\xff"
    path = tree.root / "CONDUCTOR.md"
    path.write_bytes(head + f"{BEGIN}{ending}old{ending}".encode() + tail.replace(b"\xff", b""))
    (finding,) = table_of(tree)
    assert (finding.code, finding.fix) == ("RULE-TABLE-001", True)
    assert fix(tree)
    content = path.read_bytes()
    assert content.startswith(head)
    assert content.endswith(tail.replace(b"\xff", b""))
    assert table_of(tree) == []
    assert not fix(tree)


def test_a_changed_level_is_drift(tree):
    tree.write("CONDUCTOR.md", f"{FRONT}{BEGIN}\n{END}\n")
    fix(tree)
    text = (tree.root / "CONDUCTOR.md").read_text()
    assert "| R8 `commit_push` |" in text
    assert table_of(tree) == []
    tree.write("CONDUCTOR.md", text.replace("commit_push: ask", "commit_push: block"))
    assert [finding.code for finding in table_of(tree)] == ["RULE-TABLE-001"]


def test_without_markers_it_is_advice_and_without_the_file_nothing(tree):
    assert table_of(tree) == []
    tree.write("CONDUCTOR.md", FRONT + "# Rules\n")
    assert [str(finding.severity) for finding in table_of(tree)] == ["advice"]
    assert not fix(tree)


def test_a_pipe_in_a_message_does_not_break_the_table(tree):
    rule = 'custom_rules: {no_pipe: {file: "*.x", message: "a | b"}}'
    tree.write("CONDUCTOR.md", f"---\nconductor: 1\n{rule}\n---\n")
    assert "a \\| b" in render_table(load_settings(tree.root))


MARKED = f"{BEGIN}\nold\n{END}\n"


def indent(text, by):
    return "".join(by + line if line.strip() else line for line in text.splitlines(keepends=True))


SHOWN_ONLY = {
    "a fence": f"```\n{MARKED}```\n",
    "a fence of tildes": f"~~~ markdown\n{MARKED}~~~\n",
    "an indented fence": f"   ```\n{MARKED}   ```\n",
    "a fence that holds a fence": f"````\n```\n{MARKED}```\n````\n",
    "a fence of other marks inside": f"~~~\n```\n~~~~ not yet\n{MARKED}",
    "a fence that nothing closes": f"text\n\n```\n{MARKED}",
    "a fence in a list": f"- so:\n\n  ```\n{indent(MARKED, '  ')}  ```\n",
    "a fence in a quote": f"> ```\n{indent(MARKED, '> ')}> ```\n",
    "indented code": f"text\n\n{indent(MARKED, '    ')}",
    "code indented by tabs": "text\n\n" + indent(MARKED, "\t"),
    "a list's item": f"- item\n\n{indent(MARKED, '  ')}",
    "a comment": f"<!-- not yet:\n{BEGIN}\nold\n",
    "preformatted text": f"<pre>\n\n{MARKED}</pre>\n",
    "a text area": f"<textarea>\n{MARKED}</textarea>\n",
    "escaped": MARKED.replace("<", "\\<"),
    "a line of text": f"write {BEGIN} before\nand {END} behind it\n",
    "front matter alone": "",
}


@pytest.mark.parametrize("shown", SHOWN_ONLY.values(), ids=SHOWN_ONLY)
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_markers_that_markdown_shows_as_text_are_left_alone(tree, shown, ending):
    content = f"{FRONT}# Rules\n\n{shown}".replace("\n", ending).encode()
    (tree.root / "conductor.yaml").write_text("conductor: 1\n")
    (tree.root / "CONDUCTOR.md").write_bytes(content.replace(FRONT.replace("\n", ending).encode(), b""))
    assert [finding.code for finding in table_of(tree)] == ["RULE-TABLE-002"]
    assert not fix(tree)


MARKERS = {
    "at the top": MARKED,
    "behind a paragraph": f"text\n{MARKED}",
    "behind a list": f"- item\n{MARKED}",
    "in a folded part": f"<details>\n<summary>Rules</summary>\n\n{MARKED}\n</details>\n",
    "in a part without blank lines": f"<div>\n{MARKED}</div>\n",
    "behind code in a line that begins like a fence": f"```old``` is gone\n\n{MARKED}",
    "behind an underlined heading": f"Rules\n=====\n{MARKED}",
    "indented a little": f"   {BEGIN}\nold\n  {END}\n",
    "behind a closed fence": f"```\n{MARKED}```\n{MARKED}",
    "behind a fence that a longer one closes": f"```\n~~~\n`````\n{MARKED}",
    "behind a form feed and a line separator": f"a\x0cb\u2028c\n{MARKED}",
    "behind a comment": f"<!-- a -->\n{MARKED}",
}


@pytest.mark.parametrize("marked", MARKERS.values(), ids=MARKERS)
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_markers_that_are_comments_of_their_own_hold_the_table(tree, marked, ending):
    content = f"# Rules\n\n{marked}last".replace("\n", ending)
    (tree.root / "conductor.yaml").write_text("conductor: 1\n")
    path = tree.root / "CONDUCTOR.md"
    path.write_bytes(content.encode())
    place = content.rindex("old" + ending)
    (finding,) = table_of(tree)
    assert (finding.code, finding.location.line) == ("RULE-TABLE-001", content.count(ending, 0, place))
    assert fix(tree)
    table = render_table(load_settings(tree.root)).replace("\n", ending)
    assert path.read_bytes().decode() == content[:place] + table + content[place + len("old" + ending) :]
    assert table_of(tree) == []


def test_what_the_front_matter_holds_opens_no_fence(tree):
    rule = "custom_rules: {fence: {file: '*.x', message: 'a\n\n```\n\nb'}}"
    tree.write("CONDUCTOR.md", f"---\nconductor: 1\n{rule}\n---\n{MARKED}")
    assert [finding.code for finding in table_of(tree)] == ["RULE-TABLE-001"]


LINES = st.sampled_from(
    [
        *(
            BEGIN,
            END,
            f"{END} and more",
            f" {BEGIN}",
            f"    {BEGIN}",
            f"- {BEGIN}",
            f"> {BEGIN}",
            f"\t{END}",
            f"x {BEGIN}",
        ),
        *("text", "", "- item", "  in it", "> quote", "# Rules", "    code", "| a | b |", "---", "1. one", "===", "`"),
        *("[a]: b", "[a]:", "a\x0cb", "\ufeff", "key: value", "- key: value", "\\", "* * *", "`` a", "::: note"),
    ]
)


@settings(max_examples=600)
@given(st.lists(LINES, max_size=10), st.sampled_from(["\n", "\r\n", "\r"]))
def test_markers_that_need_no_parser_are_those_that_it_finds(lines, ending):
    text = ending.join(lines)
    assert find_markers(text, split_lines(text)) == parse_markers(text)
