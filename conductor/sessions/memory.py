"""Where a session's summary is kept: among the memories, one file a session, replaced when it is computed again."""

from __future__ import annotations

import re
from pathlib import Path

from conductor.errors import UsageProblem
from conductor.records.files import write_atomically
from conductor.records.store import Records
from conductor.sessions.session import Session


def write_summary(records: Records, session: Session, text: str) -> str:
    """Write the summary and return its path, relative to the root."""
    if not records.memories:
        raise UsageProblem("no folder for memories is configured", hint="memories: [.serena/memories] in CONDUCTOR.md")
    day = session.started_at[:10]
    suffix = re.sub(r"[^A-Za-z0-9]", "", session.id)[-6:]
    path = Path(records.memories[0]) / f"session-summary-{day}-{suffix}.md"
    with records.lock():
        (records.root / path).parent.mkdir(parents=True, exist_ok=True)
        write_atomically(records.root / path, text.encode("utf-8"))
    return path.as_posix()
