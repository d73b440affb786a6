"""What Conductor wrote and acknowledged, kept until a commit holds it: an editor's old buffer can take it away.

One line of JSON for each task, item of a task, entry and error, in git's common directory, appended under the records'
lock after the record itself is on disk. It is a net under the records, so a line that can't be written is no failure.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from conductor.records.files import ERRORS, JOURNAL, TASKS, write_atomically
from conductor.records.grammar import parse_row
from conductor.records.store import Records

_FILE = "conductor/acknowledged.jsonl"
_MOST_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Something that was written: `kind` is task, item, entry or error.

    `key` is an id, or an entry's title; `section` is the heading an item stands under, `text` has LF line ends, `row`
    is a task's row of the chain without its number. `root` is the working tree, `at` the second of the epoch.
    """

    kind: str
    key: str
    text: str
    section: str = ""
    row: str = ""
    root: str = ""
    at: int = 0

    @property
    def path(self) -> str:
        """Return the record file it was written to."""
        return {"entry": JOURNAL, "error": ERRORS}.get(self.kind, TASKS)

    @property
    def first_line(self) -> str:
        """Return the line that tells it from others."""
        return self.text.strip("\n").partition("\n")[0]

    @property
    def title(self) -> str:
        """Return what a person calls it: a task's title, an entry's, or the line."""
        row = parse_row(f"1. {self.row}") if self.row else None
        return row.title if row else self.key if self.kind == "entry" else self.first_line

    @property
    def marks(self) -> tuple[str, ...]:
        """Return the texts of which each shows that a file, or what a commit changed in one, holds it."""
        if self.kind == "task":
            return (f"**Task ID**: {self.key}", f"({self.key})")
        if self.kind == "error":
            return (f"| {self.key} |",)
        title = next((line for line in self.text.split("\n") if line.startswith("### ")), self.first_line)
        return (title if self.kind == "entry" else self.first_line,)


def acknowledge(records: Records, kind: str, key: str, text: str, *, section: str = "", row: str = "") -> None:
    """Keep what was just written. The lock must be held."""
    at = int(records.clock.now().timestamp())
    line = json.dumps(asdict(Acknowledged(kind, key, text, section, row, str(records.root), at)), ensure_ascii=False)
    path = records.repository.common_dir / _FILE
    with contextlib.suppress(OSError):
        with path.open("ab") as file:
            file.write(line.encode("utf-8", "replace") + b"\n")
            size = file.tell()
        if size > _MOST_BYTES:
            _shorten(records, path)


def load_acknowledged(records: Records) -> list[Acknowledged]:
    """Return what was acknowledged in this working tree, the oldest first; of one task, entry or error the latest."""
    found: dict[tuple[str, ...], Acknowledged] = {}
    for one in _read(records.repository.common_dir / _FILE):
        if one.root == str(records.root):
            name = (one.kind, one.key, one.section, one.first_line) if one.kind == "item" else (one.kind, one.key)
            found[name] = one
    return list(found.values())


def forget(records: Records, is_done: Callable[[Acknowledged], bool]) -> None:
    """Take out what need not be kept any longer, of this working tree. The lock must be held."""
    path = records.repository.common_dir / _FILE
    every = _read(path)
    kept = [one for one in every if one.root != str(records.root) or not is_done(one)]
    if len(kept) < len(every):
        _write(path, kept)


def _shorten(records: Records, path: Path) -> None:
    """Keep what HEAD does not hold yet, and of that the newest that fits into half the size."""
    blobs = records.repository.read_many([f"HEAD:{name}" for name in (TASKS, JOURNAL, ERRORS)])
    committed = b"\n".join(blob or b"" for blob in blobs)
    kept: list[Acknowledged] = []
    size = 0
    for one in reversed(_read(path)):
        size += len(one.text) + len(one.row) + 200
        if size > _MOST_BYTES // 2:
            break
        if Path(one.root).is_dir() and not any(mark.encode() in committed for mark in one.marks):
            kept.append(one)
    _write(path, kept[::-1])


def _write(path: Path, kept: list[Acknowledged]) -> None:
    lines = [json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in kept]
    write_atomically(path, "".join(lines).encode("utf-8", "replace"))


def _read(path: Path) -> list[Acknowledged]:
    try:
        lines = path.read_bytes().decode("utf-8", "replace").split("\n")
    except OSError:
        return []
    found = []
    for line in lines:
        # The last line may be cut where its writer was killed; a line of another version is not ours to judge.
        with contextlib.suppress(ValueError, TypeError):
            found.append(Acknowledged(**json.loads(line)))
    return found
