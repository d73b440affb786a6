"""One worker at a time, on this machine or another one that shares the volume.

Two nets, because no one of them holds everywhere. `flock` ends with its holder, but some network file systems refuse it
or keep it to one machine. A lease file holds on all of them: its holder rewrites it every few seconds, and who sees it
unchanged for longer takes over. Only the watcher's own clock counts, since clocks of machines differ. A dead holder of
this machine is known at once, by the free `flock`. Both nets can fail together (a machine that hangs for a minute and
comes back); so what is done under a lease must be harmless when done twice.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from worker.state import read_json, write_json

BEAT_S = 5.0
EXPIRES_S = 60.0  # longer than network file systems keep what they read
POLL_S = 0.2


@contextlib.contextmanager
def hold(path: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    """Hold a lease on the file, made where missing; `on_wait` is called while another holds it. Raises OSError."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    lease = path.with_suffix(".lease")
    try:
        mine = _acquire(handle, lease, on_wait)
        stopped = threading.Event()
        beat = threading.Thread(target=_keep_alive, args=(lease, mine, stopped), daemon=True)
        beat.start()
        try:
            yield
        finally:
            stopped.set()
            beat.join()
            if _holder(read_json(lease)) == mine["holder"]:
                lease.unlink(missing_ok=True)
    finally:
        os.close(handle)


def _acquire(handle: int, lease: Path, on_wait: Callable[[], None]) -> dict[str, Any]:
    mine = {"holder": secrets.token_hex(8), "machine": _machine(), "beat": 0}
    seen, since = None, time.monotonic()
    while True:
        locked = _try_lock(handle)
        found = read_json(lease)
        if found != seen:
            seen, since = found, time.monotonic()
        dead_here = locked is True and isinstance(found, dict) and found.get("machine") == mine["machine"]
        expired = lease.exists() and (dead_here or time.monotonic() - since > EXPIRES_S)
        if locked is not False and (expired or not lease.exists()) and _take(lease, mine, replace=expired):
            return mine
        on_wait()
        time.sleep(POLL_S)


def _take(lease: Path, mine: dict[str, Any], *, replace: bool) -> bool:
    """Write the lease; where several do so at once, one of them wins."""
    if replace:
        write_json(lease, mine)
        time.sleep(POLL_S)  # the last one to replace it has won
        return _holder(read_json(lease)) == str(mine["holder"])
    new = lease.with_name(f".{lease.name}.{mine['holder']}")
    write_json(new, mine)
    try:
        os.link(new, lease)  # fails where there is one, on network file systems too
    except FileExistsError:
        return False
    except OSError:  # a file system without links
        return _take(lease, mine, replace=True)
    finally:
        new.unlink(missing_ok=True)
    return True


def _keep_alive(lease: Path, mine: dict[str, Any], stopped: threading.Event) -> None:
    beats = 0
    while not stopped.wait(BEAT_S):
        if _holder(read_json(lease)) != mine["holder"]:
            return  # taken over while this machine hung
        beats += 1
        with contextlib.suppress(OSError):
            write_json(lease, {**mine, "beat": beats})


def _try_lock(handle: int) -> bool | None:
    """Return whether this process has the lock; None where the file system has none."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno in {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL}:
            return None
        raise
    return True


def _holder(content: Any) -> str | None:
    return content.get("holder") if isinstance(content, dict) else None


def _machine() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        boot = ""
    return f"{socket.gethostname()} {boot}"
