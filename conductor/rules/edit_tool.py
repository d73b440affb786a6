"""R2: files are edited with the tool the project chose, because it reads less and changes exactly one thing."""

from __future__ import annotations

from conductor.domain.rule import BY_ID
from conductor.rules.answer import Answer, RuleMeta, Status
from conductor.rules.context import RuleContext, changed_paths
from conductor.rules.example import Story
from conductor.rules.recorded import NO_LEDGER, calls_of, describe, is_edit, matching

META = RuleMeta(
    BY_ID["R2"],
    "Edit with the configured tool",
    "Files were edited with the configured editing tool (tools.edit, by default Serena).",
    "the tool-call ledger against the git diff",
)
EXAMPLE = Story(
    "The project asks for Serena (`rules: {edit_tool: warn}`), the agent uses its own tool.",
    (("2026-01-05T09:12:00Z", "Edit", "image/Dockerfile"),),
    files=(("CONDUCTOR.md", "---\nconductor: 1\nrules: {edit_tool: warn}\n---\n"), ("image/Dockerfile", "FROM x\n")),
)


def report(context: RuleContext) -> Answer:
    """Answer from the ledger and the diff: each changed file must have been edited by the configured tool."""
    changed = changed_paths(context)
    calls = calls_of(context)
    if calls is None:
        return NO_LEDGER
    edits = [call for call in calls if is_edit(call, context)]
    if not changed and not edits:
        return Answer(Status.NOT_NEEDED, ("no file was changed",))
    right = matching(edits, context.settings.tools.edit)
    wrong = [call for call in edits if call not in right]
    if wrong:
        return Answer(Status.VIOLATED, tuple(describe(call) for call in wrong[:5]))
    edited = {_relative(call.target, context) for call in right}
    unexplained = [path for path in changed if path not in edited and not path.startswith(".conductor/")]
    if unexplained:
        names = ", ".join(unexplained[:5])
        return Answer(Status.NOT_OBSERVED, (f"changed, and no edit of them is in the ledger: {names}",))
    return Answer(Status.KEPT, tuple(describe(call) for call in right[:5]))


def _relative(target: str, context: RuleContext) -> str:
    return target.removeprefix(f"{context.root}/").removeprefix("./")
