"""Grants against rulings: which of the user's grants let this call through, and what is over once it has run.

Loaded before a call only where somebody has granted something here.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from conductor.domain.grant import Use
from conductor.guard.asked import read_questions, withdraw, word
from conductor.guard.call import Call, Outcome
from conductor.guard.log import decision_id
from conductor.rules.judge.call import Ruling
from conductor.sessions.acts import COMMIT_PUSH, Wish
from conductor.sessions.grants import GrantStore
from conductor.sessions.traces import Traces


def lift_by_grants(call: Call, policy: dict[str, Any], outcome: Outcome, stopping: list[Ruling]) -> Outcome:
    """Return allow where grants cover every ruling that stops the call, each used for its act; else the outcome."""
    traces = Traces(Path(str(policy["common_dir"])))
    store = GrantStore.at(Path(str(policy["grants"])))
    settled = store.settle(_wishes(call, stopping, traces), _now(), traces)
    return Outcome("allow") if settled else outcome


def finish_call(call: Call, root: Path, common_dir: Path, grants: Path) -> set[str]:
    """Note that a tool call has run: what was asked about in it was answered with yes, and what came of it is over.

    Returns the rules whose question the call's grants answer by now.
    """
    from conductor.guard.policy import GIT_HOOK_MARK

    name, store, now = word(decision_id(call)), GrantStore.at(grants), _now()
    for question in read_questions(str(root)):
        if question.call == name:
            for action in question.actions:
                store.answer(COMMIT_PUSH, action, Use(action, name, call.session, over=True), question, now)
    withdraw(str(root), call=name)
    if not grants.exists():
        return set()
    try:
        sees = GIT_HOOK_MARK.encode() in (common_dir / "hooks/pre-push").read_bytes()
    except OSError:
        sees = False
    used = store.finish(name, now, Traces(common_dir), ended_well=call.ok, git_sees_pushes=sees)
    return {grant.rule for grant in used}


def _wishes(call: Call, stopping: list[Ruling], traces: Traces) -> list[Wish]:
    """Return one wish for each thing that stops the call; two commits of one command are one act of the command."""
    needed = dict.fromkeys((ruling.rule, ruling.action) for ruling in stopping)
    use = Use("", word(decision_id(call)), call.session, traces.positions(), pushes=traces.count_pushes())
    return [Wish(rule, (action or None,), replace(use, action=action), call.command or None) for rule, action in needed]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
