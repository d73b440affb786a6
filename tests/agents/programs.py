"""What differs between the agents: the words of their tools, their settings, and how they are started."""

import json
import sys
from pathlib import Path

from conductor.guard.hooks.trust import codex_hashes
from tests.agents.model import SUBTASK

PACKAGES = {
    "claude": "@anthropic-ai/claude-code@latest",
    "codex": "@openai/codex@latest",
    "gemini": "@google/gemini-cli@latest",
    "copilot": "@github/copilot@latest",
}
COMMANDS = (
    ("harmless", "echo hello > ok.txt"),
    ("docker", "docker build ."),
    ("push", "git push --force origin main"),
    ("commit", "git commit --allow-empty -m x"),
    ("tasks-shell", "sed -i d TASKS.md"),
    ("guard-shell", "echo true > .conductor/bin/guard"),
    ("canary", "conductor hooks canary"),
    ("fails", "ls nowhere"),
)
DOCKER = "docker build ."


def patch(name, add=None):
    body = f"*** Delete File: {name}" if add is None else f"*** Add File: {name}\n+{add}"
    return f"*** Begin Patch\n{body}\n*** End Patch\n"


def step(name, tool, given, **more):
    return {"name": name, "tool": tool, "input": given, **more}


def steps_of(agent, root):
    """Return the script in the agent's own tools: what may run, and what may not."""
    tasks, guard, notes = (str(root / name) for name in ("TASKS.md", ".conductor/bin/guard", "notes.txt"))
    sub = f"{SUBTASK}: do it."
    if agent == "claude":
        return [
            *(step(name, "Bash", {"command": text, "description": name}) for name, text in COMMANDS),
            step("read", "Read", {"file_path": tasks}),
            step("edit-tasks", "Edit", {"file_path": tasks, "old_string": "Keep me", "new_string": "Gone"}),
            step("write-guard", "Write", {"file_path": guard, "content": "gone\n"}),
            step("write-ok", "Write", {"file_path": notes, "content": "fine\n"}),
            step("mcp", "mcp__tools__run_command", {"command": DOCKER}),
            step("background", "Bash", {"command": DOCKER, "description": "b", "run_in_background": True}),
            step("monitor", "Monitor", {"command": DOCKER, "description": "m", "timeout_ms": 3000}),
            step(
                "agent",
                "Agent",
                {"description": "sub", "prompt": sub, "subagent_type": "general-purpose"},
                sub=[step("sub-docker", "Bash", {"command": DOCKER, "description": "b"})],
            ),
        ]
    if agent == "gemini":
        return [
            *(step(name, "run_shell_command", {"command": text}) for name, text in COMMANDS),
            step("read", "read_file", {"file_path": tasks}),
            step("edit-tasks", "replace", {"file_path": tasks, "old_string": "Keep me", "new_string": "Gone",
                                           "instruction": "edit"}),
            step("write-guard", "write_file", {"file_path": guard, "content": "gone\n"}),
            step("write-ok", "write_file", {"file_path": notes, "content": "fine\n"}),
            step("mcp", "mcp_tools_run_command", {"command": DOCKER}),
            step("background", "run_shell_command", {"command": DOCKER, "is_background": True}),
            step(
                "agent",
                "invoke_agent",
                {"agent_name": "generalist", "prompt": sub},
                sub=[step("sub-docker", "run_shell_command", {"command": DOCKER})],
            ),
        ]  # fmt: skip
    if agent == "copilot":
        return [
            *(step(name, "bash", {"command": text, "description": name}) for name, text in COMMANDS),
            step("read", "view", {"path": tasks}),
            step("edit-tasks", "edit", {"path": tasks, "old_str": "Keep me", "new_str": "Gone"}),
            step("write-guard", "create", {"path": str(root / ".conductor/new"), "file_text": "gone\n"}),
            step("write-ok", "create", {"path": notes, "file_text": "fine\n"}),
            step("mcp", "tools-run_command", {"command": DOCKER}),
            step("background", "bash", {"command": DOCKER, "description": "b", "mode": "async"}),
            step(
                "agent",
                "task",
                {"name": "sub", "description": "sub", "prompt": sub, "mode": "sync", "agent_type": "general-purpose"},
                sub=[step("sub-docker", "bash", {"command": DOCKER, "description": "b"})],
            ),
        ]
    return [
        *(step(name, "exec_command", {"cmd": text}) for name, text in COMMANDS),
        step("edit-tasks", "apply_patch", patch("TASKS.md"), custom=True),
        step("patch-shell", "exec_command", {"cmd": f"apply_patch <<'EOF'\n{patch('TASKS.md')}EOF"}),
        step("write-guard", "apply_patch", patch(".conductor/bin/guard"), custom=True),
        step("write-ok", "apply_patch", patch("notes.txt", "fine"), custom=True),
        step("mcp", "run_command", {"command": DOCKER}, namespace="mcp__tools"),
        step("prompt", "exec_command", {"cmd": "sh", "tty": True, "yield_time_ms": 500}),
        step("typed", "write_stdin", {"session_id": "$SESSION", "chars": f"{DOCKER}\n", "yield_time_ms": 1000}),
    ]


def write_settings(path: Path, more):
    path.parent.mkdir(parents=True, exist_ok=True)
    data = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps({**data, **more}, indent=2))


def prepare(agent, root, home, address, marks, *, trusted):
    """Write the agent's own settings; return what is added to its environment and its command line."""
    mcp = {"command": sys.executable, "args": [str(Path(__file__).with_name("mcp_server.py")), str(marks / "mcp")]}
    said = "Do the steps."
    if agent == "claude":
        write_settings(marks / "mcp.json", {"mcpServers": {"tools": mcp}})
        if trusted:
            write_settings(home / ".claude.json", {"projects": {str(root): {"hasTrustDialogAccepted": True}}})
        environment = {"ANTHROPIC_BASE_URL": address, "ANTHROPIC_API_KEY": "dummy", "IS_SANDBOX": "1"}
        environment |= {"DISABLE_AUTOUPDATER": "1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}
        words = ["-p", said, "--dangerously-skip-permissions", "--mcp-config", str(marks / "mcp.json")]
        return environment, words
    if agent == "gemini":
        more = {"mcpServers": {"tools": {**mcp, "trust": True}}, "general": {"enableAutoUpdate": False}}
        more |= {"security": {"auth": {"selectedType": "gemini-api-key"}}, "privacy": {"usageStatisticsEnabled": False}}
        write_settings(home / ".gemini/settings.json", more)
        if trusted:
            write_settings(home / ".gemini/trustedFolders.json", {str(root): "TRUST_FOLDER"})
        environment = {"GEMINI_API_KEY": "dummy", "GOOGLE_GEMINI_BASE_URL": address, "GEMINI_CLI_NO_RELAUNCH": "true"}
        return environment, ["-p", said, "-m", "gemini-2.5-pro", "--yolo", *([] if trusted else ["--skip-trust"])]
    if agent == "copilot":
        servers = {"tools": {"type": "local", "tools": ["*"], **mcp}}
        write_settings(home / ".copilot/mcp-config.json", {"mcpServers": servers})
        if trusted:
            write_settings(home / ".copilot/config.json", {"trustedFolders": [str(root)]})
        environment = {"COPILOT_PROVIDER_BASE_URL": f"{address}/v1", "COPILOT_PROVIDER_API_KEY": "dummy"}
        environment |= {"COPILOT_MODEL": "fake-model", "COPILOT_OFFLINE": "true", "COPILOT_AUTO_UPDATE": "false"}
        return environment, ["-p", said, "--allow-all-tools", "--allow-all-paths"]
    provider = f'name = "fake"\nbase_url = "{address}/v1"\nenv_key = "FAKE_KEY"\nwire_api = "responses"\n'
    text = f'model = "gpt-5.5"\nmodel_provider = "fake"\n[model_providers.fake]\n{provider}'
    text += f'[mcp_servers.tools]\ncommand = "{mcp["command"]}"\nargs = {json.dumps(mcp["args"])}\n'
    text += f'[projects."{root}"]\ntrust_level = "trusted"\n'
    for key, value in codex_hashes(root) if trusted else ():
        text += f'[hooks.state.{json.dumps(key)}]\ntrusted_hash = "{value}"\n'
    (home / ".codex").mkdir()
    (home / ".codex/config.toml").write_text(text)
    environment = {"FAKE_KEY": "dummy", "CODEX_HOME": str(home / ".codex")}
    return environment, ["exec", "--dangerously-bypass-approvals-and-sandbox", said]
