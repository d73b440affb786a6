from __future__ import annotations

from conductor.rules.answer import Status
from conductor.rules.context import Decision
from conductor.rules.work_loss import report
from tests.rules.conftest import session


def decided(verdict):
    return (Decision("work_loss", verdict, "git reset --hard", "2026-01-05T10:00:00Z", ran=True),)


def test_only_the_guards_log_tells(tree):
    assert report(tree.context(session())).status is Status.NOT_OBSERVED
    assert report(tree.context(session(decisions=()))).status is Status.KEPT
    assert report(tree.context(session(decisions=decided("block")))).status is Status.VIOLATED


def test_what_the_user_said_yes_to_was_allowed(tree):
    answer = report(tree.context(session(decisions=decided("ask"))))
    assert answer.status is Status.KEPT
    assert any("the user allowed git reset --hard" in sentence for sentence in answer.evidence)
