"""From a hook's question to the report on the rules, with real processes."""

import json

import pytest

from tests.guard.test_agents import shell_event
from tests.guard.test_hook import fire, guarded

__all__ = ["guarded"]


@pytest.fixture
def working(guarded, conductor):
    done = conductor("session", "start", "--agent", "claude", "--id", "day", cwd=guarded)
    assert done.returncode == 0, done.stderr
    return guarded


def ask(root, command, number):
    event = {**shell_event("claude", command), "cwd": str(root), "session_id": "day", "tool_use_id": f"use-{number}"}
    answer = fire(root, "claude", event)
    return event, answer


def finish(root, event):
    fire(root, "claude", {**event, "hook_event_name": "PostToolUse", "tool_response": {"stdout": ""}})


def answers(root, conductor):
    done = conductor("session", "report", "day", "--json", cwd=root)
    return {row["id"]: row for row in json.loads(done.stdout)["rules"]}, done.returncode


def commit(git, root, name):
    (root / name).write_text("x")
    git("add", name, cwd=root)
    git("commit", "-q", "-m", "x", cwd=root)


@pytest.fixture
def now(monkeypatch):
    """Let git write the present time into its reflog, as it does for an agent."""
    for name in ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("now")
def test_a_commit_that_was_answered_in_the_dialog_is_kept(working, conductor, git):
    event, answer = ask(working, "git commit -m x", 1)
    assert b'"ask"' in answer.stdout
    commit(git, working, "a")
    finish(working, event)
    rows, _ = answers(working, conductor)
    assert rows["R8"]["status"] == "kept"
    assert "permission dialog" in rows["R8"]["evidence"][0]


@pytest.mark.usefixtures("now")
def test_a_commit_past_the_dialog_is_violated(working, conductor, git):
    event, _ = ask(working, "git status", 1)
    finish(working, event)
    commit(git, working, "a")
    rows, code = answers(working, conductor)
    assert (rows["R8"]["status"], code) == ("violated", 1)


def test_a_blocked_command_never_ran(working, conductor):
    _, answer = ask(working, "docker build -t owner/worker image/", 1)
    assert answer.returncode == 2
    rows, _ = answers(working, conductor)
    assert rows["R4"]["status"] != "violated"
    _, answer = ask(working, "git push --no-verify origin main", 2)
    assert answer.returncode == 2
    rows, _ = answers(working, conductor)
    assert rows["G1"]["status"] == "kept"
    assert any("stopped git push --no-verify" in sentence for sentence in rows["G1"]["evidence"])
