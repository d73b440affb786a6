from __future__ import annotations

from conductor.rules.answer import Status
from conductor.rules.context import Decision
from conductor.rules.release_bypass import report
from tests.rules.conftest import session


def test_only_the_guards_log_tells(tree):
    ran = Decision("release_bypass", "ask", "runpodctl update pod", "2026-01-05T10:00:00Z", ran=True)
    assert report(tree.context(session())).status is Status.NOT_OBSERVED
    assert report(tree.context(session(decisions=()))).status is Status.KEPT
    assert report(tree.context(session(decisions=(ran,)))).status is Status.VIOLATED
