"""Cursor's hooks: `.cursor/hooks.json`; `ask` is ignored in its Auto-review mode, so it is never used."""

from __future__ import annotations

from conductor.guard.call import Answer, Call, text_of
from conductor.guard.hooks.agents import entry
from conductor.guard.hooks.agents.protocol import deny, quote, read_call

NAME = "cursor"
TITLE = "Cursor"
SETTINGS = ".cursor/hooks.json"
ASKS = False
BEFORE = "preToolUse"
SHELL_TOOL = "Shell"
START = '"$PWD"'
BYPASSES = (
    "versions that do not know failClosed run the command when the hook can't be started at all",
    "context given at the start of a session is not always shown to the model",
)


def read(event: dict[str, object]) -> Call:
    """Return the call in the event; shell and MCP calls have events of their own."""
    name = text_of(event.get("hook_event_name"))
    roots = event.get("workspace_roots")
    root = text_of(roots[0]) if isinstance(roots, list) and roots else ""
    session = text_of(event.get("conversation_id")) or text_of(event.get("session_id"))
    common = {**event, "session_id": session, "cwd": text_of(event.get("cwd")) or root}
    if name in ("beforeShellExecution", "afterShellExecution"):
        common |= {"tool_name": "Shell", "tool_input": {"command": event.get("command")}}
    elif name in ("beforeMCPExecution", "afterMCPExecution"):
        arguments = event.get("tool_input")
        if isinstance(arguments, str):
            from conductor.guard.hooks.agents.copilot import parse_arguments

            arguments = parse_arguments(arguments)
        common |= {"tool_name": "mcp__" + text_of(event.get("tool_name")), "tool_input": arguments}
    tool = text_of(common.get("tool_name"))
    call = read_call(NAME, common, mcp=tool.startswith(("mcp", "MCP:")))
    call.tool = tool.replace("MCP:", "mcp__", 1)
    if call.kind in ("shell", "mcp"):
        call.use_id = ""  # only one of the two events that judge it may have one, and both are the same act
    call.ok = False if "Failure" in name else None
    return call


def answer(verdict: str, reason: str) -> Answer:
    """Return the answer to a before-event."""
    if verdict in ("block", "ask"):
        answer, text = deny(reason), quote(reason)
        answer.stdout = f'{{"permission":"deny","user_message":{text},"agent_message":{text}}}\n'
        return answer
    return Answer("{}\n", stderr=f"{reason}\n" if reason else "")


def context(event: str, text: str) -> Answer:
    """Return the answer that puts text before the model."""
    del event  # the others name it in their answer
    return Answer(f'{{"additional_context":{quote(text)}}}\n')


def refuse_stop(reason: str) -> Answer:
    """Return the answer that sends the reason as a follow-up."""
    return Answer(f'{{"followup_message":{quote(reason)}}}\n')


def entries() -> dict[str, list[dict[str, object]]]:
    """Return what is merged into the hooks file, by event; a call that has an event of its own is judged by both."""
    before: list[dict[str, object]] = [{"command": entry.upwards(NAME, START, entry.REFUSE), "failClosed": True}]
    after: list[dict[str, object]] = [{"command": entry.upwards(NAME, START, entry.PASS)}]
    return {
        "beforeShellExecution": before,
        "beforeMCPExecution": before,
        "preToolUse": before,
        "afterShellExecution": after,
        "afterMCPExecution": after,
        "postToolUse": after,
        "sessionStart": after,
        "stop": after,
    }
