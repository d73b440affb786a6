"""Claude Code's hooks: `.claude/settings.json`, `ask` understood, `onFailure: block` since 2.1.295."""

from __future__ import annotations

from conductor.guard.agents.protocol import deny, quote, read_call
from conductor.guard.call import Answer, Call

NAME = "claude"
TITLE = "Claude Code"
SETTINGS = ".claude/settings.json"
ASKS = True
BEFORE = "PreToolUse"
COMMAND = '"$CLAUDE_PROJECT_DIR"/.conductor/bin/guard claude'
BYPASSES = (
    "an untrusted workspace, disableAllHooks, --safe-mode and --bare skip every hook",
    "a session started before the hooks were installed does not have them: restart it",
    "versions before 2.1.295 ignore onFailure and run the command when a hook times out or can't start",
)


def read(event: dict[str, object]) -> Call:
    """Return the call in the event."""
    return read_call(NAME, event, ("Bash", "PowerShell"), "mcp__")


def answer(verdict: str, reason: str) -> Answer:
    """Return the answer to PreToolUse."""
    if verdict == "block":
        return deny(reason)
    if verdict == "ask":
        return Answer(
            '{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"ask",'
            f'"permissionDecisionReason":{quote(reason)}}}}}\n'
        )
    return Answer(f'{{"systemMessage":{quote(reason)}}}\n') if reason else Answer()


def context(event: str, text: str) -> Answer:
    """Return the answer that puts text before the model."""
    return Answer(f'{{"hookSpecificOutput":{{"hookEventName":{quote(event)},"additionalContext":{quote(text)}}}}}\n')


def refuse_stop(reason: str) -> Answer:
    """Return the answer that keeps the turn going."""
    return Answer(f'{{"decision":"block","reason":{quote(reason)}}}\n')


def entries() -> dict[str, list[dict[str, object]]]:
    """Return what is merged into the settings, by event."""

    def group(matcher: str | None, timeout_s: int, **extra: object) -> list[dict[str, object]]:
        hook: dict[str, object] = {"type": "command", "command": COMMAND, "timeout": timeout_s, **extra}
        return [{**({"matcher": matcher} if matcher is not None else {}), "hooks": [hook]}]

    return {
        "PreToolUse": group("Bash|PowerShell|Edit|Write|MultiEdit|NotebookEdit|mcp__.*", 20, onFailure="block"),
        "PostToolUse": group("*", 20),
        "PostToolUseFailure": group("*", 20),
        "SessionStart": group(None, 30),
        "Stop": group(None, 30),
        "PreCompact": group(None, 30),
    }
