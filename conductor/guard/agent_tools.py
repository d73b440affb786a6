"""What each agent's tools do: the one table behind the adapters and the first stage. Imports nothing.

Seen in the agents' own programs on 27 November 2026 (Claude Code 2.1.332, Codex 0.171.0, Gemini CLI 0.61.0, Copilot
CLI 1.0.102), Cursor's in its documentation. A tool that is not here is judged by what its arguments carry, so the hook
entries match every tool: a table that is behind the agent costs milliseconds, never a command that nobody judged.

- `shell`: a command in the arguments · `typing`: text for a shell that already runs · `edit`: a file is changed
- `read`: only looks, or speaks to the user or the model: the first stage lets it pass unread · `agent`: starts another
  agent, whose own calls are hooked
"""

from __future__ import annotations

TOOLS: dict[str, dict[str, tuple[str, ...]]] = {
    "claude": {
        "shell": ("Bash", "PowerShell", "Monitor"),
        "edit": ("Edit", "Write", "MultiEdit", "NotebookEdit", "Update"),
        "agent": ("Agent", "Task"),
        "read": (
            *("Read", "Grep", "Glob", "LS", "LSP", "NotebookRead", "BashOutput", "TaskOutput", "WebFetch", "WebSearch"),
            *("TodoRead", "TodoWrite", "TaskCreate", "TaskGet", "TaskList", "TaskUpdate", "TaskStop", "KillShell"),
            *("ToolSearch", "AskUserQuestion", "EnterPlanMode", "ExitPlanMode", "ListAgents", "ReportFindings"),
            *("ListMcpResourcesTool", "ReadMcpResourceTool"),
        ),
    },
    "codex": {
        "shell": ("Bash", "shell", "shell_command", "local_shell", "exec_command", "container.exec", "unified_exec"),
        "typing": ("write_stdin",),
        "edit": ("apply_patch", "Edit", "Write"),
        "agent": ("spawn_agent", "send_input"),
        "read": (
            *("view_image", "update_plan", "web_search", "tool_search", "request_user_input", "get_goal"),
            *("list_mcp_resources", "list_mcp_resource_templates", "read_mcp_resource"),
        ),
    },
    "gemini": {
        "shell": ("run_shell_command",),
        "edit": ("write_file", "replace", "edit"),
        "agent": ("invoke_agent",),
        "read": (
            *("read_file", "read_many_files", "list_directory", "glob", "grep_search", "search_file_content"),
            *("google_web_search", "web_fetch", "write_todos", "update_topic", "ask_user", "get_internal_docs"),
            *("list_background_processes", "read_background_output", "enter_plan_mode", "exit_plan_mode"),
            *("complete_task", "list_mcp_resources", "read_mcp_resource"),
        ),
    },
    "copilot": {
        "shell": ("bash", "Bash", "powershell", "PowerShell", "shell"),
        "typing": ("write_bash", "write_powershell"),
        "edit": ("edit", "Edit", "create", "Write", "str_replace_editor", "apply_patch"),
        "agent": ("task", "Agent", "write_agent"),
        "read": (
            *("view", "Read", "grep", "Grep", "glob", "Glob", "read_bash", "stop_bash", "list_bash", "report_intent"),
            *("read_powershell", "stop_powershell", "list_powershell", "read_agent", "list_agents", "ask_user"),
            *("fetch_copilot_cli_documentation", "web_fetch", "web_search", "update_todo"),
        ),
    },
    "cursor": {
        "shell": ("Shell", "Bash", "run_terminal_cmd"),
        "edit": ("Edit", "Write", "MultiEdit", "StrReplace", "search_replace", "Delete", "delete_file", "edit_file"),
        "agent": ("Task",),
        "read": (
            *("Read", "Grep", "Glob", "LS", "SemanticSearch", "codebase_search", "read_file", "list_dir"),
            *("ReadLints", "TodoWrite", "WebSearch", "WebFetch", "AskQuestion"),
        ),
    },
}
EDIT_TOOLS = frozenset(name for kinds in TOOLS.values() for name in kinds["edit"])
READ_TOOLS = frozenset(name for kinds in TOOLS.values() for name in kinds["read"])
SHELL_TOOLS = frozenset(name for kinds in TOOLS.values() for name in kinds["shell"])
# Every tool reaches the guard; what the table calls `read` costs one small sh.
MATCHER = "*"

# Where an unknown tool carries a command. `script` may be another language's: what no shell could read is left alone.
SURE_COMMANDS = ("command", "cmd", "commandLine", "command_line", "shellCommand", "shell_command", "commands")
COMMANDS = (*SURE_COMMANDS, "script")
_WRITES = ("content", "contents", "file_text", "old_string", "old_str", "new_string", "new_str", "new_source", "edits")
_SAFE = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./-_"


def kind_of(agent: str, tool: str) -> str:
    """Return the tool's kind by the table; nothing for a tool that is not in it."""
    return next((kind for kind, names in TOOLS[agent].items() if tool in names), "")


def guess_kind(arguments: dict[str, object]) -> str:
    """Return what a tool that no table knows would do, by what its arguments carry: shell, edit or other."""
    if any(arguments.get(name) for name in COMMANDS):
        return "shell"
    return "edit" if any(name in arguments for name in _WRITES) else "other"


def command_in(arguments: dict[str, object], names: tuple[str, ...] = COMMANDS) -> str:
    """Return the command that the arguments carry under one of the names, as a shell would be given it, or nothing."""
    for name in names:
        value = arguments.get(name)
        if isinstance(value, list):
            value = join_words([one for one in value if isinstance(one, str)])
        if isinstance(value, str) and value.strip():
            more = arguments.get("args") or arguments.get("argv")
            words = [one for one in more if isinstance(one, str)] if isinstance(more, list) else []
            return f"{value} {join_words(words)}".rstrip() if words else value
    return ""


def join_words(words: list[str]) -> str:
    """Return the words as one line for a shell, each quoted where it must be; several whole commands one a line."""
    if words and any(letter in words[0].strip() for letter in " \t\n"):
        return "\n".join(words)
    return " ".join(word if word and not word.strip(_SAFE) else quote_word(word) for word in words)


def quote_word(word: str) -> str:
    """Return the word in single quotes."""
    return "'" + word.replace("'", "'\"'\"'") + "'"
