"""Settings files are merged, never overwritten, and come back byte for byte."""

import json
import subprocess

import pytest

from conductor.guard.hooks.install import (
    ENVIRONMENT,
    install_agent,
    load_agent,
    merge_entries,
    place_of,
    uninstall_agent,
)

AGENTS = ("claude", "codex", "gemini", "copilot", "cursor")
THEIRS = {
    "claude": {
        "permissions": {"allow": ["Bash(ls)"]},
        "env": {"A": "1"},
        "hooks": {
            "PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "their-check"}]}],
            "Notification": [{"hooks": [{"type": "command", "command": "notify"}]}],
        },
    },
    "codex": {"hooks": {"PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "their-check"}]}]}},
    "gemini": {
        "theme": "dark",
        "hooks": {"BeforeTool": [{"matcher": "*", "hooks": [{"type": "command", "command": "x"}]}]},
    },
    "copilot": {"version": 1, "hooks": {"PreToolUse": [{"type": "command", "bash": "their-check"}]}},
    "cursor": {"version": 1, "hooks": {"beforeShellExecution": [{"command": "their-check"}]}},
}


@pytest.mark.parametrize("agent", AGENTS)
@pytest.mark.parametrize("style", [{"indent": 4}, {"indent": "\t"}, {"separators": (",", ":")}])
def test_what_stood_there_stays_and_comes_back_byte_for_byte(tmp_path, agent, style):
    path = tmp_path / load_agent(agent).SETTINGS
    path.parent.mkdir(parents=True)
    before = json.dumps(THEIRS[agent], **style).encode() + b"\n\n"
    path.write_bytes(before)
    assert install_agent(place_of(tmp_path, agent)).changed
    data = json.loads(path.read_text())
    text = path.read_text()
    assert ".conductor/bin/guard" in text
    for event, groups in THEIRS[agent]["hooks"].items():
        assert data["hooks"][event][: len(groups)] == groups
    assert uninstall_agent(place_of(tmp_path, agent)).changed
    assert path.read_bytes() == before


@pytest.mark.parametrize("agent", AGENTS)
def test_where_there_was_nothing_there_is_nothing_again(tmp_path, agent):
    install_agent(place_of(tmp_path, agent))
    path = tmp_path / load_agent(agent).SETTINGS
    assert path.exists()
    uninstall_agent(place_of(tmp_path, agent))
    assert not path.exists()


@pytest.mark.parametrize("agent", AGENTS)
def test_a_second_installation_changes_nothing(tmp_path, agent):
    install_agent(place_of(tmp_path, agent))
    before = (tmp_path / load_agent(agent).SETTINGS).read_bytes()
    assert not install_agent(place_of(tmp_path, agent)).changed
    assert (tmp_path / load_agent(agent).SETTINGS).read_bytes() == before


@pytest.mark.parametrize("agent", AGENTS)
def test_what_the_user_adds_later_survives_the_uninstallation(tmp_path, agent):
    path = tmp_path / load_agent(agent).SETTINGS
    install_agent(place_of(tmp_path, agent))
    data = json.loads(path.read_text())
    data["later"] = {"kept": True}
    path.write_text(json.dumps(data, indent=2) + "\n")
    uninstall_agent(place_of(tmp_path, agent))
    left = json.loads(path.read_text())
    assert left["later"] == {"kept": True}
    assert "guard" not in path.read_text()


def test_without_the_kept_copy_only_our_entries_go(tmp_path):
    path = tmp_path / ".claude/settings.json"
    path.parent.mkdir()
    path.write_text(json.dumps(THEIRS["claude"], indent=2))
    install_agent(place_of(tmp_path, "claude"))
    for leftover in (tmp_path / ".conductor/local/hooks").iterdir():
        leftover.unlink()
    uninstall_agent(place_of(tmp_path, "claude"))
    assert json.loads(path.read_text()) == THEIRS["claude"]


def test_claudes_shells_get_the_second_net(tmp_path):
    assert merge_entries(place_of(tmp_path, "claude"), {})["env"] == ENVIRONMENT


@pytest.mark.parametrize("content", [b"{", b"// comment\n{}", b"[]", b'{"hooks": []}', b"\xff\xfe"])
def test_settings_that_cannot_be_read_are_refused_and_left_alone(repository, conductor, content):
    path = repository / ".gemini/settings.json"
    path.parent.mkdir()
    path.write_bytes(content)
    done = conductor("hooks", "install", "--agent", "gemini", cwd=repository)
    assert done.returncode == 2
    assert "settings.json" in done.stderr
    assert "Traceback" not in done.stderr
    assert path.read_bytes() == content


def test_all_agents_are_installed_and_taken_out_by_one_command(repository, conductor, person):
    done = conductor("hooks", "install", "--agent", "all", cwd=repository)
    assert done.returncode == 0, done.stderr
    status = conductor("hooks", "status", "--json", cwd=repository)
    body = json.loads(status.stdout)
    assert {row["state"] for row in body["agents"]} == {"installed"}
    assert set(body["git_hooks"].values()) == {"installed"}
    assert person("hooks", "uninstall", cwd=repository, env={"CLAUDECODE": "1"}).returncode == 2
    assert conductor("hooks", "uninstall", cwd=repository).returncode == 2
    assert person("hooks", "uninstall", cwd=repository, answer="no").returncode == 2
    assert set(json.loads(conductor("hooks", "status", "--json", cwd=repository).stdout)["git_hooks"].values()) == {
        "installed"
    }
    assert person("hooks", "uninstall", cwd=repository).returncode == 0
    left = subprocess.run(["git", "status", "--porcelain"], cwd=repository, capture_output=True, text=True, check=True)
    assert left.stdout == ""


def test_a_git_hook_that_was_there_still_runs_and_comes_back(repository, conductor, person, git):
    hook = repository / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho theirs ran >>ran.txt\n")
    hook.chmod(0o755)
    before = hook.read_bytes()
    conductor("hooks", "install", "--agent", "claude", cwd=repository)
    git("commit", "-q", "--allow-empty", "-m", "one", cwd=repository)
    assert (repository / "ran.txt").read_text() == "theirs ran\n"
    person("hooks", "uninstall", cwd=repository)
    assert hook.read_bytes() == before


def test_an_unknown_agent_is_named(repository, conductor):
    done = conductor("hooks", "install", "--agent", "clippy", cwd=repository)
    assert done.returncode == 2
    assert "claude, codex" in done.stderr


def test_an_allow_list_that_answers_for_the_user_is_found(repository, conductor):
    path = repository / ".claude/settings.json"
    path.parent.mkdir()
    path.write_text(
        json.dumps({"permissions": {"allow": ["Bash(ls:*)", "Bash(git push:*)", "Read", "Bash"]}}, indent=1)
    )
    conductor("hooks", "install", "--agent", "claude", cwd=repository)
    done = conductor("hooks", "doctor", "--agent", "claude", "--json", cwd=repository)
    said = [row["message"] for row in json.loads(done.stdout)["findings"] if row["severity"] == "warning"]
    assert len(said) == 2
    assert "git push" in said[0]
    assert done.returncode == 1


def test_the_doctor_sees_a_hook_that_does_nothing(repository, conductor):
    conductor("hooks", "install", "--agent", "codex", cwd=repository)
    done = conductor("hooks", "doctor", "--agent", "codex", "--json", cwd=repository)
    assert json.loads(done.stdout)["agents"][0]["denies"] is True
    (repository / ".conductor/bin/guard").write_text("#!/bin/sh\nexit 0\n")
    done = conductor("hooks", "doctor", "--agent", "codex", "--json", cwd=repository)
    assert json.loads(done.stdout)["agents"][0]["denies"] is False
    assert done.returncode == 1
