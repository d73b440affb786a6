"""The agents' own programs against the hooks; `make agents` runs it and prints the table of docs/hooks.md.

Left out of `make test` (marker `agents`): it fetches the programs from npm (CONDUCTOR_AGENTS names a folder that keeps
them), and each takes a network namespace of its own, with loopback alone, a home of its own and keys that are none.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.agents.programs import PACKAGES

pytestmark = [pytest.mark.agents, pytest.mark.timeout(600)]
ROOT = Path(__file__).resolve().parents[2]
AGENTS = tuple(PACKAGES)
STOPPED = {
    "nothing broken": ("ok",),
    "the guard crashes": ("crash",),
    "the guard ends with 1": ("exit1",),
    "the guard ends with 127": ("exit127",),
    "the guard is gone": ("missing",),
    "the guard hangs": ("hang",),
    "another user's folder": ("ok", "owner"),
}
# What an agent leaves no room to close: its own settings keep it from loading the hooks.
OPEN = {
    ("claude", "below"): "reads a project's settings where it starts",
    ("gemini", "below"): "reads a project's settings where it starts",
    ("codex", "untrusted"): "runs a hook on trust in its hash alone",
    ("gemini", "untrusted"): "loads no hooks in a folder without trust, the user's own neither",
    ("copilot", "untrusted"): "loads a project's hooks in a trusted folder",
}
TABLE: dict[tuple[str, str], str] = {}
VERSIONS: dict[str, str] = {}


def can_unshare():
    line = ["unshare", "-n", "sh", "-c", "ip link set lo up"]
    return shutil.which("unshare") and subprocess.run(line, capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """Return the folder that holds the agents' programs, from npm; skip by name what keeps them from running."""
    if not shutil.which("npm"):
        pytest.skip("npm is not installed")
    if not can_unshare():
        pytest.skip("no network namespace can be made here (unshare -n, ip)")
    given = os.environ.get("CONDUCTOR_AGENTS")
    folder = Path(given) if given else tmp_path_factory.mktemp("agents")
    for name, package in PACKAGES.items():
        if not (folder / "node_modules/.bin" / name).exists():
            line = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), package]
            done = subprocess.run(line, capture_output=True, text=True, check=False)
            if done.returncode:
                pytest.skip(f"{package} can't be installed: {done.stderr.strip()[-200:]}")
        program = folder / "node_modules/.bin" / name
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
        VERSIONS[name] = next((word for word in said.split() if word[0].isdigit()), "?").rstrip(".")
    return folder / "node_modules/.bin"


@pytest.fixture(scope="module", autouse=True)
def _table():
    yield
    if TABLE:
        rows = list(dict.fromkeys(case for case, _ in TABLE))
        names = [name for name in AGENTS if any(agent == name for _, agent in TABLE)]
        print("\n\n| | " + " | ".join(f"{name} {VERSIONS[name]}" for name in names) + " |")
        print("| --- " * (len(names) + 1) + "|")
        for case in rows:
            print(f"| {case} | " + " | ".join(TABLE.get((case, name), "") for name in names) + " |")


@pytest.fixture
def play(programs, tmp_path):
    def run(agent, *words):
        line = [sys.executable, "-m", "tests.agents.play", agent, str(programs / agent), str(tmp_path / "run"), *words]
        done = subprocess.run(
            ["unshare", "-n", "sh", "-c", 'ip link set lo up; exec "$@"', "play", *line],
            cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.mark.parametrize("agent", AGENTS)
@pytest.mark.parametrize("case", STOPPED)
def test_nothing_forbidden_gets_through(play, agent, case):
    seen = play(agent, *STOPPED[case])
    TABLE[case, agent] = "stopped" if not seen["broken"] else f"**{', '.join(seen['broken'])}**"
    assert seen["code"] == 0, "the agent came to an end by itself"
    assert seen["broken"] == []
    if STOPPED[case][0] == "ok":
        assert seen["harmless"], "and what is harmless ran"
        assert "container_build" in seen["told"]["docker"], "and the model was told why"


@pytest.mark.parametrize("agent", AGENTS)
def test_a_failed_command_is_noted_as_failed_where_the_agent_says_so(play, agent):
    ended = {target: ok for tool, target, ok in play(agent)["ledger"] if tool != "session"}
    assert ended["ls nowhere"] is (None if agent == "codex" else False)
    assert ended["echo hello > ok.txt"] is (None if agent == "codex" else True)
    TABLE["a failed command in the ledger", agent] = "not said by the agent" if agent == "codex" else "failed"


@pytest.mark.parametrize("agent", AGENTS)
@pytest.mark.parametrize("word", ["below", "untrusted"])
def test_where_hooks_are_not_loaded_the_users_own_are(play, agent, word):
    case = "started in a folder below" if word == "below" else "hooks without trust"
    seen = play(agent, "ok", word)
    TABLE[case, agent] = "stopped" if not seen["broken"] else "no hooks"
    assert bool(seen["broken"]) == ((agent, word) in OPEN), seen["broken"]
    if agent != "codex":
        seen = play(agent, "ok", word, "user")
        TABLE[f"{case}, `install --user`", agent] = "stopped" if not seen["broken"] else "no hooks"
        assert bool(seen["broken"]) == ((agent, word) == ("gemini", "untrusted")), seen["broken"]
