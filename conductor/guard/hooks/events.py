"""Hook events that judge nothing: session start, a finished tool call, the end of a turn, and compaction."""

from __future__ import annotations

import os
import subprocess
import urllib.parse
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from conductor.domain.text import one_line, strip_controls
from conductor.guard.call import Answer, Call
from conductor.guard.policy import command_line
from conductor.records.files import write_atomically
from conductor.sessions.ledger import SessionLedger, ToolCall, session_id

START = frozenset(("SessionStart", "sessionStart"))
AFTER = frozenset(
    (
        *("PostToolUse", "PostToolUseFailure", "AfterTool", "postToolUse", "postToolUseFailure"),
        *("afterShellExecution", "afterMCPExecution", "afterFileEdit"),
    )
)
STOP = frozenset(("Stop", "AfterAgent", "stop", "agentStop"))
COMPACT = frozenset(("PreCompact", "PreCompress", "preCompact"))
RECORDS = ("TASKS.md", "JOURNAL.md")
TARGET_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Place:
    """The project a hook runs in, from the compiled policy."""

    root: Path
    common_dir: Path
    grants: Path

    @classmethod
    def of(cls, policy: dict[str, Any]) -> Place:
        """Return the place the policy was compiled for."""
        return cls(Path(policy["root"]), Path(policy["common_dir"]), Path(policy["grants"]))


def handle(agent: Any, event: dict[str, Any], call: Call, place: Place) -> Answer:
    """Answer one event; an unknown one is answered with nothing, so that new events never stop an agent."""
    name = call.event
    if name in AFTER:
        record_call(call, event, place)
        return Answer()
    if name in START:
        return start_session(agent, call, place)
    if name in STOP:
        return gate_stop(agent, event, call, place)
    # Gemini announces an automatic compression before every turn, whether it compresses or not.
    if name in COMPACT and not (call.agent == "gemini" and event.get("trigger") != "manual"):
        write_state(call, place)
    return Answer()


def record_call(call: Call, event: dict[str, Any], place: Place) -> None:
    """Append the finished call to the session's ledger."""
    ok = call.ok
    response = event.get("tool_response")
    if isinstance(response, dict) and (
        response.get("is_error") or response.get("error") or response.get("success") is False
    ):
        ok = False
    call.ok = ok
    ledger = SessionLedger(place.common_dir)
    ledger.append(ToolCall(call.session, call.agent, call.tool, describe_target(call, place.root), ok, _now()))
    record_answer(call, place)


def record_answer(call: Call, place: Place) -> None:
    """Record that a call ran which the guard had asked about: the person said yes, and that is a grant for it alone."""
    from conductor.guard.decisions import read_asked
    from conductor.guard.granted import finish_call
    from conductor.guard.log import append_line, decision_id
    from conductor.sessions.grants import GrantStore

    answered = finish_call(call, place.root, place.common_dir, place.grants)
    identity = decision_id(call)
    asked = read_asked(place.root, identity)
    if asked is None:
        return
    append_line(str(place.root), {"ran": identity})
    if asked["rule"] in {"none", "ask", "guard_tamper", *answered}:
        return
    GrantStore.at(place.grants).record_use(
        asked["rule"],
        action=asked["action"] or None,
        why=f"answered in {call.agent}'s permission dialog",
        at=asked["at"],
        used_at=_now(),
        command=asked["command"],
    )


def describe_target(call: Call, root: Path) -> str:
    """Return what the call was about, never its contents: a path, a host, or a command's first words."""
    if call.kind == "shell":
        return " ".join(call.command.split()[:6])[:TARGET_LIMIT]
    if call.edits:
        return ", ".join(_relative(edit.path, root) for edit in call.edits[:5])
    for name in ("file_path", "path", "relative_path", "memory_file_name", "memory_name", "url", "pattern", "query"):
        value = call.arguments.get(name)
        if isinstance(value, str) and value:
            if name == "url":
                return urllib.parse.urlsplit(value).hostname or ""
            return _relative(value, root) if "path" in name else value[:80]
    return ""


def start_session(agent: Any, call: Call, place: Place) -> Answer:
    """Open the session's ledger and put `conductor prime` before the model."""
    ledger = SessionLedger(place.common_dir)
    _run_conductor(place, "session", "start", "--agent", call.agent, "--id", call.session)
    ledger.append(ToolCall(call.session, call.agent, "session", "start", True, _now()))
    _guard_shells()
    text = _run_conductor(place, "prime")
    state = ledger.folder / f"{session_id(call.session)}.state.md"
    if state.is_file():
        text += "\nBefore the last compaction:\n" + state.read_text(encoding="utf-8", errors="replace")
    context: Answer = agent.context(call.event, strip_controls(text)[:9000]) if text else Answer()
    return context


def gate_stop(agent: Any, event: dict[str, Any], call: Call, place: Place) -> Answer:
    """Refuse once to end a turn whose work is in no record; never twice, so that nobody is trapped."""
    if event.get("stop_hook_active") is True or not call.session:
        return Answer()
    ledger = SessionLedger(place.common_dir)
    marker = ledger.folder / f"{session_id(call.session)}.asked"
    missing = find_missing(ledger.read(call.session), place)
    if not missing or marker.exists():
        return Answer()
    marker.touch()
    answer: Answer = agent.refuse_stop(missing)
    return answer


def find_missing(calls: list[ToolCall], place: Place) -> str:
    """Return what the records lack about this session's work, or nothing."""
    changing = [call for call in calls if _changes(call)]
    if not changing or not calls:
        return ""
    started = datetime.fromisoformat(calls[0].at).timestamp()
    if any(_modified_since(place.root / name, started) for name in RECORDS):
        return ""
    touched = sorted({call.target for call in changing if call.target})[:3]
    return (
        f"This session changed {', '.join(touched) or 'files'}, and neither TASKS.md nor JOURNAL.md tells of it. "
        'Write it down: conductor journal add "Title" --what "…" --why "…" (or conductor task note ID "…"). '
        "This is asked once."
    )


def write_state(call: Call, place: Place) -> None:
    """Write down where the current task stands, for the time after compaction."""
    ledger = SessionLedger(place.common_dir)
    files = sorted({row.target for row in ledger.read(call.session) if _changes(row) and row.target})[-20:]
    text = (
        _run_conductor(place, "prime")
        + "\nFiles touched so far: "
        + (one_line(", ".join(files), 1500) or "none")
        + "\n"
    )
    ledger.folder.mkdir(parents=True, exist_ok=True)
    write_atomically(ledger.folder / f"{session_id(call.session)}.state.md", text.encode("utf-8"))


def _changes(call: ToolCall) -> bool:
    from conductor.guard.agent_tools import EDIT_TOOLS

    name = call.tool.rpartition("__")[2]
    editing = ("replace_", "insert_", "create_text_file", "rename_symbol", "delete_lines")
    return call.ok is not False and (call.tool in EDIT_TOOLS or name.startswith(editing))


def _modified_since(path: Path, instant: float) -> bool:
    try:
        return path.stat().st_mtime >= instant
    except OSError:
        return False


def _relative(path: str, root: Path) -> str:
    try:
        return Path(path).relative_to(root).as_posix() if path.startswith("/") else path
    except ValueError:
        return path


def _run_conductor(place: Place, *arguments: str) -> str:
    done = subprocess.run(
        [*command_line(), *arguments], cwd=place.root, capture_output=True, text=True, timeout=20, check=False
    )
    return done.stdout


def _guard_shells() -> None:
    """Give the agent's own shells the second net, where the agent offers a file for that."""
    path = os.environ.get("CLAUDE_ENV_FILE")
    if path:
        from conductor.guard.hooks.install import ENVIRONMENT

        with Path(path).open("a", encoding="utf-8") as file:
            file.writelines(f"export {name}={value}\n" for name, value in ENVIRONMENT.items())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
