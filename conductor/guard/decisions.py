"""The guard's decision log, read back: what it stopped or asked about, and whether that ran all the same."""

from __future__ import annotations

import json
from pathlib import Path

from conductor.rules.context import Decision

LOG = Path(".conductor/local/guard.jsonl")


def read_decisions(root: Path, session: str = "") -> tuple[Decision, ...] | None:
    """Return the decisions of a session (all without one), oldest first; None where no guard kept a log here.

    A line `{"ran": ID}` says that the command decided under that id ran: the person answered yes.
    """
    texts = []
    for path in (root / f"{LOG}.1", root / LOG):
        try:
            texts.append(path.read_text(encoding="utf-8", errors="replace"))
        except OSError:
            continue
    if not texts:
        return None
    rows, ran = [], set()
    for line in "".join(texts).splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict) and "ran" in row:
            ran.add(row["ran"])
        elif isinstance(row, dict) and {"id", "rule", "verdict", "command", "at", "session"} <= row.keys():
            rows.append(row)
    return tuple(
        Decision(row["rule"], row["verdict"], row["command"], row["at"], row["id"] in ran, row["session"])
        for row in rows
        if row["verdict"] in {"ask", "block"} and (not session or row["session"] == session)
    )


def read_asked(root: Path, identity: str) -> dict[str, str] | None:
    """Return the decision of that id where it was an ask whose command has not run yet, else None."""
    try:
        lines = (root / LOG).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    for line in reversed(lines[-2000:]):
        if identity not in line:
            continue
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if row.get("ran") == identity:
            return None
        if row.get("id") == identity:
            return {name: str(value) for name, value in row.items()} if row.get("verdict") == "ask" else None
    return None
