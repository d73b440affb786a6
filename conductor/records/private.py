"""Files and folders that only their user may read: what Conductor keeps in the user's state folder."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from conductor.config.places import refused
from conductor.records.files import write_atomically

FOLDER, FILE = 0o700, 0o600


def make_private(top: Path, *below: str) -> Path:
    """Make the folder and those below it, one in the other, and close each to everybody else; return the last one.

    Raises UsageProblem where the file system refuses.
    """
    folder = top
    try:
        top.parent.mkdir(parents=True, exist_ok=True)
        for folder in (top, *(top.joinpath(*below[: count + 1]) for count in range(len(below)))):
            folder.mkdir(exist_ok=True, mode=FOLDER)
            _close(folder, FOLDER)
    except OSError as error:
        raise refused(error, folder) from error
    return folder


def write_private(path: Path, content: bytes) -> None:
    """Replace the file's content in one step, readable by its user alone whatever it was before."""
    write_atomically(path, content, mode=FILE)


def open_private(path: Path) -> int:
    """Return a handle of the file, for locking: made where it is missing, readable by its user alone."""
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE)
    except OSError as error:
        raise refused(error, path) from error


def _close(folder: Path, mode: int) -> None:
    found = folder.stat()
    # Somebody else's folder is theirs to close, and root's is closed by root.
    if found.st_uid == os.geteuid() and found.st_mode & 0o077:
        with contextlib.suppress(PermissionError):
            folder.chmod(mode)
