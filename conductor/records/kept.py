"""Text of a person that could not be written where it belongs: kept in git's common directory, and named."""

from __future__ import annotations

import os
from pathlib import Path

from conductor.records.files import write_atomically
from conductor.records.store import Records

_FOLDER = "conductor/kept"
_MOST = 50


def keep_text(records: Records, name: str, content: bytes) -> str:
    """Write the text into a file of its own and return its path; the oldest ones go where there are too many."""
    path = place_for(records, name)
    write_atomically(path, content)
    return show_path(records, path)


def place_for(records: Records, name: str) -> Path:
    """Return a free path for a text that belongs to the record of that name; its folder exists."""
    folder = records.repository.common_dir / _FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    there = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns)
    for old in there[: max(0, len(there) - _MOST + 1)]:
        old.unlink(missing_ok=True)
    stem, dot, kind = name.replace("/", "-").rpartition(".")
    number = 1
    while True:
        path = folder / f"{stem}-{number}{dot}{kind}"
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        except FileExistsError:
            number += 1
        else:
            return path


def show_path(records: Records, path: Path) -> str:
    """Return the path as a person can use it from the project's root."""
    return os.path.relpath(path, records.root) if path.is_relative_to(records.root) else str(path)
