"""The record files: their names, writing one whole or not at all, and one writer at a time in a repository."""

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

TASKS, JOURNAL, ERRORS = "TASKS.md", "JOURNAL.md", "ERRORS.md"
TASK_ARCHIVE, JOURNAL_ARCHIVE = "TASKS_ARCHIVE", "JOURNAL_ARCHIVE"
LOCK_TIMEOUT_S = 60.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.002, 0.02


def write_atomically(path: Path, content: bytes, *, mode: int | None = None) -> None:
    """Replace the file's content in one step: after a crash it holds either the old bytes or the new ones.

    The permissions of an existing file are kept where `mode` gives none, and a symbolic link is followed, not replaced.
    Raises UsageProblem where the file system refuses (read-only, full, no permission); the original is intact then.
    Where only the folder can't be made to last, the old content is put back, so that trying again writes nothing twice.
    """
    target = Path(os.path.realpath(path))
    with contextlib.ExitStack() as closing:
        try:
            if target.is_dir():
                raise IsADirectoryError(errno.EISDIR, "is a directory")
            target.parent.mkdir(parents=True, exist_ok=True)
            former = _open_former(target)
            if former is not None:
                closing.callback(os.close, former)
            folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            closing.callback(os.close, folder)
            _put(target, content, former, mode)
        except OSError as error:
            raise refusal(path, error) from error
        try:
            _sync(folder)
        except OSError as error:
            _put_back(path, target, former, error)
            raise refusal(path, error) from error


def _open_former(target: Path) -> int | None:
    """Return an open handle of the file that is there: its bytes can be read even when another has its name."""
    try:
        handle = os.open(target, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    if not os.access(target, os.W_OK):
        os.close(handle)
        raise PermissionError(errno.EACCES, "not writable")
    return handle


def _put(target: Path, content: bytes, former: int | None, mode: int | None = None) -> None:
    """Write the content to a temporary file, to the disk, and let it take the target's place."""
    if mode is None and former is not None:
        mode = os.fstat(former).st_mode & 0o7777
    handle, temporary = _open_temporary(target)
    try:
        try:
            if mode is not None:
                os.fchmod(handle, mode)
            _write_all(handle, content)
            os.fsync(handle)
        finally:
            os.close(handle)
        temporary.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def _put_back(path: Path, target: Path, former: int | None, error: OSError) -> None:
    """Undo a write whose folder can't be synced; UsageProblem that says so where that fails too."""
    try:
        if former is None:
            target.unlink()
        else:
            _put(target, os.pread(former, os.fstat(former).st_size, 0), former)
    except OSError:
        raise UsageProblem(
            f"{path.name} is written, but it is not certain to last: its folder can't be synced ({error.strerror})",
            hint="don't repeat the command, its change is there; look after the disk (dmesg), then: sync",
            path=path.name,
        ) from error


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
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _sync(handle)
    finally:
        os.close(handle)


def _sync(folder: int) -> None:
    try:
        os.fsync(folder)
    except OSError as error:
        # Some network and user-space file systems can't sync a folder; the rename itself has happened.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS):
            raise


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
    pause_s = _FIRST_PAUSE_S
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
            time.sleep(pause_s * (1 + time.monotonic_ns() // 1000 % 8 / 8))
            pause_s = min(pause_s * 1.5, _LONGEST_PAUSE_S)
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
