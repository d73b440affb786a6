"""Copilot CLI's hooks: `.github/hooks/conductor.json`. Event names in Pascal case get the payload the others have."""

from __future__ import annotations

from conductor.guard.agent_tools import kind_of
from conductor.guard.call import Answer, Call, text_of
from conductor.guard.hooks.agents import entry
from conductor.guard.hooks.agents.protocol import deny, quote, read_call

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "copilot"
TITLE = "Copilot CLI"
SETTINGS = ".github/hooks/conductor.json"
USER_SETTINGS = ".copilot/hooks/conductor.json"
ASKS = True
BEFORE = "PreToolUse"
SHELL_TOOL = "bash"
# It loads a project's hooks where the project's own folder is trusted, and the user's own everywhere.
LOADED = (
    'grep -qsF "\\"$d\\"" "$HOME/.copilot/config.json" "$HOME/.copilot/settings.json" && '
    f'grep -qs conductor/bin/guard "$d/{SETTINGS}"'
)
START = '"$PWD"'
BYPASSES = (
    "a project's hooks are left out, unsaid, where its folder is not trusted: conductor hooks install --user",
    "versions before 1.0.70 do not take exit code 2 as a refusal, but refuse when a hook fails (1.0.57)",
)


def read(event: dict[str, object]) -> Call:
    """Return the call in the event, in either of the two forms it comes in."""
    if "toolName" in event:
        name = {"postToolUse": "PostToolUse"}.get(text_of(event.get("hook_event_name")), BEFORE)
        if "toolResult" in event:
            name = "PostToolUse"
        arguments = event.get("toolArgs")
        if isinstance(arguments, str):
            arguments = parse_arguments(arguments)
        event = {**event, "hook_event_name": name, "tool_name": event["toolName"], "tool_input": arguments}
    tool = text_of(event.get("tool_name"))
    # An MCP server's tool is `server-tool`; none of the agent's own has a hyphen.
    call = read_call(NAME, event, mcp=tool.startswith("mcp") or ("-" in tool and not kind_of(NAME, tool)))
    result = event.get("tool_result") or event.get("toolResult")
    call.ok = None if "Failure" not in call.event else False
    if isinstance(result, dict) and call.ok is None:
        call.ok = not _has_failed(result)
    return call


def _has_failed(result: dict[str, object]) -> bool:
    kind = text_of(result.get("result_type")) or text_of(result.get("resultType"))
    said = text_of(result.get("text_result_for_llm")) or text_of(result.get("textResultForLlm"))
    # The last line of a shell's answer: "<shellId: 1 completed with exit code 2>" or "<exited with exit code 2>".
    _, found, code = said.rstrip().rpartition("exit code ")
    return kind not in {"", "success"} or (bool(found) and code.endswith(">") and code not in {"0>", "0 >"})


def parse_arguments(text: str) -> object:
    """Return the JSON in the text, or nothing where it is none."""
    from conductor.guard.lean_json import parse

    try:
        return parse(text)
    except ValueError:
        return None


def answer(verdict: str, reason: str) -> Answer:
    """Return the answer to PreToolUse; the model is told what stands on standard output, never standard error."""
    if verdict == "block":
        said = deny(reason)
        said.stdout = f'{{"permissionDecision":"deny","permissionDecisionReason":{quote(said.stderr.rstrip())}}}\n'
        return said
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
    """Return what stands in the project's hooks file, by event."""
    return _entries(lambda ends: entry.upwards(NAME, START, ends))


def user_entries() -> dict[str, list[dict[str, object]]]:
    """Return what stands in the user's own hooks file, by event."""
    return _entries(lambda ends: entry.of_user(NAME, START, ends, LOADED))


def _entries(command: Callable[[int], str]) -> dict[str, list[dict[str, object]]]:
    def hook(timeout_s: int, ends: int = entry.PASS) -> list[dict[str, object]]:
        return [{"type": "command", "bash": command(ends), "timeoutSec": timeout_s}]

    return {
        "PreToolUse": hook(20, entry.REFUSE),
        "PostToolUse": hook(20),
        "PostToolUseFailure": hook(20),
        "SessionStart": hook(30),
        "Stop": hook(30),
        "PreCompact": hook(30),
    }
