"""The worker's scratch folder: one place for a job's files, gone with the job, the worker, or the next worker's start.

A worker owns `conductor-worker-<random>` in the temporary folder and holds a lock on the file of that name with
`.lock` for its life. Jobs get folders inside. What a killed worker left is known by its name and by its lock being
free; nothing else is touched.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import os
import secrets
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

PREFIX = "conductor-worker-"


class _Own:
    """This process's folder, made at the first job; another process (a fork) makes its own."""

    lock = threading.Lock()
    pid = 0
    folder = Path()
    handle = -1


@contextlib.contextmanager
def open_job() -> Iterator[Path]:
    """Give a job a folder of its own and remove it with all that is in it, however the job ends."""
    folder = Path(tempfile.mkdtemp(prefix="job-", dir=_own_folder()))
    try:
        yield folder
    finally:
        _remove(folder)


def remove_leftovers() -> list[str]:
    """Remove the scratch folders of workers that are gone; return their names. Called once, at the worker's start."""
    removed = []
    for path in sorted(Path(tempfile.gettempdir()).glob(f"{PREFIX}*.lock")):
        with contextlib.suppress(OSError), _locked(path) as is_free:
            if is_free:
                _remove(path.with_suffix(""))
                path.unlink(missing_ok=True)
                removed.append(path.stem)
    return removed


def _own_folder() -> Path:
    with _Own.lock:
        if _Own.pid != os.getpid() or not _Own.folder.is_dir():
            _Own.folder, _Own.handle = _make()
            _Own.pid = os.getpid()
        return _Own.folder


def _make() -> tuple[Path, int]:
    while True:
        folder = Path(tempfile.gettempdir()) / f"{PREFIX}{secrets.token_hex(8)}"
        lock = folder.with_suffix(".lock")
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)
        if _is_same_file(lock, handle):  # else another worker's start took the file for a leftover just now
            folder.mkdir(mode=0o700)
            atexit.register(_end, folder, lock, os.getpid())
            return folder, handle
        os.close(handle)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[bool]:
    """Open a worker's lock file; give False where the lock is held, or the file is not a worker's of this user."""
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


def _end(folder: Path, lock: Path, pid: int) -> None:
    if os.getpid() == pid:  # a forked child ends without taking its parent's files along
        _remove(folder)
        lock.unlink(missing_ok=True)


def _remove(folder: Path) -> None:
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        pass
    except OSError as error:
        print(f"scratch: {folder.name} can't be removed: {error.strerror}", file=sys.stderr, flush=True)
