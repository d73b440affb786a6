"""Judge a command: the most severe verdict over everything it would run, with the rule and the reason."""

from __future__ import annotations

import time

from conductor.guard.judge.judgement import Judgement
from conductor.guard.judge.ledger import Step
from conductor.guard.judge.relevant_names import TRIGGERS
from conductor.guard.judge.state import State
from conductor.rules.judge.call import ALLOW, ASK, BLOCK, SEVERITY, Facts
from conductor.shell import ParserMissing
from conductor.shell.visitor import TooMuchError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

LONGEST_COMMAND = 1 << 16  # bytes
DEADLINE_S = 2.0  # of this process's own work


class Verdict:
    """The answer: verdict (allow, ask, block), rule (`none` where no rule applies), reason, and the steps judged."""

    __slots__ = ("reason", "rule", "steps", "verdict")

    def __init__(self, verdict: str, rule: str, reason: str, steps: tuple[Step, ...] = ()) -> None:
        self.verdict = verdict
        self.rule = rule
        self.reason = reason
        self.steps = steps


def read_facts(row: Mapping[str, Any] | None) -> Facts:
    """Return the facts of a line; what is missing or of another type takes its default."""
    row = row if isinstance(row, dict) else {}

    def texts(name: str) -> list[str]:
        value = row.get(name)
        return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []

    def text(name: str, default: str) -> str:
        value = row.get(name)
        return value if isinstance(value, str) and value else default

    def count(name: str) -> int:
        value = row.get(name)
        return value if isinstance(value, int) and value > 0 else 0

    return Facts(
        venv=text("venv", "none"),
        in_container=row.get("in_container") is True,
        origin=text("origin", "ssh"),
        grant=texts("grant"),
        files=texts("files"),
        project=text("project", "/project"),
        dirty=texts("dirty") if isinstance(row.get("dirty"), list) else None,
        stashes=count("stashes"),
        unmerged=texts("unmerged"),
        contents=_contents(row.get("contents")),
    )


def _contents(value: object) -> dict[str, str]:
    """Return the texts of files that a guard would read, by the files' names below the project."""
    from conductor.guard.texts import LARGEST, text_of

    known = value.items() if isinstance(value, dict) else ()
    pairs = ((name, text) for name, text in known if isinstance(name, str) and isinstance(text, str))
    texts = (
        (name.removeprefix("./"), text_of(text))
        for name, text in pairs
        if len(text.encode("utf-8", "replace")) <= LARGEST
    )
    return {name: text for name, text in texts if text is not None}


def judge(command: str, facts: Facts, *, deadline_s: float = DEADLINE_S) -> Verdict:
    """Return the policy's verdict on a shell command. Never raises for a command's sake.

    A command over 64 KiB is blocked unread. One that nests or takes more than the guard follows is asked about, as is
    one that can't be read and holds a word that could reach a rule.
    """
    if len(command.encode("utf-8", "replace")) > LONGEST_COMMAND:
        return Verdict(
            BLOCK,
            "ask",
            "The command is longer than 64 KiB, which is not read. Put it into a script file and run that.",
        )
    # Processor time: what a busy machine adds by waiting is none of the command's, and must not change its verdict.
    judgement = Judgement(facts, deadline_s=time.process_time() + deadline_s)
    try:
        judgement.run_text(command, State(facts, judgement.walk), "")
        judgement.walk.run_traps()
    except (TooMuchError, RecursionError):
        if any(trigger in command for trigger in TRIGGERS):
            judgement.ask("The command nests or repeats more than the guard follows.")
    except ParserMissing:
        if any(trigger in command for trigger in TRIGGERS):
            from conductor.config.distribution import find_installation

            remedy = find_installation().add_package("shfmt-py")
            return Verdict(ASK, "ask", f"The guard can't read commands because shfmt is missing. Install it: {remedy}")
    return conclude(tuple(judgement.steps))


def conclude(steps: tuple[Step, ...]) -> Verdict:
    """Return the most severe ruling; of equal ones the first."""
    worst = None
    for step in steps:
        if step.ruling is not None and (worst is None or SEVERITY[step.ruling.verdict] > SEVERITY[worst.verdict]):
            worst = step.ruling
    if worst is None:
        return Verdict(ALLOW, "none", "No rule applies.", steps)
    return Verdict(worst.verdict, worst.rule, worst.reason, steps)


__all__ = ["ALLOW", "ASK", "BLOCK", "Verdict", "conclude", "judge", "read_facts"]
