from datetime import timedelta

import pytest

from conductor.cli.grant import parse_duration
from conductor.errors import UsageProblem
from conductor.sessions.grants import GrantStore, find_agent

NOW = "2026-01-05T10:00:00+00:00"
LATER = "2026-01-05T10:30:00+00:00"


@pytest.fixture
def store(tmp_path):
    return GrantStore(tmp_path, "p")


def give(store, **changes):
    values = {"action": "push", "scope": "once", "why": "ship", "by": "u", "at": NOW}
    return store.add("commit_push", **{**values, **changes})


def test_a_grant_for_once_is_used_up_by_its_use(store):
    give(store)
    assert store.take("commit_push", "push", NOW) is not None
    assert store.take("commit_push", "push", NOW) is None


def test_a_push_grant_allows_no_commit(store):
    give(store)
    assert store.take("commit_push", "commit", NOW) is None


def test_a_grant_for_a_time_ends_with_it(store):
    give(store, scope="until", expires_at=LATER)
    assert store.take("commit_push", "push", NOW)
    assert store.take("commit_push", "push", NOW)
    assert store.take("commit_push", "push", LATER) is None


def test_a_grant_for_one_command_allows_exactly_that(store):
    give(store, command="git push origin main")
    assert store.take("commit_push", "push", NOW, "git push --force") is None
    assert store.take("commit_push", "push", NOW, "git push origin main")


def test_a_revoked_grant_allows_nothing(store):
    grant = give(store)
    store.revoke(grant.id, NOW)
    assert store.active(NOW) == []
    assert store.take("commit_push", "push", NOW) is None


def test_the_guard_itself_cannot_be_granted_away(store):
    with pytest.raises(UsageProblem, match="can't be granted"):
        store.add("guard_tamper", action=None, scope="once", why="", by="u", at=NOW)


@pytest.mark.parametrize("text", ["", "0m", "5", "25h", "-1m", "1d", "99999h"])
def test_a_bad_duration_is_refused(text):
    with pytest.raises(UsageProblem):
        parse_duration(text)


def test_durations_have_units():
    assert parse_duration("30m") == timedelta(minutes=30)


def test_an_agent_cannot_type_a_grant(repository, conductor):
    done = conductor("grant", "push", "--once", cwd=repository, env={"CLAUDECODE": "1"})
    assert done.returncode == 2
    assert "for the user" in done.stderr
    assert conductor("grant", "push", "--once", cwd=repository).returncode == 0
    assert "push  once, not used" in conductor("grant", "--list", cwd=repository).stdout


def test_outside_an_agent_there_is_none():
    assert find_agent() is None
