from datetime import UTC, datetime, timedelta

import pytest

from conductor.errors import NothingToDo, UsageProblem
from conductor.providers.git import GitRepository
from conductor.sessions.ledger import ToolCall
from conductor.sessions.session import SessionStore


class Clock:
    def __init__(self):
        self.at = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)

    def now(self):
        return self.at

    def monotonic(self):
        return self.at.timestamp()

    def sleep(self, seconds):
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def store(repository, git):
    git("commit", "-q", "--allow-empty", "-m", "first", cwd=repository)
    return SessionStore(GitRepository.find(repository), Clock())


def test_a_session_knows_when_and_where_it_began(store, git, repository):
    session = store.start(agent="codex")
    assert session.base == git("rev-parse", "HEAD", cwd=repository)
    assert session.started_at == "2026-01-05T10:00:00+00:00"
    assert store.load(session.id) == session


def test_the_agents_own_id_begins_one_session_however_often_it_is_announced(store):
    first = store.start(agent="claude", name="abc/../def")
    store.clock.sleep(60)
    assert store.start(agent="claude", name="abc/../def") == first


def test_a_ledger_nobody_announced_is_a_session(store):
    store.ledger.append(ToolCall("s9", "gemini", "replace", "a.py", True, "2026-01-05T10:05:00+00:00"))
    session = store.load("s9")
    assert (session.agent, session.started_at) == ("gemini", "2026-01-05T10:05:00+00:00")
    assert session.base is not None


def test_of_two_sessions_the_open_one_is_meant(store):
    first = store.start(agent="a", name="one")
    store.clock.sleep(60)
    second = store.start(agent="b", name="two")
    assert store.latest() == second
    store.end(second, ())
    assert store.latest() == first
    assert [session.id for session in store.all()] == ["one", "two"]


def test_a_clock_that_went_backwards_ends_a_session_when_it_began(store):
    session = store.start(agent="a")
    store.clock.at -= timedelta(hours=1)
    assert store.end(session, ()).ended_at == session.started_at


def test_without_any_session_there_is_nothing(store):
    with pytest.raises(NothingToDo):
        store.latest()
    with pytest.raises(UsageProblem):
        store.load("nobody")


def test_a_broken_session_file_leaves_the_others_readable(store):
    good = store.start(agent="a", name="good")
    (store.ledger.folder / "bad.json").write_text("{")
    text = (store.ledger.folder / "good.json").read_text()
    (store.ledger.folder / "late.json").write_text(text.replace(good.started_at, "yesterday"))
    assert store.all() == [good]


def test_the_commands_walk_through_a_session(repository, conductor):
    assert conductor("session", "status", cwd=repository).returncode == 3
    assert conductor("session", "start", "--id", "s1", cwd=repository).returncode == 0
    done = conductor("session", "end", "--next", "Validate the build [build, smok]", cwd=repository)
    assert done.returncode == 2
    assert "did you mean smoke?" in done.stderr
    done = conductor("session", "end", "--next", "Validate the build [build, smoke]", cwd=repository)
    assert "(expects build, smoke)" in done.stdout
    assert "- [ ] smoke: " in (repository / "TASKS.md").read_text()
    assert "s1" in conductor("session", "log", "--all", cwd=repository).stdout
    assert conductor("session", "attest", "R99", "x", cwd=repository).returncode == 2
    assert conductor("session", "attest", "R6", " ", cwd=repository).returncode == 2


def test_the_summary_is_written_among_the_memories(repository, conductor):
    conductor("session", "start", "--id", "abcdef123", cwd=repository)
    done = conductor("session", "summary", cwd=repository)
    assert done.returncode == 0, done.stderr
    (path,) = (repository / ".serena/memories").glob("session-summary-*-def123.md")
    assert path.name in done.stdout
    assert "no task is open" in path.read_text()
    assert "to now, at no revision yet." in path.read_text()
