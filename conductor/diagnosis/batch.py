"""Many logs at once: one JSON object a line in, one a line out, read by nothing but the line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from conductor.diagnosis.explain import diagnose, quote


def diagnose_lines(lines: Iterable[str]) -> Iterator[str]:
    """Yield one JSON answer for every line that is not blank; a line that cannot be read is answered with `error`."""
    for line in lines:
        if line.strip():
            yield json.dumps(answer(line))


def answer(line: str) -> dict[str, Any]:
    """Return the answer to one line: `{id, cause, confidence, remedy, lines}`; null where there is none."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return _unreadable(None, "the line is not JSON")
    if not isinstance(row, dict):
        return _unreadable(None, "the line is not a JSON object")
    log = row.get("log")
    if not isinstance(log, str):
        return _unreadable(row.get("id"), "the line has no text `log`")
    found = diagnose(log.encode("utf-8", "replace"))
    if found.suspect is None:
        return {**_nothing(row.get("id")), "lines": [quote(one) for one in found.told]}
    return {
        "id": row.get("id"),
        "cause": found.suspect.cause.code,
        "confidence": str(found.confidence),
        "remedy": found.suspect.cause.remedy,
        "lines": [quote(one) for one in found.suspect.lines],
    }


def _nothing(identity: object) -> dict[str, Any]:
    return {"id": identity, "cause": None, "confidence": None, "remedy": None}


def _unreadable(identity: object, why: str) -> dict[str, Any]:
    return {**_nothing(identity), "lines": [], "error": why}
