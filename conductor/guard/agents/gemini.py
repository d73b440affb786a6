"""Gemini CLI's hooks: `.gemini/settings.json`, times in milliseconds, no `ask`."""

from __future__ import annotations

from conductor.guard.agents.claude import context
from conductor.guard.agents.protocol import deny, quote, read_call
from conductor.guard.call import Answer, Call

__all__ = ["answer", "context", "entries", "read", "refuse_stop"]

NAME = "gemini"
TITLE = "Gemini CLI"
SETTINGS = ".gemini/settings.json"
ASKS = False
BEFORE = "BeforeTool"
COMMAND = "sh -c 'exec \"$(git rev-parse --show-toplevel)/.conductor/bin/guard\" gemini'"
BYPASSES = ("a hook that times out or exits with another code than 2 is a warning, and the command runs",)


def read(event: dict[str, object]) -> Call:
    """Return the call in the event; MCP tools are named `mcp_<server>_<tool>`."""
    return read_call(NAME, event, ("run_shell_command",), "mcp_")


def answer(verdict: str, reason: str) -> Answer:
    """Return the answer to BeforeTool."""
    if verdict in ("block", "ask"):
        return deny(reason)
    return Answer(f'{{"systemMessage":{quote(reason)}}}\n') if reason else Answer()


def refuse_stop(reason: str) -> Answer:
    """Return the answer to AfterAgent that makes the reason the next prompt."""
    return Answer(f'{{"decision":"deny","reason":{quote(reason)}}}\n')


def entries() -> dict[str, list[dict[str, object]]]:
    """Return what is merged into the settings, by event."""

    def group(matcher: str | None, timeout_ms: int) -> list[dict[str, object]]:
        hook: dict[str, object] = {
            "type": "command",
            "name": "conductor",
            "command": COMMAND,
            "timeout": timeout_ms,
        }
        return [{**({"matcher": matcher} if matcher is not None else {}), "hooks": [hook]}]

    return {
        "BeforeTool": group("run_shell_command|write_file|replace|mcp_.*", 20_000),
        "AfterTool": group(".*", 20_000),
        "SessionStart": group(None, 30_000),
        "AfterAgent": group(None, 30_000),
        "PreCompress": group(None, 30_000),
    }
