"""Codex CLI's hooks: `.codex/hooks.json`; an answer of `ask` counts as a failed hook and the command runs."""

from __future__ import annotations

from conductor.guard.agents.claude import context, refuse_stop
from conductor.guard.agents.protocol import deny, read_call
from conductor.guard.call import Answer, Call

__all__ = ["answer", "context", "entries", "read", "refuse_stop"]

NAME = "codex"
TITLE = "Codex CLI"
SETTINGS = ".codex/hooks.json"
ASKS = False
BEFORE = "PreToolUse"
# The hash of this text is what the user trusted in /hooks: it must never change.
COMMAND = "sh -c 'exec \"$(git rev-parse --show-toplevel)/.conductor/bin/guard\" codex'"
BYPASSES = (
    "a new or changed hook runs only after the user trusted it in /hooks",
    "Code Mode's exec and some patch tools fire no PreToolUse event",
    "a hook that times out or crashes lets the command run",
)


def read(event: dict[str, object]) -> Call:
    """Return the call in the event."""
    return read_call(NAME, event, ("Bash", "shell", "local_shell", "exec_command"), "mcp__")


def answer(verdict: str, reason: str) -> Answer:
    """Return the answer to PreToolUse; a bare allow is nothing at all."""
    return deny(reason) if verdict in ("block", "ask") else Answer()


def entries() -> dict[str, list[dict[str, object]]]:
    """Return what is merged into the settings, by event."""

    def group(matcher: str | None, timeout_s: int) -> list[dict[str, object]]:
        hook: dict[str, object] = {"type": "command", "command": COMMAND, "timeout": timeout_s}
        return [{**({"matcher": matcher} if matcher is not None else {}), "hooks": [hook]}]

    return {
        "PreToolUse": group("Bash|apply_patch|Edit|Write|mcp__.*", 20),
        "PostToolUse": group(".*", 20),
        "SessionStart": group(None, 30),
        "Stop": group(None, 30),
    }
