"""Gemini CLI's hooks: `.gemini/settings.json`, times in milliseconds, no `ask`."""

from __future__ import annotations

from conductor.guard.agent_tools import MATCHER
from conductor.guard.call import Answer, Call, text_of
from conductor.guard.hooks.agents import entry
from conductor.guard.hooks.agents.claude import context
from conductor.guard.hooks.agents.protocol import deny, quote, read_call

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["answer", "context", "entries", "read", "refuse_stop", "user_entries"]

NAME = "gemini"
TITLE = "Gemini CLI"
SETTINGS = ".gemini/settings.json"
USER_SETTINGS = ".gemini/settings.json"
ASKS = False
BEFORE = "BeforeTool"
SHELL_TOOL = "run_shell_command"
# It reads a project's settings from the folder it starts in, and from no other.
LOADED = f'grep -qs conductor/bin/guard "$0/{SETTINGS}"'
START = '"$PWD"'
BYPASSES = (
    "a session started in a folder below the project has no project hooks: conductor hooks install --user",
    "a folder that is not trusted has no hooks at all, the user's own neither; --skip-trust does not trust it",
    "its shells empty core.hooksPath, so git's own hooks never run there: the guard is the only layer",
)


def read(event: dict[str, object]) -> Call:
    """Return the call in the event; an MCP tool is named `mcp_<server>_<tool>`, and the event says which it is."""
    server = event.get("mcp_context")
    call = read_call(NAME, event, mcp=bool(server) or str(event.get("tool_name")).startswith("mcp_"))
    if call.kind == "mcp" and isinstance(server, dict) and server.get("tool_name"):
        call.tool = f"mcp__{text_of(server.get('server_name'))}__{text_of(server.get('tool_name'))}"
    response = event.get("tool_response")
    if isinstance(response, dict):
        call.ok = not _has_failed(response)
    return call


def _has_failed(response: dict[str, object]) -> bool:
    if response.get("error"):
        return True
    said = response.get("llmContent")
    if isinstance(said, list):
        said = "\n".join(text_of(part.get("text")) for part in said if isinstance(part, dict))
    # "Exit Code: 2" stands in a line of its own after the output; it is left out for 0, and text may follow it.
    codes = [line[11:].strip() for line in text_of(said).splitlines() if line.startswith("Exit Code: ")]
    return bool(codes) and codes[-1] not in {"0", "(none)"}


def answer(verdict: str, reason: str) -> Answer:
    """Return the answer to BeforeTool."""
    if verdict in ("block", "ask"):
        return deny(reason)
    return Answer(f'{{"systemMessage":{quote(reason)}}}\n') if reason else Answer()


def refuse_stop(reason: str) -> Answer:
    """Return the answer to AfterAgent that makes the reason the next prompt."""
    return Answer(f'{{"decision":"deny","reason":{quote(reason)}}}\n')


def entries() -> dict[str, list[dict[str, object]]]:
    """Return what is merged into the project's settings, by event."""
    return _entries(lambda ends: entry.here(NAME, START, ends))


def user_entries() -> dict[str, list[dict[str, object]]]:
    """Return what is merged into the user's own settings, by event."""
    return _entries(lambda ends: entry.of_user(NAME, START, ends, LOADED))


def _entries(command: Callable[[int], str]) -> dict[str, list[dict[str, object]]]:
    def group(matcher: str | None, timeout_ms: int, ends: int = entry.PASS) -> list[dict[str, object]]:
        hook: dict[str, object] = {
            "type": "command",
            "name": "conductor",
            "command": command(ends),
            "timeout": timeout_ms,
        }
        return [{**({"matcher": matcher} if matcher is not None else {}), "hooks": [hook]}]

    return {
        "BeforeTool": group(MATCHER, 20_000, entry.REFUSE),
        "AfterTool": group(MATCHER, 20_000),
        "SessionStart": group(None, 30_000),
        "AfterAgent": group(None, 30_000),
        # An automatic compression is announced before every turn, whether it compresses or not.
        "PreCompress": group("manual", 30_000),
    }
