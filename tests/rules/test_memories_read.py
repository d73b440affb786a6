from __future__ import annotations

import pytest

from conductor.rules.answer import Status
from conductor.rules.memories_read import report
from tests.rules.conftest import call, session

READ = call("mcp__serena__read_memory", "overview", "2026-01-05T09:01:00Z")
EDIT = call("Edit", "image/Dockerfile", "2026-01-05T09:30:00Z")


@pytest.mark.parametrize(
    ("calls", "status"),
    [
        ((READ, EDIT), Status.KEPT),
        ((call("Read", ".serena/memories/overview.md"), EDIT), Status.KEPT),
        ((call("Bash", "conductor prime"), EDIT), Status.KEPT),
        ((EDIT,), Status.VIOLATED),
        ((), Status.NOT_OBSERVED),
        ((EDIT, call("mcp__serena__read_memory", "x", "2026-01-05T10:00:00Z")), Status.VIOLATED),
    ],
)
def test_memories_are_read_before_the_first_edit(tree, calls, status):
    tree.write(".serena/memories/overview.md", "# Overview\n")
    assert report(tree.context(session(*calls))).status is status


def test_without_memories_there_is_nothing_to_read(tree):
    assert report(tree.context(session(EDIT))).status is Status.NOT_NEEDED
