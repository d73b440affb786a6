"""The sha256 of large files, computed once: remembered in this process, beside the file, or in the state folder.

A file is the one remembered as long as its size and time are the same.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Callable
from pathlib import Path

from worker.state import read_json, state_folder, write_json

_known: dict[tuple[str, int, int], str] = {}
_lock = threading.Lock()


def compute_digest(path: Path, progress: Callable[[str], None]) -> str:
    """Return a file's sha256 (64 hex digits), from memory where it has not changed since; raises OSError.

    `progress` is told where the whole file has to be read.
    """
    facts = path.stat()
    key = (str(path.resolve()), facts.st_size, facts.st_mtime_ns)
    with _lock:  # a second job waits for the first one's result instead of reading the same 7 GB
        if key not in _known:
            _known[key] = _recall(path, key) or _read(path, key, progress)
        return _known[key]


def remember(path: Path, digest: str) -> None:
    """Note a digest that was just computed, where the next process finds it."""
    facts = path.stat()
    note = {"file": [facts.st_size, facts.st_mtime_ns], "sha256": digest}
    _known[str(path.resolve()), facts.st_size, facts.st_mtime_ns] = digest
    for place in _notes(path):
        with contextlib.suppress(OSError):  # a read-only volume, then a full disk: this process still knows
            place.parent.mkdir(exist_ok=True)
            write_json(place, note)
            return


def _recall(path: Path, key: tuple[str, int, int]) -> str | None:
    for place in _notes(path):
        note = read_json(place)
        if isinstance(note, dict) and note.get("file") == [key[1], key[2]] and isinstance(note.get("sha256"), str):
            return str(note["sha256"])
    return None


def _read(path: Path, key: tuple[str, int, int], progress: Callable[[str], None]) -> str:
    progress(f"checking {path.name}")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    facts = path.stat()
    if key[1:] == (facts.st_size, facts.st_mtime_ns):  # else it was written meanwhile
        remember(path, digest)
    return digest


def _notes(path: Path) -> list[Path]:
    places = [path.with_name(path.name + ".checked.json")]
    with contextlib.suppress(OSError):
        name = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:32]
        places.append(state_folder() / "digests" / f"{name}.json")
    return places
