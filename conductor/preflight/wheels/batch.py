"""Many wheels at once: one JSON object a line in, one a line out, judged by nothing but the line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from conductor.preflight.wheels.environment import Environment
from conductor.preflight.wheels.judge import Judgement, judge


def judge_lines(lines: Iterable[str]) -> Iterator[str]:
    """Yield one JSON answer for every line that is not blank; a line that cannot be read is answered with `error`."""
    for line in lines:
        if line.strip():
            yield json.dumps(answer(line))


def answer(line: str) -> dict[str, Any]:
    """Return the answer to one line: `{id, verdict, reason, remedy, url, …}`."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return _unreadable(None, "the line is not JSON")
    if not isinstance(row, dict):
        return _unreadable(None, "the line is not a JSON object")
    wheel, url, environment = row.get("wheel"), row.get("url"), row.get("env")
    url = url if isinstance(url, str) and _is_address(url) else None
    if not isinstance(wheel, str) or not wheel.strip():
        wheel = url
    if wheel is None:
        return _unreadable(row.get("id"), "the line has neither `wheel` nor `url`")
    known = environment if isinstance(environment, Mapping) else {}
    try:
        return {"id": row.get("id"), **as_row(judge(wheel, Environment.from_mapping(known), url))}
    except (ValueError, OverflowError) as error:
        return _unreadable(row.get("id"), f"the line cannot be judged: {error}")


def _is_address(text: str) -> bool:
    try:
        return bool(urlsplit(text).path)
    except ValueError:
        return False


def as_row(judgement: Judgement) -> dict[str, Any]:
    """Return a judgement as JSON."""
    remedy = judgement.remedy
    return {
        "verdict": judgement.verdict,
        "reason": judgement.reason,
        "faults": [{"reason": fault.reason, "message": fault.message} for fault in judgement.faults],
        "remedy": remedy.file if remedy else None,
        "url": remedy.url if remedy else None,
        "size_bytes": remedy.size_bytes if remedy else None,
        "sha256": remedy.sha256 if remedy else None,
    }


def _unreadable(identity: object, why: str) -> dict[str, Any]:
    return {"id": identity, "verdict": "fail", "reason": None, "remedy": None, "error": why}
