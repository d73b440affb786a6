from __future__ import annotations

from dataclasses import replace

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


def dialog(asked, ran, command="git commit -m x"):
    return grant(
        "commit", by="dialog", at=f"2026-01-05T{asked}+00:00", used_at=f"2026-01-05T{ran}+00:00", command=command
    )


def test_a_dialogs_yes_covers_what_its_command_did_until_it_ended(tree):
    act = find_acts(tree.context(), session())[0]
    assert act.at == "2026-01-05T10:00:00+00:00"
    for asked, ran, status in (
        ("09:59:30", "10:00:20", Status.KEPT),
        ("10:00:00", "10:00:00", Status.KEPT),
        ("10:00:01", "10:00:20", Status.VIOLATED),
        ("09:59:30", "09:59:59", Status.VIOLATED),
    ):
        assert report(tree.context(session(*LEDGER, grants=(dialog(asked, ran),)))).status is status


def test_a_dialogs_yes_to_commit_and_push_covers_both(tree, tmp_path):
    tree.git("init", "-q", "--bare", str(tmp_path / "remote.git"))
    tree.git("remote", "add", "origin", str(tmp_path / "remote.git"))
    tree.git("push", "-q", "origin", "main")
    both = dialog("09:59:30", "10:00:20", "git commit -m x && git push origin main")
    assert report(tree.context(session(*LEDGER, grants=(both,)))).status is Status.KEPT
    assert report(tree.context(session(*LEDGER, grants=(dialog("09:59:30", "10:00:20"),)))).status is Status.VIOLATED


def test_a_grant_that_was_taken_back_covers_nothing_later(tree):
    back = grant("commit", scope="until", expires_at="2026-01-05T11:00:00+00:00", used_at=None)
    revoked = replace(back, revoked_at="2026-01-05T09:45:00+00:00")
    assert report(tree.context(session(*LEDGER, grants=(revoked,)))).status is Status.VIOLATED


def test_a_grant_of_a_forced_push_covers_a_push_and_no_commit(tree, tmp_path):
    tree.git("init", "-q", "--bare", str(tmp_path / "remote.git"))
    tree.git("remote", "add", "origin", str(tmp_path / "remote.git"))
    tree.git("push", "-q", "origin", "main")
    both = (grant("commit"), grant("force_push"))
    assert report(tree.context(session(*LEDGER, grants=both))).status is Status.KEPT
    assert report(tree.context(session(*LEDGER, grants=both[1:]))).status is Status.VIOLATED


def test_what_one_command_commits_is_one_act(tree):
    tree.git("switch", "-q", "-c", "side")
    for name in ("one", "two"):
        tree.write(name, "x")
        tree.commit(name)
    tree.git("switch", "-q", "-c", "topic", "main")
    tree.write("three", "x")
    tree.commit("three")
    before = len(find_acts(tree.context(), session()))
    tree.git("rebase", "-q", "side")
    tree.git("switch", "-q", "-c", "picked", "main")
    tree.git("cherry-pick", "main..side")
    tree.git("pull", "-q", "--rebase", ".", "main")
    tree.git("switch", "-q", "main")
    tree.git("merge", "-q", "side")
    acts = find_acts(tree.context(), session())
    assert len(acts) == before + 2, [act.words for act in acts]
