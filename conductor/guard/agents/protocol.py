"""What the agents' protocols share: the fields of a tool call, and the answer every one of them understands."""

from __future__ import annotations

from conductor.guard.call import Answer, Call, Edit, patch_edits, text_of

EDIT_TOOLS = frozenset(
    (
        *(
            "Edit",
            "Write",
            "MultiEdit",
            "NotebookEdit",
            "Update",
            "apply_patch",
            "write_file",
            "replace",
            "edit",
            "create",
        ),
        *("write", "str_replace_editor", "str_replace_based_edit_tool", "multi_edit", "search_replace", "StrReplace"),
        *("Delete", "delete_file", "edit_file"),
    )
)
_PATHS = ("file_path", "path", "notebook_path", "filePath", "target_file", "absolute_path")


def read_call(  # the shape Claude Code began and the others took over
    agent: str, event: dict[str, object], shell_tools: tuple[str, ...], mcp_prefix: str
) -> Call:
    """Return the tool call in an event with `hook_event_name`, `tool_name` and `tool_input`."""
    tool = text_of(event.get("tool_name"))
    given = event.get("tool_input")
    arguments: dict[str, object] = given if isinstance(given, dict) else {}
    call = Call(
        agent,
        text_of(event.get("hook_event_name")),
        tool,
        "other",
        session=text_of(event.get("session_id")),
        cwd=text_of(event.get("cwd")),
        use_id=text_of(event.get("tool_use_id")),
    )
    call.arguments = arguments
    if tool == "apply_patch":
        call.kind = "edit"
        call.edits = patch_edits(text_of(arguments.get("command")) or text_of(arguments.get("input")))
    elif tool in shell_tools:
        call.kind = "shell"
        command = arguments.get("command")
        call.command = " ".join(map(text_of, command)) if isinstance(command, list) else text_of(command)
    elif tool in EDIT_TOOLS:
        call.kind = "edit"
        call.edits = read_edits(arguments)
    elif tool.startswith(mcp_prefix):
        call.kind = "mcp"
    return call


def read_edits(arguments: dict[str, object]) -> list[Edit]:
    """Return the edits an edit tool's arguments describe; none where they name no file."""
    path = next((text_of(arguments.get(name)) for name in _PATHS if text_of(arguments.get(name))), "")
    if not path:
        return []
    several = arguments.get("edits")
    if isinstance(several, list):
        return [_replacement(path, row) for row in several if isinstance(row, dict)]
    for name in ("content", "file_text", "contents"):
        if isinstance(arguments.get(name), str):
            return [Edit(path, content=text_of(arguments[name]))]
    return [_replacement(path, arguments)]


def _replacement(path: str, row: dict[str, object]) -> Edit:
    old = text_of(row.get("old_string")) or text_of(row.get("old_str"))
    new = text_of(row.get("new_string")) or text_of(row.get("new_str")) or text_of(row.get("new_source"))
    return Edit(path, old=old, new=new)


def deny(reason: str) -> Answer:
    """Refuse: the reason on standard error and exit code 2 is the one answer every agent understands."""
    # An empty reason counts as a failed hook in Codex, and a failed hook lets the command run.
    return Answer(stderr=(reason or "Conductor refused this.") + "\n", code=2)


def quote(text: str) -> str:
    """Return the text as a JSON string."""
    from _json import encode_basestring_ascii

    return encode_basestring_ascii(text)
