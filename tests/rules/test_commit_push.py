from __future__ import annotations

from conductor.domain.grant import Grant
from conductor.rules.answer import Status
from conductor.rules.commit_push import find_acts, report
from conductor.rules.context import SessionView
from tests.rules.conftest import call, session

LEDGER = (call("Bash", "git commit"),)


def grant(action, **given):
    rest = {
        "scope": "once",
        "why": "asked",
        "by": "ada",
        "at": "2026-01-05T09:30:00+00:00",
        "used_at": "2026-01-05T10:00:00+00:00",
    }
    return Grant("g-1", "commit_push", action, **{**rest, **given})


def test_a_session_without_commits_is_kept(tree):
    late = SessionView("s1", "2026-01-06T00:00:00+00:00", calls=LEDGER)
    assert report(tree.context(late)).status is Status.KEPT


def test_a_commit_without_a_grant_is_violated_and_with_one_kept(tree):
    assert report(tree.context(session(*LEDGER))).status is Status.VIOLATED
    answer = report(tree.context(session(*LEDGER, grants=(grant("commit"),))))
    assert answer.status is Status.KEPT
    assert "grant g-1 (asked)" in answer.evidence[0]


def test_one_grant_for_once_covers_one_commit(tree):
    tree.write("more", "x")
    tree.commit()
    assert report(tree.context(session(*LEDGER, grants=(grant("commit"),)))).status is Status.VIOLATED
    until = grant("commit", scope="until", expires_at="2026-01-05T11:00:00+00:00", used_at=None)
    assert report(tree.context(session(*LEDGER, grants=(until,)))).status is Status.KEPT


def test_without_ledger_and_log_nobody_knows_who_asked(tree):
    assert report(tree.context(session())).status is Status.NOT_OBSERVED
    assert report(tree.context()).status is Status.NOT_OBSERVED


def test_a_push_is_found_in_the_remotes_reflog(tree, tmp_path):
    tree.git("init", "-q", "--bare", str(tmp_path / "remote.git"))
    tree.git("remote", "add", "origin", str(tmp_path / "remote.git"))
    tree.git("push", "-q", "origin", "main")
    acts = find_acts(tree.context(), session())
    assert {act.action for act in acts} == {"commit", "push"}
    assert report(tree.context(session(*LEDGER, grants=(grant("commit"),)))).status is Status.VIOLATED
