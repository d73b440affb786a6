"""Write a file whole or not at all, and let one writer at a time into a repository's records."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from conductor.domain.refusal import explain_refusal
from conductor.errors import ConductorError, LockHeld, RecordSyntaxError, UsageProblem

LOCK_TIMEOUT_S = 60.0


def write_atomically(path: Path, content: bytes, *, mode: int | None = None) -> None:
    """Replace the file's content in one step: after a crash it holds either the old bytes or the new ones.

    The permissions of an existing file are kept where `mode` gives none, and a symbolic link is followed, not replaced.
    Raises UsageProblem where the file system refuses (read-only, full, no permission); the original is intact then.
    """
    target = Path(os.path.realpath(path))
    temporary: Path | None = None
    try:
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, "is a directory")
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            mode = target.stat().st_mode & 0o7777 if mode is None else mode
            if not os.access(target, os.W_OK):
                raise PermissionError(errno.EACCES, "not writable")
        handle, temporary = _open_temporary(target)
        try:
            if mode is not None:
                os.fchmod(handle, mode)
            _write_all(handle, content)
            os.fsync(handle)
        finally:
            os.close(handle)
        temporary.replace(target)
        temporary = None
        sync_folder(target.parent)
    except OSError as error:
        raise refusal(path, error) from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink()


def refusal(path: Path, error: OSError) -> ConductorError:
    """Return the error that tells a person why the file system refused a write."""
    reason, hint = explain_refusal(error) or (error.strerror or str(error), f"ls -ld {path.name} shows what is there")
    return UsageProblem(
        f"{path.name} was not written: {reason}; what stood there is unchanged", hint=hint, path=path.name
    )


def read_bytes(path: Path) -> bytes | None:
    """Return the file's bytes, or None where there is none; raises RecordSyntaxError where it can't be read."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise RecordSyntaxError(
            f"{path.name} can't be read: {error.strerror}",
            hint=f"ls -ld {path.name} shows what is there",
            path=path.name,
        ) from error


def sync_folder(folder: Path) -> None:
    """Make a rename in the folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as error:
        # Some network file systems can't sync a folder; the rename itself has happened.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)


@contextlib.contextmanager
def records_lock(common_dir: Path, *, timeout_s: float = LOCK_TIMEOUT_S) -> Iterator[None]:
    """Hold the lock of a repository's records; every worktree shares it, and the system frees it if the holder dies.

    `common_dir` is git's common directory. Raises LockHeld where another process holds it for longer than `timeout_s`.
    """
    folder = common_dir / "conductor"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / "records.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise refusal(folder / "records.lock", error) from error
    try:
        _wait_for(handle, timeout_s)
        yield
    finally:
        os.close(handle)


def _wait_for(handle: int, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise LockHeld(
                    f"another process has been writing this repository's records for {timeout_s:.0f} seconds",
                    hint="wait for it to end, then try again (fuser -v .git/conductor/records.lock names it)",
                ) from None
            # Waiting writers wake at different moments, so that none of them is always late.
            time.sleep(0.001 + time.monotonic_ns() // 1000 % 8 / 1000)
        else:
            return


def _open_temporary(target: Path) -> tuple[int, Path]:
    while True:
        temporary = target.with_name(f".{target.name[:200]}.{os.getpid()}.{time.monotonic_ns():x}.tmp")
        with contextlib.suppress(FileExistsError):
            return os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666), temporary


def _write_all(handle: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(handle, view) :]
