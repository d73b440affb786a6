"""What the agents' protocols share: the fields of a tool call, and the answer every one of them understands."""

from __future__ import annotations

from conductor.guard.agent_tools import command_in, guess_kind, kind_of
from conductor.guard.call import Answer, Call, Edit, patch_edits, text_of

_PATHS = ("file_path", "path", "notebook_path", "filePath", "target_file", "absolute_path", "fileName", "filename")
_PATCH = "*** Begin Patch"
_VERBS = ("view", "create", "str_replace", "insert", "undo_edit", "delete", "rename")


def read_call(  # the shape Claude Code began and the others took over
    agent: str, event: dict[str, object], *, mcp: bool
) -> Call:
    """Return the tool call in an event with `hook_event_name`, `tool_name` and `tool_input`.

    `mcp` says that the tool is an MCP server's, which each agent names in its own way.
    """
    tool = text_of(event.get("tool_name"))
    given = event.get("tool_input")
    arguments: dict[str, object] = given if isinstance(given, dict) else {}
    call = Call(
        agent,
        text_of(event.get("hook_event_name")),
        tool,
        "mcp" if mcp else kind_of(agent, tool),
        session=text_of(event.get("session_id")),
        cwd=text_of(event.get("cwd")),
        use_id=text_of(event.get("tool_use_id")),
    )
    call.arguments = arguments
    if not call.kind:
        call.kind, call.guessed = guess_kind(arguments), True
    if call.kind in ("edit", "shell") and arguments.get("command") in _VERBS:
        # Editors whose `command` is a verb of their own: view, create, str_replace, insert.
        call.kind = "read" if arguments["command"] == "view" else "edit"
    if call.kind == "typing":
        call.kind, call.command = "shell", typed(arguments)
    elif call.kind == "shell":
        call.command = command_in(arguments)
        # A patch may also be typed as a command, which the agent takes for its own tool.
        if _PATCH in call.command:
            call.edits = patch_edits(patch_of(arguments, given))
    elif call.kind == "edit":
        patch = patch_of(arguments, given)
        call.edits = patch_edits(patch) if patch else read_edits(arguments)
    return call


def typed(arguments: dict[str, object]) -> str:
    """Return what would be typed into a shell that runs: the text without the names of keys."""
    text = next((text_of(arguments.get(name)) for name in ("chars", "input", "text") if arguments.get(name)), "")
    for key in ("{enter}", "{Enter}", "{ENTER}"):
        text = text.replace(key, "\n")
    return text


def patch_of(arguments: dict[str, object], given: object) -> str:
    """Return the patch in an edit tool's arguments, wherever it stands; nothing where there is none."""
    places = (given, *(arguments.get(name) for name in ("command", "input", "patch")))
    for value in places:
        text = value[-1] if isinstance(value, list) and value else value
        if isinstance(text, str) and _PATCH in text:
            return text[text.index(_PATCH) :]
    return ""


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
    if arguments.get("command") in ("delete", "rename"):
        return [Edit(path, content="")]
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
