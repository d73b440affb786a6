"""A job's scratch folder: the one place for its files, gone with the job, or at the next worker's start.

It is `conductor-job-<random>` in the temporary folder; as long as the job runs, its worker holds a lock on the file of
that name with `.lock`. What a killed worker left is known by its name and by its lock being free; nothing else is
touched.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

PREFIX = "conductor-job-"


@contextlib.contextmanager
def open_job() -> Iterator[Path]:
    """Give a job a folder of its own and remove it with all that is in it, however the job ends."""
    folder, handle = _take_name()
    try:
        folder.mkdir(mode=0o700)
        yield folder
    finally:
        _remove(folder)
        _lock_of(folder).unlink(missing_ok=True)
        os.close(handle)


def remove_leftovers() -> list[str]:
    """Remove the folders of jobs whose worker is gone; return their names. Called once, at a worker's start."""
    removed = []
    for path in sorted(Path(tempfile.gettempdir()).glob(f"{PREFIX}*.lock")):
        with contextlib.suppress(OSError), _locked(path) as is_free:
            if is_free:
                _remove(path.with_suffix(""))
                path.unlink(missing_ok=True)
                removed.append(path.stem)
    return removed


def _take_name() -> tuple[Path, int]:
    while True:
        folder = Path(tempfile.gettempdir()) / f"{PREFIX}{secrets.token_hex(8)}"
        handle = os.open(_lock_of(folder), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)
        if _is_same_file(_lock_of(folder), handle):  # else another worker's start took it for a leftover just now
            return folder, handle
        os.close(handle)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[bool]:
    """Open a job's lock file; give False where the lock is held, or the file is not one of this user."""
    handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield os.fstat(handle).st_uid == os.geteuid() and _is_same_file(path, handle)
    finally:
        os.close(handle)


def _is_same_file(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False


def _lock_of(folder: Path) -> Path:
    return folder.with_suffix(".lock")


def _remove(folder: Path) -> None:
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        pass
    except OSError as error:
        print(f"scratch: {folder.name} can't be removed: {error.strerror}", file=sys.stderr, flush=True)
