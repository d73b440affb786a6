"""A repository with a remote, the guard and git's hooks, for tests that play whole acts."""

import pytest

from conductor.config.places import project_key, state_dir
from conductor.sessions.grants import GrantStore

GIVEN = "2026-01-05T10:00:00+00:00"


@pytest.fixture(autouse=True)
def _patience(monkeypatch):
    """Let the questions that a test itself asks of git take their time: a busy machine is no answer."""
    monkeypatch.setattr("conductor.guard.live_work.LIMIT_S", 3600)


@pytest.fixture
def present(monkeypatch):
    """Let git write the present time, as it does for an agent."""
    for name in ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def remote(tmp_path, git):
    git("init", "-q", "--bare", "-b", "main", tmp_path / "remote.git")
    return tmp_path / "remote.git"


@pytest.fixture
def project(repository, conductor, git, remote):
    """Return a repository with one commit, a remote, every agent's entries and git's hooks."""
    git("commit", "-q", "--allow-empty", "-m", "one", cwd=repository)
    git("remote", "add", "origin", f"file://{remote}", cwd=repository)
    git("push", "-q", "-u", "origin", "main", cwd=repository)
    done = conductor("hooks", "install", "--agent", "all", cwd=repository)
    assert done.returncode == 0, done.stderr
    return repository


@pytest.fixture
def store(project):
    return GrantStore(state_dir(), project_key(project / ".git"))


@pytest.fixture
def give(store):
    """Return a function that gives a grant for one commit, push or forced push."""

    def give_one(name, **changes):
        values = {"action": name, "scope": "once", "why": "", "by": "ada", "at": GIVEN, **changes}
        return store.add("commit_push", **values)

    return give_one
