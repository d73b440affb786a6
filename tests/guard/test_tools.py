"""What a tool does is read from the table, and from its arguments where no table knows it."""

import json

import pytest

from conductor.guard.agent_tools import READ_TOOLS, TOOLS, join_words
from conductor.guard.hooks.install import load_agent
from conductor.guard.mcp_tools import find_effect
from tests.guard.test_agents import shell_event
from tests.guard.test_hook import fire, guarded

__all__ = ["guarded"]

DOCKER = "docker build ."


def event(agent, tool, arguments, **more):
    before = load_agent(agent).BEFORE
    return {**shell_event(agent, ""), "hook_event_name": before, "tool_name": tool, "tool_input": arguments, **more}


@pytest.mark.parametrize("agent", TOOLS)
@pytest.mark.parametrize(
    "arguments",
    [
        {"command": DOCKER},
        {"cmd": DOCKER},
        {"script": DOCKER},
        {"commandLine": DOCKER},
        {"command_line": DOCKER},
        {"shell_command": DOCKER},
        {"command": ["bash", "-lc", DOCKER]},
        {"command": ["docker", "build", "."]},
        {"command": ["sudo", "sh", "-c", "cd 'a b' && docker build ."]},
        {"command": "docker", "args": ["build", "."]},
        {"commands": ["cd image", DOCKER]},
        {"argv": [], "cmd": ["env", "A=1", "docker", "build", "."]},
    ],
)
def test_a_command_in_an_unknown_tool_is_judged_as_a_shells(guarded, agent, arguments):
    done = fire(guarded, agent, {**event(agent, "TomorrowsTool", arguments), "cwd": str(guarded)})
    assert done.returncode == 2
    assert b"container_build" in done.stderr


@pytest.mark.parametrize("agent", TOOLS)
@pytest.mark.parametrize(
    "arguments",
    [
        {"command": "git status"},
        {"command": ["git", "log", "--grep", "docker build ."]},
        {"command": ["echo", DOCKER]},
        {"script": "const xs = []; xs.push(() => build('docker'));"},
        {"query": DOCKER, "path": "TASKS.md"},
        {"path": "TASKS.md", "limit": 5},
        {"command": 7},
        {},
    ],
)
def test_what_an_unknown_tool_only_mentions_is_no_command(guarded, agent, arguments):
    (guarded / "TASKS.md").write_text("# Tasks\n")
    done = fire(guarded, agent, {**event(agent, "TomorrowsTool", arguments), "cwd": str(guarded)})
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("agent", TOOLS)
@pytest.mark.parametrize(
    "arguments",
    [
        {"file_path": "TASKS.md", "content": ""},
        {"path": "TASKS.md", "old_string": "- [ ] Keep me", "new_string": ""},
        {"filePath": "TASKS.md", "edits": [{"old_string": "- [ ] Keep me", "new_string": ""}]},
    ],
)
def test_an_edit_by_an_unknown_tool_is_judged_as_one(guarded, agent, arguments):
    (guarded / "TASKS.md").write_text("# Tasks\n\n- [ ] Keep me\n")
    done = fire(guarded, agent, {**event(agent, "TomorrowsWrite", arguments), "cwd": str(guarded)})
    assert (done.returncode, b"history" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"command": "view", "path": ".conductor/bin/guard"}, 0),
        ({"command": "str_replace", "path": "TASKS.md", "old_str": "- [ ] Keep me", "new_str": ""}, 2),
        ({"command": "create", "path": ".conductor/x", "file_text": ""}, 2),
        ({"command": "create", "path": "notes.txt", "file_text": ""}, 0),
        ({"command": "delete", "path": "TASKS.md"}, 2),
    ],
)
@pytest.mark.parametrize("tool", ["str_replace_based_edit_tool", "str_replace_editor", "memory"])
def test_an_editor_whose_command_is_a_verb_is_no_shell(guarded, tool, arguments, code):
    (guarded / "TASKS.md").write_text("# Tasks\n\n- [ ] Keep me\n")
    done = fire(guarded, "copilot", {**event("copilot", tool, arguments), "cwd": str(guarded)})
    assert done.returncode == code


@pytest.mark.parametrize(("agent", "kinds"), TOOLS.items())
def test_every_shell_tool_of_the_table_is_judged(guarded, agent, kinds):
    for tool in kinds["shell"]:
        done = fire(guarded, agent, {**event(agent, tool, {"command": DOCKER}), "cwd": str(guarded)})
        assert (tool, done.returncode) == (tool, 2)
    for tool in kinds.get("typing", ()):
        given = {"chars": f"{DOCKER}\n"} if agent == "codex" else {"input": f"{DOCKER}{{enter}}"}
        done = fire(guarded, agent, {**event(agent, tool, given), "cwd": str(guarded)})
        assert (tool, done.returncode) == (tool, 2)


@pytest.mark.parametrize("agent", TOOLS)
def test_a_tool_that_looks_passes_before_anything_is_started(guarded, agent):
    (guarded / ".conductor/local/interpreter").unlink()
    for tool in TOOLS[agent]["read"]:
        done = fire(guarded, agent, event(agent, tool, {"path": ".conductor/local/policy.json", "query": "git push"}))
        assert (tool, done.returncode) == (tool, 0)
    # A key of the same name in the tool's own arguments doesn't make another tool of it.
    (read,) = sorted(READ_TOOLS & set(TOOLS[agent]["read"]))[:1]
    disguised = event(agent, "mcp__x__shell", {"tool_name": read, "command": DOCKER})
    assert fire(guarded, agent, disguised).returncode == 2


def test_no_tool_is_of_two_kinds():
    for kinds in TOOLS.values():
        names = [name for given in kinds.values() for name in given]
        assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("agent", "tool", "more"),
    [
        ("claude", "mcp__tools__run_command", {}),
        ("codex", "mcp__tools__run_command", {}),
        ("gemini", "mcp_tools_run_command", {}),
        ("gemini", "run_command", {"mcp_context": {"server_name": "tools", "tool_name": "run_command"}}),
        ("copilot", "tools-run_command", {}),
        ("copilot", "my-own-tools-run_command", {}),
        ("cursor", "MCP:run_command", {}),
    ],
)
def test_an_mcp_servers_shell_is_judged_by_whatever_name_the_agent_gives_it(guarded, agent, tool, more):
    given = {**event(agent, tool, {"command": DOCKER}, **more), "cwd": str(guarded)}
    assert load_agent(agent).read(dict(given)).kind == "mcp"
    assert fire(guarded, agent, given).returncode == 2


@pytest.mark.parametrize(
    ("tool", "effect"),
    [
        ("mcp__desktop__executeShell", "shell"),
        ("mcp__desktop__run-in-terminal", "shell"),
        ("mcp__any__exec", "shell"),
        ("github-mcp-server-push_files", "commit_push"),
        ("runpod-create-pod", "bypass"),
        ("mcp__postgres__execute_sql", "read"),
        ("mcp__powershell__search_docs", "read"),
        ("powershell-docs-search", "read"),
        ("mcp__playwright__browser_evaluate", "read"),
    ],
)
def test_a_tools_name_says_what_it_does_in_whole_words(tool, effect):
    assert find_effect(tool) == effect


def test_sql_and_browser_code_are_no_shell(guarded):
    for tool, given in (
        ("mcp__postgres__execute_sql", {"sql": "select push from commits"}),
        ("mcp__playwright__browser_evaluate", {"script": "() => xs.push(git.commit())"}),
    ):
        done = fire(guarded, "codex", {**event("codex", tool, given), "cwd": str(guarded)})
        assert (tool, done.returncode) == (tool, 0)


@pytest.mark.parametrize(
    "words", [["a", "b c"], ["it's"], [""], ["$HOME", "`x`", "*"], ["sh", "-c", "echo \"a\" 'b'"], ["a\nb"]]
)
def test_joined_words_come_back_as_they_were(words):
    import subprocess

    line = join_words(["printf", "%s\\0", *words])
    done = subprocess.run(["sh", "-c", line], capture_output=True, check=True)
    assert json.dumps(done.stdout.decode().split("\0")[:-1]) == json.dumps(words)
