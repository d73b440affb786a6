"""The law: whatever an agent tries in whatever order, it makes no more commits than were granted for once."""

import os
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conductor.guard.call import Call, Outcome
from conductor.guard.granted import finish_call, lift_by_grants
from conductor.guard.hooks.git_gate import Gate, check_commit
from conductor.providers.git import GitRepository
from conductor.rules.judge.call import Ruling
from conductor.sessions.grants import GrantStore

NOW = "2026-01-05T10:00:00+00:00"
LAYERS = ("guard and hook", "hook", "guard")
ENDS = ("made", "failed")
MOVES = ("grant", "undo", "branch", "back", "away", "end")


class World:
    """A repository with an agent in it, and a count of what was granted and what was done."""

    def __init__(self, folder):
        self.root = Path(folder) / "project"
        self.root.mkdir()
        self.git("init", "-q", "-b", "main")
        self.git("commit", "-q", "--allow-empty", "-m", "one")
        self.repository = GitRepository.find(self.root)
        self.store = GrantStore(Path(folder) / "state", "p")
        self.policy = {"root": str(self.root), "common_dir": str(self.root / ".git"), "grants": str(self.store.path)}
        self.granted = self.made = self.calls = 0

    def git(self, *words):
        return subprocess.run(["git", *words], cwd=self.root, capture_output=True, text=True, check=False).returncode

    def grant(self):
        self.store.add("commit_push", action="commit", scope="once", why="", by="u", at=NOW)
        self.granted += 1

    def attempt(self, layer, end):
        self.calls += 1
        self.call = Call("codex", "PreToolUse", "Bash", "shell", session="s", use_id=str(self.calls))
        self.call.command = "git commit -m x"
        stopping = [Ruling("block", "commit_push", "", "commit")]
        if layer != "hook" and lift_by_grants(self.call, self.policy, Outcome("block"), stopping).verdict != "allow":
            return
        if layer != "guard" and list(check_commit(Gate(self.repository, self.store, NOW))):
            return
        if end == "made":
            assert self.git("commit", "-q", "--allow-empty", "-m", "x", "--no-verify") == 0
            self.made += 1

    def move(self, name):
        self.calls += 1
        if name == "grant":
            self.grant()
        elif name == "undo":
            self.git("reset", "-q", "--hard", "HEAD~1")
        elif name == "branch":
            self.git("switch", "-q", "-c", f"b{self.calls}")
        elif name == "back":
            self.git("switch", "-q", "-")
        elif name == "away":
            self.git("switch", "-q", "--detach", "HEAD")
        elif self.calls and hasattr(self, "call"):
            self.call.ok = None
            finish_call(self.call, self.root, self.root / ".git", self.store.path)


@pytest.fixture
def agent(monkeypatch):
    monkeypatch.setenv("CODEX_SANDBOX", "1")
    monkeypatch.delenv("GIT_REFLOG_ACTION", raising=False)


STEPS = st.lists(st.tuples(st.sampled_from(LAYERS), st.sampled_from(ENDS)) | st.sampled_from(MOVES), max_size=14)


@settings(
    max_examples=int(os.environ.get("CONDUCTOR_FUZZ", "40")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_an_agent_makes_no_more_commits_than_were_granted(agent, steps):
    with tempfile.TemporaryDirectory() as folder:
        world = World(folder)
        for step in ("grant", *steps):
            if isinstance(step, tuple):
                world.attempt(*step)
            else:
                world.move(step)
            assert world.made <= world.granted, steps


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(layers=st.lists(st.sampled_from(LAYERS), min_size=1, max_size=4), fails=st.integers(0, 3))
def test_a_commit_that_was_granted_can_be_made_however_often_it_failed(agent, layers, fails):
    with tempfile.TemporaryDirectory() as folder:
        world = World(folder)
        world.grant()
        for number in range(fails):
            world.attempt(layers[number % len(layers)], "failed")
        world.attempt(layers[-1], "made")
        assert world.made == 1
