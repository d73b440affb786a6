"""Show what a command would run, where each part comes from, and what the rules say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conductor.domain.secret import redact
from conductor.domain.text import one_line

if TYPE_CHECKING:
    from conductor.guard.judge.command import Verdict
    from conductor.rules.judge.call import Facts


def explain_row(command: str, verdict: Verdict) -> dict[str, Any]:
    """Return the explanation as JSON values."""
    steps = [
        {
            "runs": one_line(redact(step.text)),
            "from": [one_line(redact(source)) for source in step.trail],
            "verdict": step.ruling.verdict if step.ruling else "allow",
            "rule": step.ruling.rule if step.ruling else "none",
            "reason": one_line(redact(step.ruling.reason)) if step.ruling else "",
        }
        for step in verdict.steps
    ]
    return {
        "text": one_line(redact(command)),
        "verdict": verdict.verdict,
        "rule": verdict.rule,
        "reason": one_line(redact(verdict.reason)),
        "steps": steps,
    }


def explain_lines(command: str, verdict: Verdict, facts: Facts) -> list[str]:
    """Return the explanation as lines for a person."""
    row = explain_row(command, verdict)
    where = "in a container" if facts.in_container else "on this host"
    lines = [row["text"], f"  judged {where}, virtual environment {facts.venv}, origin over {facts.origin}", ""]
    for number, step in enumerate(row["steps"], start=1):
        origin = f"    from {' > '.join(step['from'])}" if step["from"] else ""
        mark = "" if step["verdict"] == "allow" else f"    {step['verdict']}: {step['rule']}"
        lines.append(f"  {number}. {step['runs'] or '(not known)'}{origin}{mark}")
    if not row["steps"]:
        lines.append("  Nothing would run.")
    lines += ["", f"{row['verdict']}: {row['rule']}", f"  {row['reason']}"]
    return lines
