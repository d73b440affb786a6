from __future__ import annotations

from conductor.rules.answer import Status
from conductor.rules.sub_agents import report
from tests.rules.conftest import call, session


def test_a_small_task_needs_none_and_a_large_one_does(tree):
    edit = call("Edit", "a")
    assert report(tree.context(session(edit))).status is Status.NOT_NEEDED
    for number in range(21):
        tree.write(f"part{number}.txt", "x")
    assert report(tree.context(session(edit))).status is Status.VIOLATED
    assert report(tree.context(session(call("mcp__claude-flow__swarm_init")))).status is Status.KEPT
    assert report(tree.context(session())).status is Status.NOT_OBSERVED
