"""The decision log: `.conductor/local/guard.jsonl`, what was stopped, asked about or warned of, without secrets."""

from __future__ import annotations

import fcntl
import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from conductor.domain.secret import redact
from conductor.domain.text import one_line

if TYPE_CHECKING:
    from conductor.guard.call import Call
    from conductor.guard.decide import Outcome

LIMIT_BYTES = 2_000_000
SHOWN = 1000


def write_decision(call: Call, policy: dict[str, Any], agent: str, outcome: Outcome) -> None:
    """Append one decision; over the limit the log becomes `guard.jsonl.1` and a new one begins."""
    words = call.command or ", ".join(edit.path for edit in call.edits) or call.tool
    append_line(
        str(policy["root"]),
        {
            "id": decision_id(call),
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "agent": agent,
            "session": call.session,
            "tool": one_line(call.tool, 100),
            "command": redact(one_line(words, SHOWN)),
            "verdict": outcome.verdict,
            "rule": outcome.rule,
            "action": outcome.action,
            "reason": redact(one_line(outcome.reason, 400)),
        },
    )


def decision_id(call: Call) -> str:
    """Return what joins a decision with the call that ran after it: the agent's own id, or session, tool and words."""
    if call.use_id:
        return call.use_id
    import hashlib

    words = f"{call.session}\0{call.tool}\0{call.command}\0{[edit.path for edit in call.edits]}"
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()[:16]


def append_line(root: str, row: dict[str, Any]) -> None:
    """Append a row to the log; a full disk or a read-only folder loses the line, never the decision."""
    path = f"{root}/.conductor/local/guard.jsonl"
    try:
        with open(path, "ab") as file:  # noqa: PTH123
            fcntl.flock(file, fcntl.LOCK_EX)
            if file.tell() > LIMIT_BYTES:
                os.replace(path, f"{path}.1")  # noqa: PTH105
                with open(path, "ab") as fresh:  # noqa: PTH123
                    _write(fresh, row)
                return
            _write(file, row)
    except OSError:
        return


def _write(file: Any, row: dict[str, Any]) -> None:
    file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode("utf-8") + b"\n")
