"""T1: A machine that others use is not switched off by who works on it.

The example of docs/contributing.md, added to a copy of the project by `tests/scripts/test_contributing.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

from conductor.domain.finding import Finding, Location
from conductor.domain.rule import BY_ID
from conductor.rules.answer import Answer, RuleMeta, Status, from_findings, severity_of
from conductor.rules.context import RuleContext
from conductor.rules.example import Shell
from conductor.rules.recorded import unlawful

META = RuleMeta(
    BY_ID["T1"],
    "Leave this machine on",
    "This machine was not switched off, and no script of the project does it.",
    "guard decisions; the scripts of the tree",
    example="shutdown now",
)
EXAMPLE = Shell("echo 'shutdown now' >> stop.sh\nconductor check rules")


def audit(context: RuleContext) -> Iterator[Finding]:
    """Yield the scripts of the tree that switch the machine off."""
    for path in context.paths():
        text = (context.read(path) or "") if path.endswith(".sh") else ""
        for number, line in enumerate(text.splitlines(), start=1):
            if line.split()[:1] == ["shutdown"]:
                yield Finding(
                    "T1",
                    "this line switches the machine off",
                    "take it out",
                    severity_of(context.rule("toy").level),
                    location=Location(path, number),
                    docs=META.docs,
                )


def report(context: RuleContext) -> Answer:
    """Answer from the guard's log and the tree."""
    if ran := unlawful(context, "toy"):
        return Answer(Status.VIOLATED, tuple(f"guard log {one.at}: {one.command} ran" for one in ran))
    return from_findings(list(audit(context)), "no script of the tree switches the machine off")
