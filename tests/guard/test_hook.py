"""The whole way: wrapper, second stage, policy, grants, log, ledger, with real processes."""

import json
import os
import subprocess

import pytest

from tests.guard.test_agents import shell_event

AGENTS = ("claude", "codex", "gemini", "copilot", "cursor")
# Refused everywhere, in a container too.
FORBIDDEN = "git push --no-verify origin main"


@pytest.fixture
def guarded(repository, conductor):
    done = conductor("hooks", "install", "--agent", "all", cwd=repository)
    assert done.returncode == 0, done.stderr
    return repository


def fire(root, agent, event, **options):
    text = event if isinstance(event, (str, bytes)) else json.dumps(event, separators=(",", ":"))
    data = text if isinstance(text, bytes) else text.encode()
    return subprocess.run(
        [root / ".conductor/bin/guard", agent], input=data, capture_output=True, cwd=root, **options, check=False
    )


def bash(root, command, agent="claude", **changes):
    return fire(root, agent, {**shell_event(agent, command), "cwd": str(root), **changes})


@pytest.mark.parametrize("agent", AGENTS)
def test_a_forbidden_command_is_refused_with_the_reason_first(guarded, agent):
    done = bash(guarded, FORBIDDEN, agent)
    assert done.returncode == 2
    assert done.stderr.decode().startswith("guard_tamper: ")


@pytest.mark.parametrize("agent", AGENTS)
@pytest.mark.parametrize("command", ["git status", "grep -n 'pip install' README.md", "ls -la | head -3"])
def test_a_harmless_command_passes_in_silence(guarded, agent, command):
    done = bash(guarded, command, agent)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout in (b"", b"{}\n")


def test_an_ask_is_asked_where_the_agent_can_and_refused_where_it_cannot(guarded):
    assert b'"permissionDecision":"ask"' in bash(guarded, "git commit -m x").stdout
    refused = bash(guarded, "git commit -m x", "codex")
    assert refused.returncode == 2
    assert b"conductor grant commit --once" in refused.stderr


def test_a_grant_for_one_command_allows_exactly_that(guarded, person):
    person("grant", "push", "--once", "--command", "git push origin main", cwd=guarded)
    assert bash(guarded, "git push origin main --force", "codex").returncode == 2
    assert bash(guarded, "git push origin main", "codex").returncode == 0


def test_a_commit_grant_does_not_carry_a_push(guarded, conductor, person):
    person("grant", "commit", "--once", cwd=guarded)
    assert bash(guarded, "git commit -m x && git push", "codex").returncode == 2
    assert "once, not used" in conductor("grant", "--list", cwd=guarded).stdout


def test_yes_in_the_agents_dialog_becomes_a_used_grant(guarded, conductor):
    event = {**shell_event("claude", "git commit -m x"), "cwd": str(guarded)}
    fire(guarded, "claude", event)
    fire(guarded, "claude", {**event, "hook_event_name": "PostToolUse", "tool_response": {"stdout": ""}})
    (grant,) = json.loads(conductor("grant", "--list", "--json", cwd=guarded).stdout)["grants"]
    assert (grant["rule"], grant["action"], grant["by"], grant["command"]) == (
        "commit_push",
        "commit",
        "dialog",
        "git commit -m x",
    )
    assert grant["used_at"]


def test_a_finished_call_is_in_the_ledger_without_its_contents(guarded, conductor):
    event = {
        "session_id": "s-9",
        "cwd": str(guarded),
        "hook_event_name": "PostToolUse",
        "tool_name": "Write",
        "tool_input": {"file_path": str(guarded / "a.py"), "content": "the content"},
        "tool_response": {"success": True},
    }
    fire(guarded, "claude", event)
    text = (guarded / ".git/conductor/sessions/s-9.jsonl").read_text()
    row = json.loads(text)
    assert (row["tool"], row["target"], row["ok"], row["agent"]) == ("Write", "a.py", True, "claude")
    assert "the content" not in text


def edit(root, name, **arguments):
    return {
        "session_id": "s",
        "cwd": str(root),
        "hook_event_name": "PreToolUse",
        "tool_name": "Write" if "content" in arguments else "Edit",
        "tool_input": {"file_path": str(root / name), **arguments},
    }


def test_history_is_not_rewritten_by_an_edit_tool(guarded):
    (guarded / "JOURNAL.md").write_text("# Engineering Journal\n\n## 2026-01-05 10:00\n\n### One\n")
    done = fire(guarded, "claude", edit(guarded, "JOURNAL.md", content="# Engineering Journal\n"))
    assert done.returncode == 2
    assert done.stderr.startswith(b"history: ")
    longer = "# Engineering Journal\n\n## 2026-01-06 10:00\n\n### Two\n\n## 2026-01-05 10:00\n\n### One\n"
    assert fire(guarded, "claude", edit(guarded, "JOURNAL.md", content=longer)).returncode == 0
    assert fire(guarded, "claude", edit(guarded, "JOURNAL.md", old_string="### One", new_string="")).returncode == 2


@pytest.mark.parametrize("name", [".conductor/evidence/2026-01/r.jsonl", ".git/config", ".claude/settings.json"])
def test_the_guard_and_its_evidence_are_not_edited(guarded, name):
    done = fire(guarded, "claude", edit(guarded, name, content="x"))
    assert done.returncode == 2
    assert done.stderr.startswith(b"guard_tamper: ")


def test_a_variant_of_a_file_is_not_created(guarded):
    (guarded / "Dockerfile").write_text("FROM scratch\n")
    assert fire(guarded, "claude", edit(guarded, "Dockerfile.new", content="x")).returncode == 2
    assert fire(guarded, "claude", edit(guarded, "Dockerfile_v2", content="x")).returncode == 2
    assert fire(guarded, "claude", edit(guarded, "Dockerfile.dev", content="x")).returncode == 0
    assert fire(guarded, "claude", edit(guarded, "other_v2", content="x")).returncode == 0


def test_a_link_does_not_hide_where_an_edit_goes(guarded):
    (guarded / "innocent").symlink_to(guarded / ".conductor")
    assert fire(guarded, "claude", edit(guarded, "innocent/bin/guard", content="x")).returncode == 2


def test_an_edit_of_any_size_is_judged(guarded):
    assert fire(guarded, "claude", edit(guarded, "big.txt", content="x" * 3_000_000)).returncode == 0
    assert fire(guarded, "claude", edit(guarded, ".git/hooks/x", content="x" * 3_000_000)).returncode == 2


def test_a_command_over_64_kilobytes_is_refused_with_the_reason(guarded):
    done = bash(guarded, "echo " + "x" * 70_000)
    assert done.returncode == 2
    assert b"64 K" in done.stderr


@pytest.mark.parametrize(
    ("tool", "arguments", "code"),
    [
        ("mcp__serena__execute_shell_command", {"command": "git push --no-verify"}, 2),
        ("mcp__serena__execute_shell_command", {"command": "ls"}, 0),
        ("mcp__serena__replace_regex", {"relative_path": "TASKS.md", "regex": ".*", "repl": ""}, 2),
        ("mcp__serena__create_text_file", {"relative_path": ".conductor/x", "content": "y"}, 2),
        ("mcp__serena__find_symbol", {"name_path": "x"}, 0),
        ("mcp__context7__get-library-docs", {"topic": "pip install"}, 0),
    ],
)
def test_mcp_calls_are_judged_by_what_they_do(guarded, tool, arguments, code):
    (guarded / "TASKS.md").write_text("# Task Management\n")
    event = {**shell_event("claude", ""), "cwd": str(guarded), "tool_name": tool, "tool_input": arguments}
    assert fire(guarded, "claude", event).returncode == code


@pytest.mark.parametrize("tool", ["mcp__runpod__update-endpoint", "mcp_runpod_create_pod", "mcp__github__run_workflow"])
def test_changes_of_the_outside_world_by_mcp_are_asked_about(guarded, tool):
    agent = "gemini" if tool.startswith("mcp_r") else "claude"
    event = {**shell_event(agent, ""), "cwd": str(guarded), "tool_name": tool, "tool_input": {}}
    done = fire(guarded, agent, event)
    assert done.returncode == 2 if agent == "gemini" else b'"ask"' in done.stdout


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b"\xff\xfe\x00", b'{"tool_name":"Bash"}'])
def test_an_event_that_is_none_lets_pass_what_could_not_matter(guarded, text):
    assert fire(guarded, "claude", text).returncode == 0


def test_an_event_that_is_none_and_holds_a_trigger_word_is_refused(guarded):
    done = fire(
        guarded, "claude", b'{"hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"git push'
    )
    assert done.returncode == 2
    assert done.stderr.strip()


def test_without_the_compiled_policy_only_what_could_matter_is_refused(guarded, conductor):
    (guarded / ".conductor/local/policy.json").unlink()
    (guarded / ".conductor/local/interpreter").unlink()
    assert bash(guarded, "git status").returncode == 0
    done = bash(guarded, "git push")
    assert done.returncode == 2
    assert b"conductor hooks install" in done.stderr
    assert conductor("hooks", "install", cwd=guarded).returncode == 0
    assert bash(guarded, "git push", "codex").stderr.startswith(b"commit_push: ")


def test_a_broken_policy_refuses_only_what_could_matter(guarded):
    (guarded / ".conductor/local/policy.json").write_text("{")
    assert bash(guarded, 'echo "a"').returncode == 0
    assert bash(guarded, "git push").returncode == 2


def test_a_changed_configuration_is_in_force_at_the_next_command(guarded):
    assert b'"ask"' in bash(guarded, "git commit -m x").stdout
    (guarded / "conductor.yaml").write_text("conductor: 1\nrules: {commit_push: block}\n")
    assert bash(guarded, "git commit -m x").returncode == 2


def test_a_loosened_rule_has_no_effect_before_trust(guarded, person):
    (guarded / "conductor.yaml").write_text("conductor: 1\nrules: {commit_push: off}\n")
    assert b'"ask"' in bash(guarded, "git commit -m x").stdout
    assert person("trust", cwd=guarded, answer="no").returncode == 2
    assert b'"ask"' in bash(guarded, "git commit -m x").stdout
    assert person("trust", cwd=guarded).returncode == 0
    assert bash(guarded, "git commit -m x").stdout == b""


def test_a_rule_of_the_projects_own_stops_its_command(guarded):
    (guarded / "conductor.yaml").write_text(
        "conductor: 1\ncustom_rules: {no_apply: {command: 'terraform apply*', level: block, message: Ask first.}}\n"
    )
    done = bash(guarded, "cd infra && terraform apply -auto-approve")
    assert done.returncode == 2
    assert b"no_apply: Ask first." in done.stderr


def test_secrets_do_not_reach_the_decision_log(guarded):
    token = "ghp_" + "a1B2" * 9
    bash(guarded, f"curl -X POST -H 'Authorization: Bearer {token}' https://api.runpod.io/v2/pods")
    text = (guarded / ".conductor/local/guard.jsonl").read_text()
    assert "release_bypass" in text
    assert token not in text


def test_the_log_is_rotated(guarded):
    log = guarded / ".conductor/local/guard.jsonl"
    log.write_text("x" * 2_100_000 + "\n")
    bash(guarded, FORBIDDEN)
    bash(guarded, FORBIDDEN)
    assert (guarded / ".conductor/local/guard.jsonl.1").exists()
    assert log.stat().st_size < 5000


def test_work_without_a_record_is_refused_once_at_the_end(guarded):
    path = guarded / "a.py"
    path.write_text("x = 1\n")
    event = {**edit(guarded, "a.py", content="x"), "hook_event_name": "PostToolUse"}
    fire(guarded, "claude", event)
    stop = {"session_id": "s", "cwd": str(guarded), "hook_event_name": "Stop", "stop_hook_active": False}
    first = json.loads(fire(guarded, "claude", stop).stdout)
    assert first["decision"] == "block"
    assert "a.py" in first["reason"]
    assert fire(guarded, "claude", stop).stdout == b""


def test_work_with_a_journal_entry_ends_in_peace(guarded, conductor):
    fire(guarded, "claude", {**edit(guarded, "a.py", content="x"), "hook_event_name": "PostToolUse"})
    conductor("journal", "add", "Done", "--what", "a", cwd=guarded)
    stop = {"session_id": "s", "cwd": str(guarded), "hook_event_name": "Stop"}
    assert fire(guarded, "claude", stop).stdout == b""


def test_reading_alone_needs_no_record(guarded):
    fire(guarded, "claude", {**edit(guarded, "a.py"), "tool_name": "Read", "hook_event_name": "PostToolUse"})
    stop = {"session_id": "s", "cwd": str(guarded), "hook_event_name": "Stop"}
    assert fire(guarded, "claude", stop).stdout == b""


def test_a_session_starts_with_what_stands_and_comes_back_after_compaction(guarded, conductor):
    conductor("task", "new", "Use the cp311 wheel", cwd=guarded)
    start = {"session_id": "s", "cwd": str(guarded), "hook_event_name": "SessionStart", "source": "startup"}
    body = json.loads(fire(guarded, "claude", start).stdout)["hookSpecificOutput"]
    assert body["hookEventName"] == "SessionStart"
    assert "Use the cp311 wheel" in body["additionalContext"]
    fire(guarded, "claude", {**edit(guarded, "a.py", content="x"), "hook_event_name": "PostToolUse"})
    fire(guarded, "claude", {"session_id": "s", "cwd": str(guarded), "hook_event_name": "PreCompact"})
    again = json.loads(fire(guarded, "claude", {**start, "source": "compact"}).stdout)["hookSpecificOutput"]
    assert "Files touched so far: a.py" in again["additionalContext"]
    assert conductor("session", "status", "s", cwd=guarded).returncode == 0


def test_an_agent_cannot_commit_around_the_hooks_without_a_grant(guarded, person):
    done = subprocess.run(
        ["git", "commit", "-q", "--allow-empty", "-m", "x"],
        cwd=guarded,
        capture_output=True,
        text=True,
        env={**os.environ, "CODEX_SANDBOX": "1"},
        check=False,
    )
    assert done.returncode == 1
    assert "conductor grant commit --once" in done.stdout + done.stderr
    person("grant", "commit", "--once", cwd=guarded)
    env = {**os.environ, "CODEX_SANDBOX": "1"}
    subprocess.run(["git", "commit", "-q", "--allow-empty", "-m", "x"], cwd=guarded, check=True, env=env)


def test_a_commit_that_loses_history_is_refused_by_git_itself(guarded, git):
    (guarded / "JOURNAL.md").write_text("# J\n\n## 2026-01-05 10:00\n\n### One |TASK:TASK-2026-01-05-001|\n")
    git("add", "-A", cwd=guarded)
    git("commit", "-q", "-m", "one", cwd=guarded)
    (guarded / "JOURNAL.md").write_text("# J\n")
    git("add", "-A", cwd=guarded)
    done = subprocess.run(
        ["git", "commit", "-q", "-m", "two"], cwd=guarded, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "2026-01-05 10:00" in done.stdout + done.stderr
    (guarded / "JOURNAL_ARCHIVE").mkdir()
    (guarded / "JOURNAL_ARCHIVE/2026-01.md").write_text("## 2026-01-05 10:00\n\n### One |TASK:TASK-2026-01-05-001|\n")
    git("add", "-A", cwd=guarded)
    git("commit", "-q", "-m", "two", cwd=guarded)


def test_a_push_over_https_is_refused_by_git_itself(guarded, git):
    git("commit", "-q", "--allow-empty", "-m", "one", cwd=guarded)
    git("remote", "add", "origin", "http://127.0.0.1:9/x.git", cwd=guarded)
    env = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
    hook = guarded / ".git/hooks/pre-push"
    done = subprocess.run(
        [hook, "origin", "http://127.0.0.1:9/x.git"],
        cwd=guarded,
        input="",
        capture_output=True,
        text=True,
        env=env,
        check=False,
    )
    assert done.returncode == 1
    assert "HTTPS" in done.stdout + done.stderr


def test_the_second_stage_answers_a_command_that_nests_deeply(guarded):
    nested = "echo " + "$(echo " * 200 + "x" + ")" * 200
    assert bash(guarded, nested).returncode in (0, 2)


def test_gits_own_folder_of_a_worktree_is_not_edited(guarded, git, tmp_path, conductor):
    git("commit", "-q", "--allow-empty", "-m", "one", cwd=guarded)
    worktree = tmp_path / "worktree"
    git("worktree", "add", "-q", worktree, "-b", "other", cwd=guarded)
    conductor("hooks", "install", "--agent", "claude", cwd=worktree)
    hook = guarded / ".git/hooks/pre-commit"
    assert fire(worktree, "claude", edit(worktree, hook, content="x")).returncode == 2
    assert fire(worktree, "claude", edit(worktree, ".git", content="gitdir: /elsewhere")).returncode == 2


def test_the_grants_are_not_edited(guarded, person, surroundings):
    person("grant", "push", "--once", cwd=guarded)
    (path,) = (surroundings / "state/conductor/grants").glob("*.json")
    assert fire(guarded, "claude", edit(guarded, path, content="{}")).returncode == 2


def test_the_real_path_of_a_linked_project_is_the_project(guarded, tmp_path):
    (guarded / "TASKS.md").write_text("# Task Management\n\ntext\n")
    link = tmp_path / "link"
    link.symlink_to(guarded)
    done = fire(link, "claude", edit(guarded, "TASKS.md", content=""))
    assert done.returncode == 2


def test_other_settings_files_of_claude_are_protected_too(guarded):
    assert fire(guarded, "claude", edit(guarded, ".claude/settings.other.json", content="{}")).returncode == 2


def test_a_patch_that_moves_a_record_away_is_refused(guarded):
    (guarded / "TASKS.md").write_text("# Task Management\n\ntext\n")
    patch = "*** Begin Patch\n*** Update File: TASKS.md\n*** Move to: x.md\n@@\n text\n*** End Patch"
    event = {
        **shell_event("codex", ""),
        "cwd": str(guarded),
        "tool_name": "apply_patch",
        "tool_input": {"command": patch},
    }
    assert fire(guarded, "codex", event).returncode == 2


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("mcp__filesystem__move_file", {"source": "TASKS.md", "destination": "old.md"}),
        ("mcp__filesystem__delete_file", {"path": "TASKS.md"}),
        ("mcp__any__write_file", {"files": [{"path": "TASKS.md", "content": "new"}]}),
        ("mcp__any__shell", {"command": "rm TASKS.md"}),
        ("mcp__any__exec", {}),
    ],
)
def test_other_argument_names_of_mcp_tools_hide_nothing(guarded, tool, arguments):
    (guarded / "TASKS.md").write_text("# Task Management\n\ntext\n")
    event = {**shell_event("codex", ""), "cwd": str(guarded), "tool_name": tool, "tool_input": arguments}
    assert fire(guarded, "codex", event).returncode == 2
