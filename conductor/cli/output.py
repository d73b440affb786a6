"""How findings, errors and JSON are printed: one renderer for the whole house."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from typing import Any

from conductor.domain.finding import Finding, Severity, sort_findings
from conductor.domain.secret import redact
from conductor.domain.text import one_line, quoted_line, strip_controls
from conductor.errors import ConductorError

_COLOURS = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.ADVICE: "36"}


def colour(text: str, code: str, *, stream: Any = None) -> str:
    """Return the text in that colour where the stream is a terminal and NO_COLOR is not set."""
    stream = stream or sys.stdout
    wanted = stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return f"\x1b[{code}m{text}\x1b[0m" if wanted else text


def render_finding(finding: Finding, *, paint: bool = False) -> str:
    """Return `path:line:col: severity[CODE] message` with its context, remedy and docs lines."""
    where = f"{finding.location}: " if finding.location else ""
    lines = [f"{where}{paint_label(finding, paint=paint)} {one_line(finding.message)}"]
    lines += [f"    {quoted_line(line, 2000)}" for line in finding.context]
    lines.append(f"  remedy: {one_line(finding.remedy)}")
    if finding.docs:
        lines.append(f"  docs: {finding.docs}")
    return "\n".join(lines)


def paint_label(finding: Finding, *, paint: bool) -> str:
    """Return `error[CODE]`, in its colour where wanted."""
    label = f"{finding.severity}[{finding.code}]"
    return colour(label, _COLOURS[finding.severity]) if paint else label


def print_findings(findings: Iterable[Finding]) -> None:
    """Print the findings to standard output in the house's order."""
    for finding in sort_findings(list(findings)):
        print(render_finding(finding, paint=True))


def render_error(error: ConductorError, *, level: str = "error") -> str:
    """Return an error in the shape of a finding; `level` is its first word."""
    where = ":".join(str(part) for part in (error.path, error.line, error.column) if part is not None)
    prefix = f"{where}: " if where else ""
    return f"{prefix}{level}: {redact(strip_controls(error.message))}\n  remedy: {redact(strip_controls(error.hint))}"


def as_json(command: str, exit_code: int, **payload: Any) -> str:
    """Return the JSON every command answers: `schema`, `command`, `exit`, then its own keys."""
    return json.dumps(
        {"schema": 1, "command": command, "exit": int(exit_code), **payload}, ensure_ascii=False, indent=2
    )


def error_as_json(command: str, problems: list[ConductorError], exit_code: int, **more: Any) -> str:
    """Return the JSON form of what ended a command: `error` is the first problem, `errors` every one of them."""
    rows = [
        {
            "message": redact(strip_controls(problem.message)),
            "hint": redact(strip_controls(problem.hint)),
            "path": problem.path,
            "line": problem.line,
            "column": problem.column,
        }
        for problem in problems
    ]
    return as_json(command, exit_code, error=rows[0], errors=rows, **more)
