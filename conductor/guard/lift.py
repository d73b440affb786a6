"""Grants against rulings: which of the user's grants let this call through, and what an agent's dialog asks about.

Loaded only where somebody has granted something here, or an agent asks its user about a commit or a push.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from conductor.domain.grant import Grant, Use
from conductor.errors import ConductorError
from conductor.guard.call import Call
from conductor.guard.decide import ASKED_MARK, Outcome
from conductor.guard.log import SHOWN, clean, decision_id
from conductor.rules.judge.call import Ruling
from conductor.sessions.acts import COMMIT_PUSH, Wish
from conductor.sessions.grants import GrantStore
from conductor.sessions.traces import Traces


def lift_by_grants(call: Call, policy: dict[str, Any], outcome: Outcome, stopping: list[Ruling]) -> Outcome:
    """Return allow where grants cover every ruling that stops the call, each used for its act; else the outcome."""
    traces = Traces(Path(str(policy["common_dir"])))
    settled = _store(policy).settle(_wishes(call, stopping, traces), _now(), traces)
    return Outcome("allow") if settled else outcome


def note_asked(call: Call, policy: dict[str, Any], stopping: list[Ruling]) -> None:
    """Note which commits and pushes an agent's dialog asks about: git's hook inside the call may count on a yes.

    A call that is refused has no hook, and one that is asked about beside others waits until they are answered.
    """
    traces = Traces(Path(str(policy["common_dir"])))
    wishes = [wish for wish in _wishes(call, stopping, traces) if wish.rule == COMMIT_PUSH]
    if not wishes:
        return
    why = f"answered in {call.agent}'s permission dialog"
    # Where the state folder can't be written, git's hook will want a grant that somebody gives by hand.
    with suppress(OSError, ConductorError):
        _store(policy).ask(wishes, why=why, command=clean(call.command, SHOWN), now=_now())
        (Path(str(policy["root"])) / ASKED_MARK).touch()


def withdraw_asked(call: Call, policy: dict[str, Any]) -> None:
    """Take back what the session had asked about before: it goes on, so the answer was no, or the call has ended."""
    left = _store(policy).withdraw_asked(call.session, but=decision_id(call), now=_now())
    if not left:
        (Path(str(policy["root"])) / ASKED_MARK).unlink(missing_ok=True)


def finish_call(call: Call, common_dir: Path, grants: Path) -> list[Grant]:
    """Note that a tool call has run: what it was asked about was allowed, and what came of it is over."""
    if not grants.exists():
        return []
    from conductor.guard.git_hooks import MARK

    try:
        sees = MARK.encode() in (common_dir / "hooks/pre-push").read_bytes()
    except OSError:
        sees = False
    traces = Traces(common_dir)
    return GrantStore.at(grants).finish(decision_id(call), _now(), traces, ended_well=call.ok, git_sees_pushes=sees)


def _wishes(call: Call, stopping: list[Ruling], traces: Traces) -> list[Wish]:
    """Return one wish for each thing that stops the call; two commits of one command are one act of the command."""
    needed = dict.fromkeys((ruling.rule, ruling.action) for ruling in stopping)
    use = Use("", decision_id(call), call.session, traces.positions(), pushes=traces.count_pushes())
    return [Wish(rule, (action or None,), replace(use, action=action), call.command or None) for rule, action in needed]


def _store(policy: dict[str, Any]) -> GrantStore:
    return GrantStore.at(Path(str(policy["grants"])))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
