"""A cause in one line, as it stands in a task, in the journal and in evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conductor.domain.text import one_line

_MOST_MESSAGE = 300
_MOST_REMEDY = 250


def describe_finding(finding: Mapping[str, Any]) -> str:
    """Return `CODE at PATH:LINE: message; remedy: …` of a finding's JSON form, each part kept short."""
    where = ""
    if finding.get("path"):
        line = f":{finding['line']}" if finding.get("line") else ""
        where = f" at {finding['path']}{line}"
    message = one_line(str(finding["message"]), _MOST_MESSAGE)
    again = (finding.get("data") or {}).get("again")
    told = f"; {one_line(str(again), _MOST_MESSAGE)}" if again else ""
    return f"{finding['code']}{where}: {message}; remedy: {one_line(str(finding['remedy']), _MOST_REMEDY)}{told}"
