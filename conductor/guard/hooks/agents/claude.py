"""Claude Code's hooks: `.claude/settings.json`, `ask` understood, `onFailure: block` since 2.1.295."""

from __future__ import annotations

from conductor.guard.agent_tools import MATCHER
from conductor.guard.call import Answer, Call
from conductor.guard.hooks.agents import entry
from conductor.guard.hooks.agents.protocol import deny, quote, read_call

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "claude"
TITLE = "Claude Code"
SETTINGS = ".claude/settings.json"
USER_SETTINGS = ".claude/settings.json"
ASKS = True
BEFORE = "PreToolUse"
SHELL_TOOL = "Bash"
# It reads a project's settings from the folder it starts in, and from no other.
LOADED = f'grep -qs conductor/bin/guard "$0/{SETTINGS}"'
START = '"$CLAUDE_PROJECT_DIR"'
BYPASSES = (
    "a session started in a folder below the project has no project hooks: conductor hooks install --user",
    "disableAllHooks, --safe-mode and --bare skip every hook",
    "a session started before the hooks were installed does not have them: restart it",
)


def read(event: dict[str, object]) -> Call:
    """Return the call in the event; a failed call has an event of its own."""
    call = read_call(NAME, event, mcp=str(event.get("tool_name")).startswith("mcp__"))
    call.ok = not call.event.endswith("Failure")
    return call


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
    """Return what is merged into the project's settings, by event."""
    return _entries(lambda ends: entry.here(NAME, START, ends))


def user_entries() -> dict[str, list[dict[str, object]]]:
    """Return what is merged into the user's own settings, by event."""
    return _entries(lambda ends: entry.of_user(NAME, START, ends, LOADED))


def _entries(command: Callable[[int], str]) -> dict[str, list[dict[str, object]]]:
    def group(matcher: str | None, timeout_s: int, ends: int = entry.PASS, **extra: object) -> list[dict[str, object]]:
        hook: dict[str, object] = {"type": "command", "command": command(ends), "timeout": timeout_s, **extra}
        return [{**({"matcher": matcher} if matcher is not None else {}), "hooks": [hook]}]

    return {
        "PreToolUse": group(MATCHER, 20, entry.REFUSE, onFailure="block"),
        "PostToolUse": group(MATCHER, 20),
        "PostToolUseFailure": group(MATCHER, 20),
        "SessionStart": group(None, 30),
        "Stop": group(None, 30),
        "PreCompact": group(None, 30),
    }
