"""The ledger of tool calls, never of their contents: `<git-common-dir>/conductor/sessions/<session>.jsonl`.

Each line is a `ToolCall` as JSON: `target` is a path, a URL's host or a command's first words; `at` is ISO 8601 in UTC.
A session starts with its first line. Half a line at the end (a process killed while writing) is skipped when reading
and cut off by the next append.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from conductor.config.places import make_folder
from conductor.domain.secret import redact
from conductor.domain.text import one_line

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of a tool by an agent; `ok` is None where the agent does not say how it ended."""

    session: str
    agent: str
    tool: str
    target: str
    ok: bool | None
    at: str


def session_id(given: str) -> str:
    """Return the agent's session id as a file name: letters, digits, '.', '_' and '-', at most 80 characters."""
    return _UNSAFE.sub("-", given).strip(".-")[:80] or "unknown"


class SessionLedger:
    """The sessions of one repository, shared by its worktrees."""

    def __init__(self, common_dir: Path) -> None:
        self.folder = common_dir / "conductor" / "sessions"

    def append(self, call: ToolCall) -> None:
        """Write one call; it is in the file when this returns."""
        clean = ToolCall(
            session_id(call.session),
            one_line(call.agent, 40),
            one_line(call.tool, 200),
            one_line(redact(call.target), 300),
            call.ok,
            call.at,
        )
        make_folder(self.folder)
        with (self.folder / f"{clean.session}.jsonl").open("ab+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            _cut_half_line(file.fileno())
            file.write(json.dumps(asdict(clean), ensure_ascii=False).encode("utf-8") + b"\n")

    def read(self, session: str) -> list[ToolCall]:
        """Return the session's calls in the order they were written; lines that are not calls are skipped."""
        try:
            content = (self.folder / f"{session_id(session)}.jsonl").read_bytes()
        except FileNotFoundError:
            return []
        calls = []
        for line in content[: content.rfind(b"\n") + 1].splitlines():
            try:
                call = ToolCall(**json.loads(line))
                datetime.fromisoformat(call.at)
                calls.append(call)
            except (ValueError, TypeError):
                continue
        return calls

    def sessions(self) -> list[str]:
        """Return the sessions' ids, the one written to last first."""
        files = sorted(self.folder.glob("*.jsonl"), key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)
        return [path.stem for path in files]


def _cut_half_line(handle: int) -> None:
    size = os.fstat(handle).st_size
    if size == 0:
        return
    tail = os.pread(handle, min(size, 4096), max(0, size - 4096))
    if not tail.endswith(b"\n"):
        os.ftruncate(handle, size - len(tail) + tail.rfind(b"\n") + 1)
