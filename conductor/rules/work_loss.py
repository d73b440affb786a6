"""W1: work that git cannot give back belongs to its author: what is not committed, stashes, branches of their own."""

from __future__ import annotations

from conductor.domain.rule import BY_ID
from conductor.rules.answer import Answer, RuleMeta
from conductor.rules.context import Decision, RuleContext
from conductor.rules.example import Story
from conductor.rules.recorded import from_decisions

META = RuleMeta(
    BY_ID["W1"],
    "Destroy no work",
    "Nothing was destroyed that git cannot give back, unless the user said yes.",
    "guard decisions",
    example="git reset --hard",
)
EXAMPLE = Story(
    "The agent threw away what the user had not committed.",
    decisions=(Decision("work_loss", "block", "git reset --hard", "2026-01-05T10:02:00Z", ran=True),),
)


def report(context: RuleContext) -> Answer:
    """Answer from the guard's log: what was lost leaves nothing behind that could be looked at."""
    return from_decisions(context, META.rule.name, "the guard saw nothing destroyed that git cannot give back")
