"""R1: memories are read at the start of a session, so that what was learned once is known again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conductor.domain.rule import BY_ID
from conductor.rules.answer import Answer, RuleMeta, Status, count
from conductor.rules.context import RuleContext
from conductor.rules.example import Story
from conductor.rules.recorded import NO_LEDGER, calls_of, describe, is_edit

if TYPE_CHECKING:
    from conductor.sessions.ledger import ToolCall

META = RuleMeta(
    BY_ID["R1"],
    "Read the memories first",
    "Memories were read at the start of the session, before the first edit.",
    "the tool-call ledger and the memory files",
)
EXAMPLE = Story(
    "An agent edits first, and looks at the memories never.",
    (("2026-01-05T09:12:00Z", "Edit", "image/Dockerfile"),),
    files=((".serena/memories/overview.md", "# Overview\n"),),
)


def report(context: RuleContext) -> Answer:
    """Answer from the ledger: was a memory read, or `conductor prime` run, before the first edit?"""
    files = _memory_files(context)
    if not files:
        return Answer(Status.NOT_NEEDED, (f"no memory files in {', '.join(context.settings.memories)}",))
    calls = calls_of(context)
    if calls is None:
        return NO_LEDGER
    # The ledger's order counts, not its clock: a clock can go backwards.
    first_read = next((call for call in calls if _reads_memory(call, context)), None)
    if first_read is None:
        return Answer(
            Status.VIOLATED,
            (f"{count(len(files), 'memory file')}, {count(len(calls), 'tool call')}, and none read one",),
        )
    before = calls[: calls.index(first_read)]
    if first_edit := next((call for call in before if is_edit(call, context)), None):
        return Answer(Status.VIOLATED, (f"{describe(first_edit)} came first", describe(first_read)))
    return Answer(Status.KEPT, (describe(first_read),))


def _memory_files(context: RuleContext) -> list[str]:
    return [
        path.relative_to(context.root).as_posix()
        for folder in context.settings.memories
        for path in sorted((context.root / folder).glob("**/*.md"))
    ]


def _reads_memory(call: ToolCall, context: RuleContext) -> bool:
    by_tool = "memor" in call.tool and any(word in call.tool for word in ("read", "list"))
    by_path = any(f"{folder}/" in call.target for folder in context.settings.memories) and not is_edit(call, context)
    return by_tool or by_path or call.target.startswith("conductor prime")
