from __future__ import annotations

import pytest

from conductor.config.settings import load_settings
from conductor.rules.table import BEGIN, END, check_table, render_table, write_table

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
