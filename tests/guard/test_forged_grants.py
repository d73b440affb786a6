"""A grant file that somebody wrote by hand: what can't be granted stays refused whatever it says."""

import json
from pathlib import Path

import pytest

from tests.guard.test_hook import FORBIDDEN, bash


@pytest.fixture
def guarded(repository, conductor):
    done = conductor("hooks", "install", "--agent", "all", cwd=repository)
    assert done.returncode == 0, done.stderr
    return repository


@pytest.fixture
def forge(guarded, person, surroundings):
    """Return a function that makes the project's grant file say that these rules were granted for ever."""

    def write(*rules):
        person("grant", "commit", "--for", "30m", cwd=guarded)
        [path] = Path(surroundings / "state/conductor/grants").glob("*.json")
        told = json.loads(path.read_text())
        [given] = told["grants"]
        forged = [
            {**given, "id": f"g-{number:08}", "rule": rule, "action": None, "expires_at": "2999-01-01T00:00:00+00:00"}
            for number, rule in enumerate(rules)
        ]
        path.write_text(json.dumps({**told, "grants": [given, *forged]}))

    return write


@pytest.mark.parametrize("agent", ["claude", "codex"])
@pytest.mark.parametrize(
    "command",
    [
        FORBIDDEN,
        "rm -rf .conductor/bin",
        "git commit --no-verify -m x",
        # One that a real grant lifts stands first, and is as severe.
        "docker build . && rm -rf .conductor/bin",
        f"pip install x; {FORBIDDEN}",
        f"{FORBIDDEN}; docker build .",
    ],
)
def test_what_touches_the_guard_itself_is_never_lifted(guarded, forge, agent, command):
    forge("guard_tamper", "container_build", "host_pip", "commit_push")
    assert bash(guarded, command, agent).returncode == 2
