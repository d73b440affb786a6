"""How coding agents mark the shells they run: where such a variable is set, a person is not the one who types.

Seen in the agents' own environments, but for Amp, Goose, Crush and pi, which their documentation tells. What an editor
also sets in its user's own terminal (`CURSOR_TRACE_ID`) is no mark.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# variable -> the agent (empty: it does not say), and the variable that names its session there.
MARKS: dict[str, tuple[str, str]] = {
    "CLAUDECODE": ("claude", "CLAUDE_CODE_SESSION_ID"),
    "CLAUDE_CODE_ENTRYPOINT": ("claude", "CLAUDE_CODE_SESSION_ID"),
    "CODEX_THREAD_ID": ("codex", "CODEX_THREAD_ID"),
    "CODEX_SANDBOX": ("codex", "CODEX_THREAD_ID"),
    "CODEX_CI": ("codex", "CODEX_THREAD_ID"),
    "GEMINI_CLI": ("gemini", ""),
    "COPILOT_CLI": ("copilot", "COPILOT_AGENT_SESSION_ID"),
    "CURSOR_AGENT": ("cursor", ""),
    "OPENCODE": ("opencode", ""),
    "QWEN_CODE": ("qwen", "QWEN_CODE_SESSION_ID"),
    "GOOSE_TERMINAL": ("goose", ""),
    "CRUSH": ("crush", ""),
    "PI_CODING_AGENT": ("pi", ""),
    "AI_AGENT": ("", ""),
}
# People have variables of these names too; with these values they are an agent's.
VALUED: dict[str, tuple[str, ...]] = {
    "AGENT": ("1", "amp"),
    "CURSOR_EXTENSION_HOST_ROLE": ("agent-exec",),
}


def is_mark(name: str) -> bool:
    """Tell whether a variable of that name can mark what an agent runs."""
    return name in MARKS or name in VALUED


def find_mark(environment: Mapping[str, str]) -> str | None:
    """Return the name of the variable that says an agent runs what has this environment, or None."""
    found = next((name for name in MARKS if environment.get(name)), None)
    return found or next((name for name, values in VALUED.items() if environment.get(name) in values), None)
