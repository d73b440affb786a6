"""R7: a large task is divided among sub-agents, so that no single context has to hold all of it."""

from __future__ import annotations

from conductor.domain.rule import BY_ID
from conductor.rules.answer import Answer, RuleMeta, Status, count
from conductor.rules.context import RuleContext, changed_paths
from conductor.rules.example import Story
from conductor.rules.recorded import NO_LEDGER, calls_of, describe, matching

META = RuleMeta(
    BY_ID["R7"],
    "Divide large tasks among sub-agents",
    "Sub-agents (tools.agents, by default Claude-Flow) were used where the task is large.",
    "the tool-call ledger; large = more changed files than the rule's threshold (20)",
)
EXAMPLE = Story(
    "The project asks for sub-agents (`rules: {sub_agents: {level: warn, threshold: 3}}`), four files change.",
    (("2026-01-05T10:00:00Z", "Edit", "a.py"),),
    files=(
        ("CONDUCTOR.md", "---\nconductor: 1\nrules: {sub_agents: {level: warn, threshold: 3}}\n---\n"),
        *((f"{name}.py", "x\n") for name in "abc"),
    ),
)
_LARGE_FILES = 20
# What the agents themselves call their own way to delegate.
_OWN = ("Task", "Agent", "spawn_agent")


def report(context: RuleContext) -> Answer:
    """Answer from the diff's size and the ledger."""
    threshold = context.rule(META.rule.name).threshold or _LARGE_FILES
    changed = len(changed_paths(context))
    calls = calls_of(context)
    used = matching(calls or (), (*context.settings.tools.agents, *_OWN))
    if used:
        return Answer(Status.KEPT, tuple(describe(call) for call in used[:3]))
    if changed <= threshold:
        return Answer(Status.NOT_NEEDED, (f"{count(changed, 'file')} changed; large is more than {threshold:g}",))
    if calls is None:
        return NO_LEDGER
    return Answer(
        Status.VIOLATED,
        (f"{count(changed, 'file')} changed, {count(len(calls), 'tool call')}, and none is a sub-agent",),
    )
