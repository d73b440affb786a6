"""Each agent's protocol, with events as the agents send them."""

import json

import pytest

from conductor.guard.hooks.install import load_agent

FORBIDDEN = "conductor grant push --once"
REASON = 'not here, "never"'


def shell_event(agent: str, command: str) -> dict:
    common = {"session_id": "s-1", "cwd": "/project", "transcript_path": "/t"}
    return {
        "claude": {
            **common,
            "permission_mode": "default",
            "hook_event_name": "PreToolUse",
            "tool_name": "Bash",
            "tool_input": {"command": command, "description": "d"},
            "tool_use_id": "toolu_1",
        },
        "codex": {
            **common,
            "turn_id": "t1",
            "model": "m",
            "hook_event_name": "PreToolUse",
            "tool_name": "Bash",
            "tool_input": {"command": command},
            "tool_use_id": "call_1",
        },
        "gemini": {
            **common,
            "hook_event_name": "BeforeTool",
            "timestamp": "2026-01-05T10:00:00Z",
            "tool_name": "run_shell_command",
            "tool_input": {"command": command},
        },
        "copilot": {
            **common,
            "hook_event_name": "PreToolUse",
            "tool_name": "bash",
            "tool_input": {"command": command},
        },
        "cursor": {
            "conversation_id": "s-1",
            "generation_id": "g",
            "workspace_roots": ["/project"],
            "hook_event_name": "beforeShellExecution",
            "command": command,
            "cwd": "/project",
        },
    }[agent]


AGENTS = ("claude", "codex", "gemini", "copilot", "cursor")


@pytest.mark.parametrize("agent", AGENTS)
def test_a_shell_call_is_read(agent):
    call = load_agent(agent).read(shell_event(agent, "git status"))
    assert (call.kind, call.command, call.session, call.cwd) == ("shell", "git status", "s-1", "/project")


@pytest.mark.parametrize("agent", AGENTS)
def test_a_refusal_is_exit_code_2_with_a_reason_on_standard_error(agent):
    answer = load_agent(agent).answer("block", REASON)
    assert answer.code == 2
    assert REASON in answer.stderr
    assert load_agent(agent).answer("block", "").stderr.strip()


@pytest.mark.parametrize("agent", ["claude", "codex", "gemini"])
def test_a_refusal_prints_nothing_on_standard_output(agent):
    assert load_agent(agent).answer("block", REASON).stdout == ""


def test_copilot_reads_the_reason_on_standard_output():
    # Beside exit code 2 it shows "hook exited with code 2" and nothing of standard error (1.0.102).
    body = json.loads(load_agent("copilot").answer("block", REASON).stdout)
    assert body == {"permissionDecision": "deny", "permissionDecisionReason": REASON}


def test_cursor_is_told_in_its_own_words_too():
    body = json.loads(load_agent("cursor").answer("block", REASON).stdout)
    assert body == {"permission": "deny", "user_message": REASON, "agent_message": REASON}


@pytest.mark.parametrize("agent", AGENTS)
def test_allowing_says_nothing_that_a_host_could_misread(agent):
    answer = load_agent(agent).answer("allow", "")
    assert (answer.code, answer.stderr) == (0, "")
    assert answer.stdout == ("{}\n" if agent == "cursor" else "")


def test_claude_and_copilot_are_asked_in_their_own_form():
    body = json.loads(load_agent("claude").answer("ask", REASON).stdout)
    assert body["hookSpecificOutput"] == {
        "hookEventName": "PreToolUse",
        "permissionDecision": "ask",
        "permissionDecisionReason": REASON,
    }
    body = json.loads(load_agent("copilot").answer("ask", REASON).stdout)
    assert body == {"permissionDecision": "ask", "permissionDecisionReason": REASON}


@pytest.mark.parametrize("agent", ["codex", "gemini", "cursor"])
def test_an_agent_that_cannot_ask_is_refused(agent):
    # Codex counts an answer of "ask" as a failed hook and runs the command.
    assert load_agent(agent).answer("ask", REASON).code == 2


@pytest.mark.parametrize(
    ("agent", "tool", "arguments", "path"),
    [
        ("claude", "Edit", {"file_path": "/p/a.py", "old_string": "x", "new_string": "y"}, "/p/a.py"),
        ("claude", "Write", {"file_path": "/p/a.py", "content": "y"}, "/p/a.py"),
        ("claude", "MultiEdit", {"file_path": "/p/a.py", "edits": [{"old_string": "x", "new_string": "y"}]}, "/p/a.py"),
        ("claude", "NotebookEdit", {"notebook_path": "/p/a.ipynb", "new_source": "y"}, "/p/a.ipynb"),
        ("gemini", "write_file", {"file_path": "a.py", "content": "y"}, "a.py"),
        ("gemini", "replace", {"file_path": "a.py", "old_string": "x", "new_string": "y"}, "a.py"),
        ("copilot", "str_replace_editor", {"path": "a.py", "old_str": "x", "new_str": "y"}, "a.py"),
        ("copilot", "create", {"path": "a.py", "file_text": "y"}, "a.py"),
        ("cursor", "Write", {"file_path": "a.py", "content": "y"}, "a.py"),
    ],
)
def test_an_edit_is_read(agent, tool, arguments, path):
    event = {"hook_event_name": "PreToolUse", "tool_name": tool, "tool_input": arguments, "session_id": "s"}
    call = load_agent(agent).read(event)
    assert call.kind == "edit"
    assert [edit.path for edit in call.edits] == [path]


def test_codex_patches_name_every_file_they_change():
    patch = (
        "*** Begin Patch\n*** Update File: a.py\n@@\n-old\n+new\n kept\n*** Add File: b.py\n+one\n+two\n"
        "*** Delete File: JOURNAL.md\n*** End Patch"
    )
    event = {"hook_event_name": "PreToolUse", "tool_name": "apply_patch", "tool_input": {"command": patch}}
    first, second, third = load_agent("codex").read(event).edits
    assert (first.path, first.old, first.new) == ("a.py", "old\nkept", "new\nkept")
    assert (second.path, second.content) == ("b.py", "one\ntwo")
    assert (third.path, third.content) == ("JOURNAL.md", "")


def test_copilots_own_form_is_read_as_well():
    event = {"toolName": "bash", "toolArgs": json.dumps({"command": "ls"}), "cwd": "/p", "timestamp": 1}
    assert load_agent("copilot").read(event).command == "ls"
    assert load_agent("copilot").read({"toolName": "bash", "toolArgs": "{"}).command == ""


@pytest.mark.parametrize("agent", AGENTS)
@pytest.mark.parametrize(
    "event",
    [
        {},
        {"hook_event_name": 3, "tool_name": ["x"], "tool_input": "no"},
        {"hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_input": {"command": 7}},
        {"hook_event_name": "PreToolUse", "tool_name": "Edit", "tool_input": {"edits": "x", "file_path": {}}},
        {"hook_event_name": "SomethingNew", "tool_name": "Later", "version": 99},
    ],
)
def test_fields_that_are_missing_or_of_another_type_are_no_crash(agent, event):
    load_agent(agent).read(dict(event))
