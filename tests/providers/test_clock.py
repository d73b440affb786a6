"""Nothing in the environment moves the clock by which grants, trust and evidence are judged."""

import os
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from conductor.config.places import project_key, state_dir
from conductor.providers.clock import SystemClock
from conductor.sessions.grants import GrantStore
from tests.guard.test_agents import shell_event
from tests.guard.test_hook import fire

LONG_AGO = "2026-01-05T10:00:00+00:00"
MOVED = {
    "CONDUCTOR_NOW": LONG_AGO,
    "CONDUCTOR_CLOCK": LONG_AGO,
    "FAKETIME": "@2026-01-05 10:00:00",
    "SOURCE_DATE_EPOCH": "1767607200",
    "TZ": "Etc/GMT+12",
    "GIT_AUTHOR_DATE": LONG_AGO,
    "GIT_COMMITTER_DATE": LONG_AGO,
}


def test_the_clock_tells_the_machines_time(monkeypatch):
    before = datetime.now(UTC)
    for name, value in MOVED.items():
        monkeypatch.setenv(name, value)
    assert before <= SystemClock().now() <= before + timedelta(minutes=1)


@pytest.fixture
def expired(repository, conductor):
    """Return a guarded repository with a grant that ended long ago."""
    assert conductor("hooks", "install", "--agent", "codex", cwd=repository).returncode == 0
    GrantStore(state_dir(), project_key(repository / ".git")).add(
        "commit_push",
        action="commit",
        scope="until",
        why="",
        by="ada",
        at=LONG_AGO,
        expires_at="2026-01-05T10:30:00+00:00",
    )
    return repository


@pytest.mark.parametrize("name", MOVED)
def test_an_expired_grant_stays_expired_in_the_list_the_guard_and_gits_hook(expired, conductor, name):
    moved = {name: MOVED[name]}
    assert "expired" in conductor("grant", "--list", cwd=expired, env=moved).stdout
    event = {**shell_event("codex", "git commit -m x"), "cwd": str(expired)}
    assert fire(expired, "codex", event, env={**os.environ, **moved}).returncode == 2
    done = subprocess.run(
        ["git", "commit", "-q", "--allow-empty", "-m", "x"],
        cwd=expired,
        env={**os.environ, "CODEX_SANDBOX": "1", **moved},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
