"""D1: what runs in production got there through Conductor, so that there is proof of what it is."""

from __future__ import annotations

from conductor.domain.rule import BY_ID
from conductor.rules.answer import Answer, RuleMeta
from conductor.rules.context import Decision, RuleContext
from conductor.rules.example import Story
from conductor.rules.recorded import from_decisions

META = RuleMeta(
    BY_ID["D1"],
    "Deploy through Conductor",
    "Deployments went through conductor release.",
    "guard decisions",
    example="runpodctl update pod",
)
EXAMPLE = Story(
    "The agent changed the endpoint by itself.",
    decisions=(Decision("release_bypass", "block", "runpodctl update pod", "2026-01-05T10:02:00Z", ran=True),),
)


def report(context: RuleContext) -> Answer:
    """Answer from the guard's log."""
    return from_decisions(context, META.rule.name, "the guard saw no deployment around Conductor")
