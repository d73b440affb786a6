"""Grants against rulings: which of the user's grants let this call through, and using up those that were for once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from conductor.domain.grant import Grant
from conductor.domain.rule import BY_NAME
from conductor.guard.call import Call
from conductor.guard.decide import Outcome, find_rulings, weigh
from conductor.sessions.grants import GrantStore


def lift_by_grants(call: Call, policy: dict[str, Any], outcome: Outcome) -> Outcome:
    """Return allow where active grants cover every ruling, and take them; else the outcome as it was."""
    path = Path(str(policy["grants"]))
    store = GrantStore(path.parent.parent, path.stem)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    active = [grant for grant in store.load() if grant.covers(grant.rule, grant.action, now, call.command or None)]
    names = tuple(name_of(grant) for grant in active)
    if not active or _stopped(call, policy, names):
        return outcome
    for grant in active:
        # A grant that is not needed for this call stays for the one it was given for.
        rest = tuple(name_of(other) for other in active if other is not grant)
        if _stopped(call, policy, rest):
            store.take(grant.rule, grant.action, now, call.command or None)
    return Outcome("allow")


def name_of(grant: Grant) -> str:
    """Return the name by which the policy's facts know a grant: commit, push, or the rule's."""
    return grant.action or grant.rule


def _stopped(call: Call, policy: dict[str, Any], names: tuple[str, ...]) -> bool:
    # No grant lifts a rule that can't be granted: one that says so was not written by Conductor.
    names = tuple(name for name in names if name not in BY_NAME or not BY_NAME[name].fixed)
    rulings = [
        ruling
        for ruling in find_rulings(call, policy, names)
        if ruling.rule not in names and not (ruling.action and ruling.action in names)
    ]
    return weigh(rulings, policy).verdict in {"ask", "block"}
