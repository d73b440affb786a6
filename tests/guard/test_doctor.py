"""What the doctor names: causes why the guard can't run, trust that was not given, sessions without hooks."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from conductor.guard.hooks.trust import codex_hash, codex_hashes, read_trust
from tests.guard.test_hook import guarded

__all__ = ["guarded"]


def doctor(conductor, root, *words, env=None):
    done = conductor("hooks", "doctor", "--json", *words, cwd=root, env=env)
    assert "Traceback" not in done.stderr
    return [row["message"] for row in json.loads(done.stdout)["findings"]]


def break_guard(root):
    (root / ".conductor/bin/guard").write_text("#!/bin/sh\nexit 0\n")


def lose_guard(root):
    (root / ".conductor/bin/guard").unlink()


def lose_enter(root):
    (root / ".conductor/bin/enter").unlink()


def lose_interpreter(root):
    (root / ".conductor/local/interpreter").unlink()


def lose_python(root):
    path = root / ".conductor/local/interpreter"
    path.write_text("/nowhere/python\n" + path.read_text().splitlines()[1] + "\n")


def lose_program(root):
    path = root / ".conductor/local/interpreter"
    path.write_text(path.read_text().splitlines()[0] + "\n/nowhere/hook.py\n")


def lose_policy(root):
    (root / ".conductor/local/policy.json").unlink()


def spoil_policy(root):
    (root / ".conductor/local/policy.json").write_text("{")


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (break_guard, "guard is not the text that this version writes"),
        (lose_guard, "guard is missing, so the hooks refuse every tool"),
        (lose_enter, "enter is missing, so the hooks refuse every tool"),
        (lose_interpreter, "this clone or worktree was never set up"),
        (lose_python, "the Python of the guard is gone: /nowhere/python"),
        (lose_program, "the guard's program is gone: /nowhere/hook.py"),
        (lose_policy, "this clone or worktree was never set up"),
        (spoil_policy, "policy.json can't be read by this version"),
    ],
)
def test_each_cause_is_named_and_an_installation_repairs_it(guarded, conductor, spoil, named):
    assert not any(named in message for message in doctor(conductor, guarded))
    spoil(guarded)
    assert any(named in message for message in doctor(conductor, guarded))
    conductor("hooks", "install", cwd=guarded)
    assert not any(named in message for message in doctor(conductor, guarded))


def test_a_folder_that_was_copied_is_named_and_judged_by_its_own_files(guarded, conductor, tmp_path):
    shutil.copytree(guarded, tmp_path / "copy", symlinks=True)
    assert any("the folder was copied or moved" in message for message in doctor(conductor, tmp_path / "copy"))
    event = {"hook_event_name": "PreToolUse", "tool_name": "Write", "cwd": str(tmp_path / "copy")}
    event["tool_input"] = {"file_path": str(tmp_path / "copy/.conductor/x"), "content": ""}
    done = subprocess.run(
        [tmp_path / "copy/.conductor/bin/guard", "claude"], input=json.dumps(event), text=True, check=False,
        capture_output=True,
    )  # fmt: skip
    assert done.returncode == 2
    assert not any("the folder was copied or moved" in message for message in doctor(conductor, tmp_path / "copy"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_another_users_folder_is_named_by_every_command(guarded, conductor):
    subprocess.run(["chown", "-R", "12345:12345", guarded], check=True)
    done = conductor("hooks", "doctor", cwd=guarded)
    assert done.returncode == 2
    assert "another user" in done.stderr
    assert f"git config --global --add safe.directory {guarded}" in done.stderr
    given = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": str(guarded)}
    assert any("belongs to another user (12345)" in message for message in doctor(conductor, guarded, env=given))


def test_scripts_that_are_not_committed_are_named(guarded, conductor, git):
    assert any("not committed: .conductor/bin/guard" in message for message in doctor(conductor, guarded))
    git("add", ".conductor/bin", cwd=guarded)
    assert not any("not committed" in message for message in doctor(conductor, guarded))


def test_a_repository_inside_a_project_is_told_whose_guard_judges_it(guarded, conductor, git):
    (guarded / "nested").mkdir()
    git("init", "-q", cwd=guarded / "nested")
    done = conductor("hooks", "doctor", cwd=guarded / "nested")
    assert done.returncode == 3
    assert f"The guard of {guarded}" in done.stderr


def write(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(data if isinstance(data, str) else json.dumps(data))


def test_trust_in_claude(guarded, surroundings):
    assert read_trust(guarded, "claude").state == "missing"
    write(surroundings / ".claude.json", {"projects": {str(guarded.parent): {"hasTrustDialogAccepted": True}}})
    assert read_trust(guarded, "claude").state == "given"
    write(surroundings / ".claude/settings.json", {"disableAllHooks": True})
    assert read_trust(guarded, "claude").state == "off"


@pytest.mark.parametrize(
    ("rules", "state"),
    [
        ({"{root}": "TRUST_FOLDER"}, "given"),
        ({"{parent}": "TRUST_FOLDER"}, "given"),
        ({"{root}/x": "TRUST_PARENT"}, "given"),
        ({"{root}": "DO_NOT_TRUST"}, "missing"),
        ({"{parent}": "TRUST_FOLDER", "{root}": "DO_NOT_TRUST"}, "missing"),
        ({"{root}x": "TRUST_FOLDER"}, "missing"),
        ({}, "missing"),
    ],
)
def test_trust_in_gemini(guarded, surroundings, rules, state):
    told = {name.format(root=guarded, parent=guarded.parent): level for name, level in rules.items()}
    write(surroundings / ".gemini/trustedFolders.json", "// mine\n" + json.dumps(told))
    assert read_trust(guarded, "gemini").state == state


@pytest.mark.parametrize("off", [{"hooksConfig": {"enabled": False}}, {"hooks": {"disabled": ["conductor"]}}])
def test_hooks_that_gemini_is_told_to_leave_out_are_off(guarded, surroundings, off):
    write(surroundings / ".gemini/settings.json", off)
    assert read_trust(guarded, "gemini").state == "off"


def test_gemini_without_folder_trust_needs_none(guarded, surroundings, monkeypatch):
    write(surroundings / ".gemini/settings.json", {"security": {"folderTrust": {"enabled": False}}})
    assert read_trust(guarded, "gemini").state == "given"
    monkeypatch.setenv("GEMINI_CLI_TRUST_WORKSPACE", "false")
    assert read_trust(guarded, "gemini").state == "missing"


def test_trust_in_copilot(guarded, surroundings):
    assert read_trust(guarded, "copilot").state == "missing"
    write(surroundings / ".copilot/config.json", {"trustedFolders": [str(guarded)]})
    assert read_trust(guarded, "copilot").state == "given"
    write(surroundings / ".copilot/settings.json", {"disableAllHooks": True})
    assert read_trust(guarded, "copilot").state == "off"


def states(hashes, more=""):
    return "".join(
        f"[hooks.state.{json.dumps(key)}]\ntrusted_hash = {json.dumps(value)}\n{more}" for key, value in hashes
    )


def test_trust_in_codex_is_the_hash_of_each_entry(guarded, surroundings, conductor):
    hashes = list(codex_hashes(guarded))
    assert len(hashes) == 4
    config = surroundings / ".codex/config.toml"
    write(config, states(hashes))
    assert read_trust(guarded, "codex").state == "given"
    write(config, states(hashes[1:]))
    assert read_trust(guarded, "codex").state == "missing"
    write(config, states(hashes, "enabled = false\n"))
    assert read_trust(guarded, "codex").state == "off"
    write(config, "[features]\nhooks = false\n" + states(hashes))
    assert read_trust(guarded, "codex").state == "off"
    write(config, states(hashes))
    path = guarded / ".codex/hooks.json"
    path.write_text(path.read_text().replace('"timeout": 20', '"timeout": 21'))
    assert read_trust(guarded, "codex").state == "missing"
    assert any("was not told to trust" in message for message in doctor(conductor, guarded, "--agent", "codex"))


def test_the_hash_is_the_one_codex_keeps():
    """Codex 0.171.0 ran this hook on this hash in its configuration, and left it out on another."""
    hook = {"type": "command", "command": "echo hi", "timeout": 20}
    text = '{"event_name":"pre_tool_use","hooks":[{"async":false,"command":"echo hi","timeout":20,"type":"command"}],'
    import hashlib

    wanted = "sha256:" + hashlib.sha256((text + '"matcher":"*"}').encode()).hexdigest()
    assert codex_hash("pre_tool_use", "*", hook) == wanted


def test_installing_says_how_trust_is_given_until_it_is(repository, conductor, surroundings):
    done = conductor("hooks", "install", "--agent", "codex", cwd=repository)
    assert "/hooks" in done.stderr
    write(surroundings / ".codex/config.toml", states(codex_hashes(repository)))
    assert "/hooks" not in conductor("hooks", "install", "--agent", "codex", cwd=repository).stderr


AGENTS = {
    "claude": {"CLAUDECODE": "1", "CLAUDE_CODE_SESSION_ID": "day-1"},
    "codex": {"CODEX_THREAD_ID": "day-1"},
    "copilot": {"COPILOT_CLI": "1", "COPILOT_AGENT_SESSION_ID": "day-1"},
    "gemini": {"GEMINI_CLI": "1"},
    "opencode": {"OPENCODE": "1", "AGENT": "1"},
    "qwen": {"QWEN_CODE": "1", "QWEN_CODE_SESSION_ID": "day-1"},
}


@pytest.mark.parametrize(("agent", "environment"), AGENTS.items())
def test_a_session_without_hooks_is_told_and_noted(guarded, conductor, agent, environment):
    done = conductor("prime", cwd=guarded, env=environment)
    assert done.stdout.startswith(f"NOT GUARDED: no hook of this {agent} session")
    conductor("prime", cwd=guarded, env=environment)
    notes = [
        json.loads(line)
        for path in (guarded / ".git/conductor/sessions").glob("*.jsonl")
        for line in path.read_text().splitlines()
    ]
    assert [(row["agent"], row["tool"], row["target"], row["ok"]) for row in notes] == [
        (agent, "session", "unguarded", False)
    ]
    assert any(f"ran here without hooks, the last one {agent}'s" in message for message in doctor(conductor, guarded))


@pytest.mark.parametrize("agent", ["claude", "codex", "copilot", "gemini"])
def test_a_session_with_hooks_is_told_nothing(guarded, conductor, agent):
    event = {"session_id": "day-1", "cwd": str(guarded), "hook_event_name": "SessionStart", "source": "startup"}
    subprocess.run([guarded / ".conductor/bin/guard", agent], input=json.dumps(event), text=True, check=True,
                   capture_output=True, env={**os.environ, **AGENTS[agent]})  # fmt: skip
    done = conductor("prime", cwd=guarded, env=AGENTS[agent])
    assert "NOT GUARDED" not in done.stdout
    assert "NOT GUARDED" not in conductor("prime", cwd=guarded).stdout


def test_git_says_it_too(guarded, conductor):
    done = subprocess.run(
        ["git", "commit", "-q", "--allow-empty", "-m", "x"],
        cwd=guarded, capture_output=True, text=True, check=False, env={**os.environ, **AGENTS["qwen"]},
    )  # fmt: skip
    assert done.returncode == 1
    assert "NOT GUARDED: no hook of this qwen session" in done.stderr
    assert "conductor grant commit --once" in done.stdout + done.stderr


def test_opencode_and_qwen_may_not_grant(guarded, person):
    for agent in ("opencode", "qwen"):
        done = person("grant", "push", "--once", cwd=guarded, env=AGENTS[agent])
        assert done.returncode == 2
    # A variable of that name which a person has set says nothing.
    assert person("grant", "push", "--once", cwd=guarded, env={"AGENT": "ssh-agent"}).returncode == 0


def test_the_users_own_settings_come_back_byte_for_byte(guarded, conductor, person, surroundings):
    path = surroundings / ".claude/settings.json"
    before = '{"model": "x",\n  "env": {"PIP_REQUIRE_VIRTUALENV": "1"}}\n'
    write(path, before)
    assert conductor("hooks", "install", "--user", cwd=guarded).returncode == 0
    assert json.loads(path.read_text())["env"] == {"PIP_REQUIRE_VIRTUALENV": "1"}
    again = path.read_text()
    assert "Nothing to change." in conductor("hooks", "install", "--user", cwd=guarded).stdout
    assert path.read_text() == again
    assert person("hooks", "uninstall", "--user", cwd=guarded, env={"CLAUDECODE": "1"}).returncode == 2
    refused = conductor("hooks", "uninstall", "--user", cwd=guarded)
    assert refused.returncode == 2
    assert "conductor hooks uninstall --user\n" in refused.stderr
    assert person("hooks", "uninstall", "--user", cwd=guarded).returncode == 0
    assert path.read_text() == before
    assert not (surroundings / ".gemini/settings.json").exists()
    assert Path(path).exists()
