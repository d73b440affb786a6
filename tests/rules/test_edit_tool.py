from __future__ import annotations

from conductor.rules.answer import Status
from conductor.rules.edit_tool import report
from tests.rules.conftest import call, session

SERENA = "mcp__serena__replace_symbol_body"


def test_edits_by_the_configured_tool_are_kept_and_others_violated(tree):
    tree.write("run.sh", "changed\n")
    assert report(tree.context(session(call(SERENA, "run.sh")))).status is Status.KEPT
    assert report(tree.context(session(call("Edit", f"{tree.root}/run.sh")))).status is Status.VIOLATED


def test_a_change_without_an_edit_in_the_ledger_was_not_observed(tree):
    tree.write("run.sh", "changed\n")
    answer = report(tree.context(session(call("Bash", "sed -i"))))
    assert answer.status is Status.NOT_OBSERVED
    assert "run.sh" in answer.evidence[0]
    assert report(tree.context(session())).status is Status.NOT_OBSERVED


def test_no_change_needs_no_tool(tree):
    assert report(tree.context(session(call("Read", "run.sh")))).status is Status.NOT_NEEDED
