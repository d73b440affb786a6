"""A release's ledger: JSON lines in the git directory that all worktrees share, each on disk before the next action.

A line says what is about to be done (`intent`) or what was seen (`result`). On resume the ledger tells what was tried
and what stood there before; whether it happened is asked of the world.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from conductor.config.places import make_folder
from conductor.domain.release import is_release_id
from conductor.domain.secret import redact
from conductor.errors import RecordSyntaxError, UsageProblem
from conductor.ports.clock import Clock
from conductor.records.files import sync_folder

SCHEMA = 1
Line = dict[str, Any]


def releases_dir(common_dir: Path) -> Path:
    """Return the folder of the ledgers."""
    return common_dir / "conductor" / "releases"


class Ledger:
    """The ledger of one release."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path = path
        self.id = path.stem
        self._clock = clock
        self.lines: list[Line] = read_lines(path) if path.exists() else []

    @classmethod
    def open(cls, common_dir: Path, release: str, clock: Clock) -> Ledger:
        """Return the ledger of a release that was begun here; raises UsageProblem where there is none."""
        path = releases_dir(common_dir) / f"{release}.jsonl"
        if not is_release_id(release) or not path.is_file():
            raise UsageProblem(f"there is no release {release!r} here", hint="conductor release list shows them")
        return cls(path, clock)

    @property
    def logs(self) -> Path:
        """Return the folder of the logs that were kept for this release; it exists where there are any."""
        return self.path.with_suffix("")

    def write(self, event: str, **data: Any) -> Line:
        """Append one line; it is on disk when this returns. Half a line left by a kill is taken away first."""
        line = {"schema": SCHEMA, "seq": len(self.lines) + 1, "at": stamp(self._clock), "event": event, **data}
        text = json.dumps(clean(line), ensure_ascii=False)
        make_folder(self.path.parent)
        with self.path.open("ab+") as file:
            file.seek(0)
            file.truncate(file.read().rfind(b"\n") + 1)
            file.write(text.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        if len(self.lines) == 0:
            sync_folder(self.path.parent)
        self.lines.append(json.loads(text))
        return self.lines[-1]

    def last(self, event: str, **match: Any) -> Line | None:
        """Return the last line of that event whose values are these, or None."""
        for line in reversed(self.lines):
            if line["event"] == event and all(line.get(key) == value for key, value in match.items()):
                return line
        return None

    @property
    def started(self) -> Line:
        """Return the first line: the plan as it was begun."""
        first = self.lines[0] if self.lines else {}
        if first.get("event") != "started":
            raise RecordSyntaxError(
                "the ledger does not begin with a start", hint="start a new release", path=str(self.path)
            )
        return first

    @property
    def ended(self) -> Line | None:
        """Return the line that ended the release, or None while it is open (also after a resume)."""
        for line in reversed(self.lines):
            if line["event"] == "ended":
                return line
            if line["event"] == "resumed":
                return None
        return None


def clean(value: Any) -> Any:
    """Return the value without credentials, wherever they stand in it."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {redact(key) if isinstance(key, str) else key: clean(item) for key, item in value.items()}
    return [clean(item) for item in value] if isinstance(value, (list, tuple)) else value


def read_lines(path: Path) -> list[Line]:
    """Return the whole lines of a ledger; an unfinished last one was never acknowledged and does not count."""
    content = path.read_bytes()
    lines = []
    for number, text in enumerate(content[: content.rfind(b"\n") + 1].splitlines(), start=1):
        try:
            line = json.loads(text)
            version = line["schema"]
            _ = line["event"]
        except (ValueError, KeyError, TypeError):
            raise RecordSyntaxError(
                "this line of a release's ledger can't be read",
                hint="start a new release; move this file away to forget the old one",
                path=str(path),
                line=number,
            ) from None
        if version != SCHEMA:
            raise RecordSyntaxError(
                f"a ledger of schema {version}: this version knows {SCHEMA}",
                hint="install a newer Conductor",
                path=str(path),
            )
        lines.append(line)
    return lines


def list_ledgers(common_dir: Path, clock: Clock) -> list[Ledger]:
    """Return every ledger that has a line, oldest first; the id begins with the time."""
    paths = sorted(path for path in releases_dir(common_dir).glob("r-*.jsonl") if is_release_id(path.stem))
    return [ledger for ledger in (Ledger(path, clock) for path in paths) if ledger.lines]


def stamp(clock: Clock) -> str:
    """Return the present instant as evidence writes it: ISO 8601, UTC, seconds."""
    return clock.now().isoformat(timespec="seconds").replace("+00:00", "Z")
