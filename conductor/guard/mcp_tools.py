"""Judge a call of an MCP server's tool: a table of what such tools do, as data. Imports nothing."""

from __future__ import annotations

from conductor.guard.agent_tools import COMMANDS, SURE_COMMANDS, command_in
from conductor.guard.call import Call, Edit, text_of

# (server, part of the tool's name, what it does). The first row that fits decides; `*` fits every server.
# edit = the file named by the argument; shell = the command in the argument; bypass = changes the outside world.
TABLE: tuple[tuple[str, str, str], ...] = (
    ("serena", "execute_shell_command", "shell"),
    ("serena", "replace_", "edit"),
    ("serena", "insert_", "edit"),
    ("serena", "create_text_file", "edit"),
    ("serena", "delete_lines", "edit"),
    ("serena", "rename_symbol", "edit"),
    ("serena", "write_memory", "read"),
    ("github", "create_or_update_file", "commit_push"),
    ("github", "push_files", "commit_push"),
    ("github", "delete_file", "commit_push"),
    ("github", "create_branch", "commit_push"),
    ("github", "merge_pull_request", "commit_push"),
    ("github", "create_pull_request", "commit_push"),
    ("github", "update_pull_request_branch", "commit_push"),
    ("github", "run_workflow", "bypass"),
    ("github", "rerun_", "bypass"),
    ("github", "cancel_workflow", "bypass"),
    ("github", "delete_workflow", "bypass"),
    ("github", "create_release", "bypass"),
    ("github", "secret", "bypass"),
    ("runpod", "create-", "bypass"),
    ("runpod", "update-", "bypass"),
    ("runpod", "delete-", "bypass"),
    ("runpod", "stop-", "bypass"),
    ("runpod", "start-", "bypass"),
    ("runpod", "create_", "bypass"),
    ("runpod", "update_", "bypass"),
    ("runpod", "delete_", "bypass"),
    ("runpod", "stop_", "bypass"),
    ("runpod", "start_", "bypass"),
    ("runpod", "run_", "bypass"),
    ("docker", "build", "build"),
    ("*", "execute_command", "shell"),
    ("*", "run_command", "shell"),
    ("*", "start_process", "shell"),
    ("*", "write_file", "edit"),
    ("*", "edit_file", "edit"),
    ("*", "edit_block", "edit"),
    ("*", "create_file", "edit"),
    ("*", "move_file", "edit"),
    ("*", "delete_file", "edit"),
    ("*", "git_commit", "commit_push"),
    ("*", "git_push", "commit_push"),
)
# effect -> verdict, rule, what the tool does and what to do instead, and the action that a grant may allow
RULINGS: dict[str, tuple[str, str, str, str]] = {
    "bypass": ("ask", "release_bypass", "changes what is released, around Conductor. Use conductor release.", ""),
    "build": ("block", "container_build", "builds an image here. The workflow builds it: conductor release.", ""),
    "commit_push": (
        "block",
        "commit_push",
        "commits or pushes. Ask your user; they can allow it once: conductor grant push --once.",
        "push",
    ),
}
# Words of a tool's name that mean a command in its arguments, on any server: `executeShell`, `run-in-terminal`.
_SHELL_WORDS = frozenset(("shell", "bash", "exec", "terminal", "powershell", "cmd"))
_COMMANDS = (*COMMANDS, "code", "input")
# Where a file is moved from: it is gone there afterwards.
_SOURCES = ("source", "src", "old_path", "from_path", "source_path")
_PATHS = ("relative_path", "file_path", "path", "filepath", "filename", "destination", "target")


def split_name(tool: str) -> tuple[str, str]:
    """Return the server and the tool: `mcp__github__push_files`, `mcp_github_push_files` and `github-push_files` alike.

    Where a single hyphen or underscore parts the two, the server's own may be mistaken for it: its name is then all.
    """
    if tool.startswith("mcp__"):
        server, _, name = tool[5:].partition("__")
    elif tool.startswith("mcp_"):
        server, name = tool[4:], tool[4:].partition("_")[2]
    else:
        server, name = tool, tool.partition("-")[2]
    return server, name or server


def find_effect(tool: str) -> str:
    """Return what the tool does by the table: edit, shell, bypass, commit_push, build or read."""
    server, name = split_name(tool)
    for wanted, part, effect in TABLE:
        if (wanted == "*" or wanted in server.lower()) and part in name.lower():
            return effect
    return "shell" if _SHELL_WORDS & set(words_of(name)) else "read"


def words_of(name: str) -> list[str]:
    """Return the words in a name, lower case: `runInTerminal`, `run-in_terminal`."""
    apart = "".join(f" {letter}" if letter.isupper() else letter if letter.isalnum() else " " for letter in name)
    return apart.lower().split()


def command_of(call: Call, *, known: bool = True) -> str | None:
    """Return the shell command in the arguments; None where there is none to read.

    `known` says that the tool runs commands. Of another only what is called a command counts: a script or code is as
    often a browser's or a database's.
    """
    return command_in(call.arguments, _COMMANDS if known else SURE_COMMANDS) or None


def edits_of(call: Call) -> list[Edit]:
    """Return the edits in the arguments: whole contents where given, else a replacement."""
    found = [Edit(path, content="") for name in _SOURCES if (path := text_of(call.arguments.get(name)))]
    deletes = "delete" in call.tool or "remove" in call.tool
    several = call.arguments.get("paths") or call.arguments.get("files")
    for row in several if isinstance(several, list) else []:
        one = row if isinstance(row, dict) else {"path": row}
        found.append(Edit(text_of(one.get("path")), content=text_of(one.get("content"))))
    for name in _PATHS:
        path = text_of(call.arguments.get(name))
        if path:
            content = call.arguments.get("content")
            old = text_of(call.arguments.get("needle")) or text_of(call.arguments.get("old_string"))
            new = text_of(call.arguments.get("repl")) or text_of(call.arguments.get("new_string"))
            whole = content if isinstance(content, str) else None
            # An edit whose old text is not in its arguments (a range of lines, a symbol) may remove anything.
            if deletes or (whole is None and not old and "insert" not in call.tool):
                whole = ""
            found.append(Edit(path, content=whole, old=old, new=new))
    return found
