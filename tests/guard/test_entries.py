"""The hook entries by their own text, as each agent's settings hold it: whatever is wrong, a tool is refused."""

import json
import os
import select
import shutil
import subprocess
from pathlib import Path

import pytest

from conductor.guard.hooks import wrapper
from conductor.guard.hooks.agents import AGENTS
from conductor.guard.hooks.install import agents_of_user, load_agent, place_of
from tests.guard.test_agents import shell_event

FORBIDDEN, HARMLESS = "git push --no-verify origin main", "git status"
# Read a project's settings in the folder they start in and nowhere else.
START_ONLY = ("claude", "gemini")


def entry(root, agent, event=None):
    """Return the command line as it stands in the agent's settings."""
    module = load_agent(agent)
    groups = json.loads((root / module.SETTINGS).read_text())["hooks"][event or module.BEFORE]
    (hook,) = [hook for group in groups for hook in (group.get("hooks") or [group])]
    return hook.get("command") or hook["bash"]


def run(line, cwd, given, shell="sh", **environment):
    changed = {**os.environ, "CLAUDE_PROJECT_DIR": str(cwd), **environment}
    text = given if isinstance(given, str) else json.dumps(given, separators=(",", ":"))
    return subprocess.run(
        [shell, "-c", line], input=text, capture_output=True, text=True, cwd=cwd, env=changed, check=False
    )


def ask(root, agent, cwd, command=FORBIDDEN, **options):
    return run(entry(root, agent), cwd, {**shell_event(agent, command), "cwd": str(cwd)}, **options)


@pytest.fixture
def guarded(repository, conductor):
    done = conductor("hooks", "install", "--agent", "all", cwd=repository)
    assert done.returncode == 0, done.stderr
    return repository


@pytest.mark.parametrize("agent", AGENTS)
def test_an_entry_lets_pass_and_refuses(guarded, agent):
    assert ask(guarded, agent, guarded, HARMLESS).returncode == 0
    done = ask(guarded, agent, guarded)
    assert (done.returncode, done.stderr[:13]) == (2, "guard_tamper:")


@pytest.mark.parametrize("agent", [name for name in AGENTS if name not in START_ONLY])
def test_an_entry_finds_the_project_from_a_folder_below(guarded, agent):
    below = guarded / "a folder/'quoted' \"and\"\nbroken $HOME"
    below.mkdir(parents=True)
    assert ask(guarded, agent, below, HARMLESS).returncode == 0
    assert ask(guarded, agent, below).stderr.startswith("guard_tamper:")


@pytest.mark.parametrize("agent", [name for name in AGENTS if name not in START_ONLY])
def test_an_entry_finds_the_project_through_links_both_ways(guarded, agent, tmp_path):
    (guarded / "below").mkdir()
    (tmp_path / "in").symlink_to(guarded / "below")
    (tmp_path / "elsewhere").mkdir()
    (guarded / "out").symlink_to(tmp_path / "elsewhere")
    for place in (tmp_path / "in", guarded / "out"):
        assert ask(guarded, agent, place, HARMLESS, PWD=str(place)).returncode == 0, place
        assert ask(guarded, agent, place, PWD=str(place)).stderr.startswith("guard_tamper:"), place


@pytest.mark.parametrize("agent", AGENTS)
def test_a_project_with_any_name_is_guarded(tmp_path, conductor, agent, git):
    root = tmp_path / 'it\'s a "name" $(touch gone) `x` \\ *'
    root.mkdir()
    git("init", "-q", cwd=root)
    assert conductor("hooks", "install", "--agent", agent, cwd=root).returncode == 0
    assert ask(root, agent, root, HARMLESS).returncode == 0
    assert ask(root, agent, root).stderr.startswith("guard_tamper:")
    assert not list(tmp_path.rglob("gone"))


@pytest.mark.parametrize("agent", [name for name in AGENTS if name not in START_ONLY])
def test_a_repository_inside_the_project_is_judged_by_its_guard(guarded, agent, git):
    (guarded / "nested").mkdir()
    git("init", "-q", cwd=guarded / "nested")
    assert ask(guarded, agent, guarded / "nested").stderr.startswith("guard_tamper:")


@pytest.mark.parametrize("agent", AGENTS)
@pytest.mark.parametrize("committed", [True, False])
def test_a_worktree_that_was_never_set_up_refuses_and_says_how(guarded, agent, git, tmp_path, committed):
    if committed:
        git("add", "-A", cwd=guarded)
    git("-c", "core.hooksPath=/dev/null", "commit", "-q", "--allow-empty", "-m", "x", cwd=guarded)
    git("worktree", "add", "-q", tmp_path / "wt", "-b", "other", cwd=guarded)
    done = ask(guarded, agent, tmp_path / "wt")
    assert done.returncode == 2
    assert "conductor hooks install" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
@pytest.mark.parametrize("agent", AGENTS)
def test_a_project_of_another_user_is_guarded_all_the_same(guarded, agent):
    subprocess.run(["chown", "-R", "12345:12345", guarded], check=True)
    assert subprocess.run(["git", "status"], cwd=guarded, capture_output=True, check=False).returncode == 128
    assert ask(guarded, agent, guarded, HARMLESS).returncode == 0
    assert ask(guarded, agent, guarded).stderr.startswith("guard_tamper:")


BROKEN = {
    "ends with 1": "exit 1",
    "ends with 127": "exit 127",
    "is killed": "kill -9 $$",
    "crashes": "kill -SEGV $$",
    "is no shell text": "<<<<<<< ours\n(",
    "starts a program that is gone": "exec /nowhere/python",
}


@pytest.mark.parametrize("agent", AGENTS)
@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
def test_a_guard_that_gives_no_answer_refuses_a_tool_and_nothing_else(guarded, agent, text):
    (guarded / ".conductor/bin/guard").write_text(f"#!/bin/sh\n{text}\n")
    done = ask(guarded, agent, guarded, HARMLESS)
    assert done.returncode == 2
    assert done.stderr.strip()
    for event in load_agent(agent).entries():
        if event not in {load_agent(agent).BEFORE, "beforeShellExecution", "beforeMCPExecution"}:
            assert run(entry(guarded, agent, event), guarded, "{}").returncode == 0, event


@pytest.mark.parametrize("agent", AGENTS)
@pytest.mark.parametrize("name", ["guard", "enter"])
@pytest.mark.parametrize("how", ["gone", "empty", "a folder"])
def test_a_script_that_is_not_there_refuses_with_a_word(guarded, agent, name, how):
    path = guarded / ".conductor/bin" / name
    path.unlink()
    if how == "empty":
        path.touch()
    if how == "a folder":
        path.mkdir()
    done = ask(guarded, agent, guarded, HARMLESS)
    assert done.returncode == 2
    assert done.stderr.strip()


@pytest.mark.parametrize("agent", AGENTS)
@pytest.mark.parametrize("how", ["python", "hook", "policy"])
def test_a_part_that_is_gone_refuses_what_could_matter(guarded, agent, how):
    local = guarded / ".conductor/local"
    python, hook = (local / "interpreter").read_text().splitlines()
    if how == "policy":
        (local / "policy.json").unlink()
    else:
        lines = [f"{python}.gone", hook] if how == "python" else [python, f"{hook}.gone"]
        (local / "interpreter").write_text("\n".join(lines) + "\n")
    assert ask(guarded, agent, guarded).returncode == 2
    assert ask(guarded, agent, guarded, HARMLESS).returncode == 0


def without_timeout(folder, shell):
    """Return a PATH that has what the scripts use, but no timeout(1)."""
    folder.mkdir()
    for name in ("head", "sleep", "cat"):
        (folder / name).symlink_to(shutil.which(name))
    (folder / "sh").symlink_to(shutil.which(shell))
    return str(folder)


@pytest.mark.parametrize("clock", ["timeout", "bash", "dash"])
def test_a_guard_that_hangs_is_ended_with_all_it_started(guarded, monkeypatch, tmp_path, clock):
    if not shutil.which(clock):
        pytest.skip(f"{clock} is not installed")
    started = tmp_path / "started"
    # dash without a terminal can give no process a group of its own: there the guard alone is ended.
    more = "" if clock == "dash" else "sleep 1000 & echo $! >>" + str(started) + "\n"
    (guarded / ".conductor/bin/guard").write_text(f"echo $$ >>{started}\n{more}exec sleep 1000\n")
    path = os.environ["PATH"] if clock == "timeout" else without_timeout(tmp_path / "bin", clock)
    guard = (guarded / ".conductor/bin/guard").read_bytes()
    limit = 1
    while not started.exists():  # on a busy machine the limit may end it before its first line
        monkeypatch.setattr(wrapper, "LIMIT_S", limit)
        wrapper.write_wrapper(guarded)
        (guarded / ".conductor/bin/guard").write_bytes(guard)
        done = ask(guarded, "codex", guarded, HARMLESS, shell=shutil.which("sh"), PATH=path)
        limit *= 4
    assert done.returncode == 2
    assert "conductor hooks doctor" in done.stderr
    for number in started.read_text().split():
        try:
            handle = os.pidfd_open(int(number))
        except ProcessLookupError:
            continue
        assert select.select([handle], [], [])[0]
        os.close(handle)


@pytest.mark.parametrize("shell", [name for name in ("bash", "dash") if shutil.which(name)])
def test_without_timeout_an_answer_is_an_answer(guarded, tmp_path, shell):
    path = without_timeout(tmp_path / "bin", shell)
    assert ask(guarded, "codex", guarded, HARMLESS, shell=shutil.which("sh"), PATH=path).returncode == 0
    done = ask(guarded, "codex", guarded, shell=shutil.which("sh"), PATH=path)
    assert done.returncode == 2
    assert "guard_tamper:" in done.stderr


@pytest.mark.parametrize("shell", [name for name in ("bash", "dash", "zsh", "fish") if shutil.which(name)])
@pytest.mark.parametrize("agent", AGENTS)
def test_the_users_own_shell_makes_no_difference(guarded, agent, shell):
    assert ask(guarded, agent, guarded, HARMLESS, shell=shell).returncode == 0
    assert ask(guarded, agent, guarded, shell=shell).returncode == 2


@pytest.mark.parametrize("agent", AGENTS)
def test_the_text_of_an_entry_never_changes(agent, request):
    """Codex trusts a hook by the hash of its text, and a project's settings are committed."""
    path = Path(__file__).with_name("entries") / f"{agent}.json"
    module = load_agent(agent)
    told = {"project": module.entries()} | ({"user": module.user_entries()} if agent in agents_of_user() else {})
    text = json.dumps(told, indent=1) + "\n"
    if request.config.getoption("--update-golden"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert text == path.read_text()


@pytest.fixture
def of_user(guarded, conductor):
    done = conductor("hooks", "install", "--user", cwd=guarded)
    assert done.returncode == 0, done.stderr
    return guarded


def ask_as_user(agent, cwd, command=FORBIDDEN):
    module = load_agent(agent)
    groups = json.loads((Path.home() / module.USER_SETTINGS).read_text())["hooks"][module.BEFORE]
    (hook,) = [hook for group in groups for hook in (group.get("hooks") or [group])]
    return run(hook.get("command") or hook["bash"], cwd, {**shell_event(agent, command), "cwd": str(cwd)})


@pytest.mark.parametrize("agent", agents_of_user())
def test_an_entry_of_the_users_own_guards_a_folder_below_and_nothing_outside(of_user, agent, tmp_path):
    (of_user / "below").mkdir()
    assert ask_as_user(agent, of_user / "below").stderr.startswith("guard_tamper:")
    assert ask_as_user(agent, of_user / "below", HARMLESS).returncode == 0
    (tmp_path / "other").mkdir()
    done = ask_as_user(agent, tmp_path / "other")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("agent", agents_of_user())
def test_an_entry_of_the_users_own_leaves_a_project_to_its_own(of_user, agent):
    if agent == "copilot":  # it loads them only where the folder is trusted
        assert ask_as_user(agent, of_user).returncode == 2
        settings = Path.home() / ".copilot/config.json"
        settings.write_text(json.dumps({"trustedFolders": [str(of_user)]}))
    assert ask_as_user(agent, of_user).returncode == 0
    (of_user / load_agent(agent).SETTINGS).unlink()
    assert ask_as_user(agent, of_user).stderr.startswith("guard_tamper:")


@pytest.mark.parametrize("agent", agents_of_user())
def test_a_broken_guard_refuses_there_too(of_user, agent):
    (of_user / "below").mkdir()
    (of_user / ".conductor/bin/guard").write_text("exit 1\n")
    assert ask_as_user(agent, of_user / "below", HARMLESS).returncode == 2
    (of_user / ".conductor/bin/enter").unlink()
    assert ask_as_user(agent, of_user / "below", HARMLESS).returncode == 2


def test_entries_of_earlier_forms_are_replaced(guarded, conductor):
    path = guarded / load_agent("codex").SETTINGS
    old = "sh -c 'exec \"$(git rev-parse --show-toplevel)/.conductor/bin/guard\" codex'"
    theirs = {"matcher": "Bash", "hooks": [{"type": "command", "command": "their-check"}]}
    ours = {"matcher": "Bash|apply_patch", "hooks": [{"type": "command", "command": old, "timeout": 20}]}
    path.write_text(json.dumps({"hooks": {"PreToolUse": [ours, theirs]}}))
    status = conductor("hooks", "status", cwd=guarded).stdout
    assert "codex    changed" in status
    assert conductor("hooks", "install", "--agent", "codex", cwd=guarded).returncode == 0
    groups = json.loads(path.read_text())["hooks"]["PreToolUse"]
    assert groups == [theirs, *place_of(guarded, "codex").entries["PreToolUse"]]


def test_an_agent_that_needs_no_entry_of_the_users_own_says_so(guarded, conductor):
    done = conductor("hooks", "install", "--user", "--agent", "codex", cwd=guarded)
    assert done.returncode == 2
    assert "claude, gemini, copilot" in done.stderr
