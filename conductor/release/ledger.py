"""A release's ledger: JSON lines in the git directory that all worktrees share, each on disk before the next action.

A line says what is about to be done (`intent`) or what was seen (`result`). On resume the ledger tells what was tried
and what stood there before; whether it happened is asked of the world. So a ledger that was damaged stops nothing: what
can be read of it counts, and the rest is asked as well.
"""

from __future__ import annotations

import json
import os
from itertools import pairwise
from pathlib import Path
from typing import Any

from conductor.config.places import make_folder, refused
from conductor.domain.release import ReleaseOutcome, is_release_id
from conductor.domain.secret import redact
from conductor.errors import RecordSyntaxError, UsageProblem
from conductor.ports.clock import Clock
from conductor.records.files import sync_folder
from conductor.release.reserve import Reserve

SCHEMA = 1
NEWER = "a ledger of schema"
Line = dict[str, Any]
# Why a release ended that a person cancelled: nothing is added to it.
WITHDRAWN = "WITHDRAWN"
_FINAL = frozenset({ReleaseOutcome.VERIFIED, ReleaseOutcome.ROLLED_BACK, ReleaseOutcome.SUPERSEDED})


def releases_dir(common_dir: Path) -> Path:
    """Return the folder of the ledgers."""
    return common_dir / "conductor" / "releases"


class Ledger:
    """The ledger of one release.

    `damage` says what of the file can't be read, empty where all of it can. Once `closing`, a line that can't be
    written any more is kept in memory: a release says how it ended on a full disk, too.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path = path
        self.id = path.stem
        self.closing = False
        self._clock = clock
        self._reserve = Reserve(path.with_suffix(".reserve"))
        self.lines, self.damage = read_lines(path)

    @classmethod
    def open(cls, common_dir: Path, release: str, clock: Clock) -> Ledger:
        """Return the ledger of a release that was begun here; raises UsageProblem where there is none.

        Raises RecordSyntaxError for one that a newer Conductor wrote.
        """
        path = releases_dir(common_dir) / f"{release}.jsonl"
        if not is_release_id(release) or not os.path.lexists(path):
            raise UsageProblem(f"there is no release {release!r} here", hint="conductor release list shows them")
        found = cls(path, clock)
        if found.damage.startswith(NEWER):
            raise RecordSyntaxError(found.damage, hint="install a newer Conductor", path=str(path))
        return found

    @property
    def logs(self) -> Path:
        """Return the folder of the logs that were kept for this release; it exists where there are any."""
        return self.path.with_suffix("")

    def write(self, event: str, **data: Any) -> Line:
        """Append one line; it is on disk when this returns. Half a line left by a kill is taken away first.

        Where the disk is full, the room that was kept for the last lines is used. Raises UsageProblem where that is
        gone as well, or the file can't be written for another reason.
        """
        line = {"schema": SCHEMA, "seq": len(self.lines) + 1, "at": stamp(self._clock), "event": event, **data}
        text = json.dumps(clean(line), ensure_ascii=False)
        try:
            self._append_somehow(text.encode("utf-8", "backslashreplace"))
        except OSError as error:
            if not self.closing:
                raise refused(error, self.path) from error
        self.lines.append(json.loads(text))
        if event == "ended":
            self._reserve.free()
        elif event in {"started", "resumed"}:
            self._reserve.take()
        return self.lines[-1]

    def _append_somehow(self, text: bytes) -> None:
        try:
            self._append(text)
        except OSError:
            if not self._reserve.free():
                raise
            self._append(text)

    def _append(self, text: bytes) -> None:
        make_folder(self.path.parent)
        is_new = not self.path.exists()
        # Without a buffer: what did not fit must not be tried again when the file is closed.
        with self.path.open("ab+", buffering=0) as file:
            file.seek(0)
            whole = file.readall().rfind(b"\n") + 1
            file.truncate(whole)
            rest = text + b"\n"
            try:
                while rest:
                    rest = rest[file.write(rest) :]
                os.fsync(file.fileno())
            except OSError:
                # Half a line must not stand before the next one that does fit.
                file.truncate(whole)
                raise
        if is_new:
            sync_folder(self.path.parent)

    def set_aside(self) -> None:
        """Move away what stands in the ledger's place and is no file; nothing of it is lost."""
        if os.path.lexists(self.path) and not self.path.is_file():
            number = 1
            while os.path.lexists(aside := self.path.with_name(f"{self.id}.aside-{number}")):
                number += 1
            self.path.rename(aside)

    def last(self, event: str, **match: Any) -> Line | None:
        """Return the last line of that event whose values are these, or None."""
        for line in reversed(self.lines):
            if line["event"] == event and all(line.get(key) == value for key, value in match.items()):
                return line
        return None

    @property
    def started(self) -> Line | None:
        """Return the line with the plan as it was begun; None where it can't be read any more."""
        line = self.last("started")
        return line if line is not None and line.keys() >= _STARTED else None

    @property
    def ended(self) -> Line | None:
        """Return the line that ended the release, or None while it is open (also after a resume)."""
        for line in reversed(self.lines):
            if line["event"] == "ended" and _is_outcome(line.get("outcome")):
                return line
            if line["event"] == "resumed":
                return None
        return None

    @property
    def is_final(self) -> bool:
        """Tell whether it has come to an end that nothing can be added to."""
        ended = self.ended
        if ended is None:
            return False
        if ended["outcome"] == ReleaseOutcome.ROLLBACK_FAILED:
            return not ended.get("open", True)
        return ended["outcome"] in _FINAL or ended.get("cause") == WITHDRAWN


_STARTED = frozenset({"revision", "branch", "context", "targets", "task"})


def _is_outcome(value: Any) -> bool:
    return value in {str(outcome) for outcome in ReleaseOutcome}


def clean(value: Any) -> Any:
    """Return the value without credentials, wherever they stand in it."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {redact(key) if isinstance(key, str) else key: clean(item) for key, item in value.items()}
    return [clean(item) for item in value] if isinstance(value, (list, tuple)) else value


def read_lines(path: Path) -> tuple[list[Line], str]:
    """Return the lines of a ledger that can be read, and what can't be, in words.

    An unfinished last line was never acknowledged: it does not count and is no damage.
    """
    if not path.is_file():
        return [], "what stands there is no file" if os.path.lexists(path) else ""
    try:
        content = path.read_bytes()
    except OSError as error:
        return [], refused(error, path).message
    return _judge([_read_line(text) for text in content[: content.rfind(b"\n") + 1].split(b"\n")[:-1]], content)


def _judge(read: list[Line | None], content: bytes) -> tuple[list[Line], str]:
    lines = [line for line in read if line is not None]
    newer = next((line["schema"] for line in lines if line["schema"] > SCHEMA), None)
    if newer is not None:
        return [], f"{NEWER} {newer}: this version knows {SCHEMA}"
    wrong = [number for number, line in enumerate(read, start=1) if line is None]
    if wrong:
        which = ", ".join(map(str, wrong[:5])) + ("…" if len(wrong) > 5 else "")
        return lines, f"{'line' if len(wrong) == 1 else 'lines'} {which} can't be read"
    if lines and (lines[0]["event"] != "started" or any(_skips(*pair) for pair in pairwise(lines))):
        return lines, "lines are missing"
    return lines, "" if content else "the file is empty"


def _read_line(text: bytes) -> Line | None:
    try:
        line = json.loads(text)
        if type(line["schema"]) is int and isinstance(line["event"], str):
            return dict(line)
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    return None


def _skips(before: Line, after: Line) -> bool:
    first, second = before.get("seq"), after.get("seq")
    return isinstance(first, int) and isinstance(second, int) and second > first + 1


def list_ledgers(common_dir: Path, clock: Clock) -> list[Ledger]:
    """Return every ledger, damaged ones too, oldest first; the id begins with the time."""
    folder = releases_dir(common_dir)
    paths = sorted(path for path in folder.glob("r-*.jsonl") if is_release_id(path.stem)) if folder.is_dir() else []
    return [ledger for ledger in (Ledger(path, clock) for path in paths) if ledger.lines or ledger.damage]


def stamp(clock: Clock) -> str:
    """Return the present instant as evidence writes it: ISO 8601, UTC, seconds."""
    return clock.now().isoformat(timespec="seconds").replace("+00:00", "Z")
