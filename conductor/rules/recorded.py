"""What the ledger and the guard's log say, as the rules ask for it. `None` always means: nothing was recorded."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatch
from typing import TYPE_CHECKING

from conductor.rules.answer import Answer, Status
from conductor.rules.context import Decision, RuleContext

if TYPE_CHECKING:
    from conductor.sessions.ledger import ToolCall

NO_LEDGER = Answer(Status.NOT_OBSERVED, ("no tool-call ledger for this session: conductor hooks install",))
# Editing tools as the agents call them; what the project prefers is configured in tools.edit.
_EDITORS = ("Edit", "Write", "MultiEdit", "NotebookEdit", "apply_patch", "write_file", "replace", "str_replace*")


def calls_of(context: RuleContext) -> tuple[ToolCall, ...] | None:
    """Return the session's tool calls, or None where no ledger recorded any."""
    if context.session is None or not context.session.calls:
        return None
    return context.session.calls


def matching(calls: Iterable[ToolCall], patterns: Iterable[str]) -> list[ToolCall]:
    """Return the calls whose tool has a name like one of the patterns."""
    wanted = tuple(patterns)
    return [call for call in calls if any(fnmatch(call.tool, pattern) for pattern in wanted)]


def is_edit(call: ToolCall, context: RuleContext) -> bool:
    """Tell whether the call changes a file: by the configured tool or by an agent's own."""
    edits = context.settings.tools.edit
    own = any(fnmatch(call.tool, pattern) for pattern in _EDITORS)
    reads = any(word in call.tool for word in ("read", "list", "find", "get_", "search", "memor", "activate", "check"))
    return own or (any(fnmatch(call.tool, pattern) for pattern in edits) and not reads)


def describe(call: ToolCall) -> str:
    """Return one call as evidence: when, which tool, on what."""
    return f"ledger {call.at}: {call.tool} {call.target}".rstrip()


def unlawful(context: RuleContext, name: str) -> list[Decision] | None:
    """Return what the guard judged against this rule and what ran all the same, or None without a guard's log."""
    if context.session is None or context.session.decisions is None:
        return None
    return [one for one in context.session.decisions if one.rule == name and one.ran and not _granted(context, one)]


def stopped(context: RuleContext, name: str) -> list[Decision]:
    """Return what the guard stopped for this rule."""
    decisions = context.session.decisions if context.session else None
    return [one for one in decisions or () if one.rule == name and not one.ran]


def _granted(context: RuleContext, decision: Decision) -> bool:
    """Tell whether the user allowed it: a question that was asked runs only after their yes."""
    if decision.verdict == "ask":
        return True
    grants = context.session.grants if context.session else ()
    return any(
        grant.rule == decision.rule
        and (
            grant.used_at == decision.at
            or (grant.expires_at is not None and grant.at <= decision.at < grant.expires_at)
        )
        for grant in grants
    )


def from_decisions(context: RuleContext, name: str, kept: str) -> Answer:
    """Return the answer of a rule that only the guard can observe."""
    ran = unlawful(context, name)
    if ran is None:
        return Answer(Status.NOT_OBSERVED, ("no guard log for this session: conductor hooks install",))
    if ran:
        return Answer(Status.VIOLATED, tuple(f"guard log {one.at}: {one.command} ran" for one in ran))
    refused = tuple(f"guard log {one.at}: stopped {one.command}" for one in stopped(context, name))
    allowed = tuple(f"guard log {one.at}: the user allowed {one.command}" for one in _allowed(context, name))
    return Answer(
        Status.KEPT, (kept if not allowed else "nothing ran that the user had not allowed", *allowed, *refused)
    )


def _allowed(context: RuleContext, name: str) -> list[Decision]:
    decisions = context.session.decisions if context.session else None
    return [one for one in decisions or () if one.rule == name and one.ran]
