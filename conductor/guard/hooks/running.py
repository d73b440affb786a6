"""Whether the agent that runs this process has hooks: its session would have begun the ledger's, and it did not.

An agent that was started in a folder below, without trust in the hooks, or that has no adapter, runs every command
unjudged, and git's hooks are all that is left. It tells nobody: `conductor prime`, the ledger and `conductor hooks
doctor` do.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

from conductor.domain.agents import MARKS, find_mark
from conductor.sessions.ledger import SessionLedger, ToolCall, session_id

UNGUARDED = "unguarded"
# An agent that does not name its session counts as hooked while a session of its kind was seen this long ago.
_RECENT = timedelta(hours=1)


def find_unguarded(ledger: SessionLedger, now: datetime | None = None) -> tuple[str, str] | None:
    """Return the agent and session that run this process without hooks; None for a person, or where hooks ran."""
    if "CONDUCTOR_GUARD_ROOT" in os.environ:  # a hook runs this
        return None
    agent, variable = MARKS.get(find_mark(os.environ) or "", ("", ""))
    if not agent:
        return None
    session = os.environ.get(variable, "") if variable else ""
    if session:
        return None if any(_is_hooked(call) for call in ledger.read(session)) else (agent, session)
    since = ((now or datetime.now(UTC)) - _RECENT).isoformat(timespec="seconds")
    for name in ledger.sessions()[:50]:
        if any(call.agent == agent and call.at >= since and _is_hooked(call) for call in ledger.read(name)):
            return None
    return agent, f"{UNGUARDED}-{agent}"


def note_unguarded(ledger: SessionLedger, now: datetime | None = None) -> str:
    """Write an unhooked session into the ledger, once, and return what to tell it; nothing where hooks ran."""
    found = find_unguarded(ledger, now)
    if found is None:
        return ""
    agent, session = found
    at = (now or datetime.now(UTC)).isoformat(timespec="seconds")
    today = [call for call in ledger.read(session) if call.at[:10] == at[:10]]
    if not today:
        ledger.append(ToolCall(session_id(session), agent, "session", UNGUARDED, False, at))
    last = "nothing judges what you do here" if agent == "gemini" else "only git's own hooks judge what you do here"
    return f"NOT GUARDED: no hook of this {agent} session ever ran, and {last}. Tell your user: conductor hooks doctor"


def unguarded_sessions(ledger: SessionLedger) -> list[ToolCall]:
    """Return the notes of sessions without hooks among the 50 written to last, newest first."""
    notes = [call for name in ledger.sessions()[:50] for call in ledger.read(name) if _is_note(call)]
    return sorted(notes, key=lambda call: call.at, reverse=True)


def _is_note(call: ToolCall) -> bool:
    return call.tool == "session" and call.target == UNGUARDED


def _is_hooked(call: ToolCall) -> bool:
    return not _is_note(call)
