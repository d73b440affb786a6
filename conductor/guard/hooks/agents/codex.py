"""Codex CLI's hooks: `.codex/hooks.json`; an answer of `ask` counts as a failed hook and the command runs."""

from __future__ import annotations

from conductor.guard.agent_tools import MATCHER
from conductor.guard.call import Answer, Call, text_of
from conductor.guard.hooks.agents import entry
from conductor.guard.hooks.agents.claude import context, refuse_stop
from conductor.guard.hooks.agents.protocol import deny, read_call

__all__ = ["answer", "context", "entries", "read", "refuse_stop"]

NAME = "codex"
TITLE = "Codex CLI"
SETTINGS = ".codex/hooks.json"
ASKS = False
BEFORE = "PreToolUse"
SHELL_TOOL = "Bash"
START = '"$PWD"'
BYPASSES = (
    "a new or changed hook does nothing before you trusted it in /hooks; exec --trust trusts the folder, not the hooks",
    "what is typed into a running shell (write_stdin) has no event: the guard refuses to open such shells",
)


def read(event: dict[str, object]) -> Call:
    """Return the call in the event; only a patch says how it ended."""
    call = read_call(NAME, event, mcp=str(event.get("tool_name")).startswith("mcp__"))
    response = event.get("tool_response")
    if isinstance(response, dict):
        call.ok = response.get("isError") is not True
    elif call.kind == "edit" and (said := text_of(response)).startswith("Exit code: "):
        call.ok = said.startswith("Exit code: 0\n")
    return call


def answer(verdict: str, reason: str) -> Answer:
    """Return the answer to PreToolUse; a bare allow is nothing at all."""
    return deny(reason) if verdict in ("block", "ask") else Answer()


def entries() -> dict[str, list[dict[str, object]]]:
    """Return what is merged into the project's hooks, by event."""

    def group(matcher: str | None, timeout_s: int, ends: int = entry.PASS) -> list[dict[str, object]]:
        hook: dict[str, object] = {
            "type": "command",
            "command": entry.upwards(NAME, START, ends),
            "timeout": timeout_s,
        }
        return [{**({"matcher": matcher} if matcher is not None else {}), "hooks": [hook]}]

    return {
        "PreToolUse": group(MATCHER, 20, entry.REFUSE),
        "PostToolUse": group(MATCHER, 20),
        "SessionStart": group(None, 30),
        "Stop": group(None, 30),
    }
