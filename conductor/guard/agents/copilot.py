"""Copilot CLI's hooks: `.github/hooks/conductor.json`. Event names in Pascal case get the payload the others have."""

from __future__ import annotations

from conductor.guard.agents.protocol import deny, quote, read_call
from conductor.guard.call import Answer, Call

NAME = "copilot"
TITLE = "Copilot CLI"
SETTINGS = ".github/hooks/conductor.json"
ASKS = True
BEFORE = "PreToolUse"
COMMAND = '"$(git rev-parse --show-toplevel)/.conductor/bin/guard" copilot'
BYPASSES = (
    "repository hooks run only in a trusted folder",
    "a hook that times out lets the command run",
    "versions before 1.0.70 do not take exit code 2 as a refusal, but refuse when a hook fails (1.0.57)",
)


def read(event: dict[str, object]) -> Call:
    """Return the call in the event, in either of the two forms it comes in."""
    if "toolName" in event:
        arguments = event.get("toolArgs")
        if isinstance(arguments, str):
            arguments = parse_arguments(arguments)
        event = {**event, "hook_event_name": BEFORE, "tool_name": event["toolName"], "tool_input": arguments}
    return read_call(NAME, event, ("bash", "Bash", "powershell", "shell"), "mcp")


def parse_arguments(text: str) -> object:
    """Return the JSON in the text, or nothing where it is none."""
    from conductor.guard.lean_json import parse

    try:
        return parse(text)
    except ValueError:
        return None


def answer(verdict: str, reason: str) -> Answer:
    """Return the answer to PreToolUse."""
    if verdict == "block":
        return deny(reason)
    if verdict == "ask":
        return Answer(f'{{"permissionDecision":"ask","permissionDecisionReason":{quote(reason)}}}\n')
    return Answer(stderr=f"{reason}\n") if reason else Answer()


def context(event: str, text: str) -> Answer:
    """Return the answer that puts text before the model."""
    del event  # the others name it in their answer
    return Answer(f'{{"additionalContext":{quote(text)}}}\n')


def refuse_stop(reason: str) -> Answer:
    """Return the answer that keeps the turn going."""
    return Answer(f'{{"decision":"block","reason":{quote(reason)}}}\n')


def entries() -> dict[str, list[dict[str, object]]]:
    """Return what stands in the hooks file, by event."""

    def hook(timeout_s: int) -> list[dict[str, object]]:
        return [{"type": "command", "bash": COMMAND, "timeoutSec": timeout_s}]

    return {
        "PreToolUse": hook(20),
        "PostToolUse": hook(20),
        "PostToolUseFailure": hook(20),
        "SessionStart": hook(30),
        "Stop": hook(30),
        "PreCompact": hook(30),
    }
