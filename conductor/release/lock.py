"""Who may release: one process a repository here, and one release a remote everywhere.

The lock on the remote is the ref `refs/conductor/lock`, taken by compare-and-swap and held from deploy to record. It
names a commit without files whose message says who holds it.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conductor.config.places import make_folder
from conductor.domain.release import is_release_id
from conductor.domain.text import one_line
from conductor.errors import LockHeld, OutsideRefused
from conductor.release.context import Release
from conductor.release.ledger import Ledger, releases_dir, stamp

LOCK_REF = "refs/conductor/lock"
TRIES = 3


@contextmanager
def hold_local_lock(common_dir: Path) -> Iterator[None]:
    """Hold the lock of this repository on this machine; raises LockHeld where another process releases from it."""
    folder = releases_dir(common_dir)
    make_folder(folder)
    with (folder / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise LockHeld(
                f"another release runs from this repository (process {one_line(file.read(40)) or '?'})",
                hint="wait for it, or look at it: conductor release status",
            ) from None
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        yield


def is_locked(common_dir: Path) -> bool:
    """Tell whether a process releases from this repository now."""
    try:
        with (releases_dir(common_dir) / "lock").open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def take_remote_lock(release: Release) -> None:
    """Take the lock on the remote, or see that this release holds it; raises LockHeld where another one does.

    One that a release of this repository left behind is taken over: it does not run, or the lock of this machine would
    be held.
    """
    remote, ledger = release.world.remote, release.ledger
    for attempt in range(1, TRIES + 1):
        held = remote.read(LOCK_REF)
        if held is not None and ledger.last("intent", action="lock", note=held):
            return
        if held is not None and not is_left_behind(release):
            raise _held(release, held)
        note = remote.write_note(describe_holder(release))
        ledger.write("intent", action="lock", note=note)
        try:
            taken = remote.swap(LOCK_REF, note, held)
        except OutsideRefused as error:
            # It may have been taken though nobody could tell us: asked again above.
            if attempt == TRIES or not getattr(error, "passing", False):
                raise
            taken = False
        if taken:
            ledger.write("result", action="lock", note=note)
            return
    raise LockHeld("the release lock on the remote keeps changing hands", hint="try again in a minute")


def is_left_behind(release: Release) -> bool:
    """Tell whether the lock names a release of this repository that can't be at work: on this machine, or ended."""
    try:
        holder = json.loads(release.world.remote.read_note(LOCK_REF) or "")
        name, host = str(holder["release"]), holder["host"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return False
    path = releases_dir(release.world.repository.common_dir) / f"{name}.jsonl"
    if not is_release_id(name) or not os.path.lexists(path):
        return False
    return host == socket.gethostname() or Ledger(path, release.world.clock).ended is not None


def give_remote_lock_back(release: Release) -> None:
    """Delete the lock where this release holds it; one that another release holds is left alone."""
    remote, ledger = release.world.remote, release.ledger
    held = remote.read(LOCK_REF)
    if held is not None and ledger.last("intent", action="lock", note=held):
        ledger.write("intent", action="unlock", note=held)
        try:
            remote.swap(LOCK_REF, None, held)
        except OutsideRefused:
            if remote.read(LOCK_REF) == held:
                raise
        ledger.write("result", action="unlock", note=held)


def has_taken(release: Release) -> bool:
    """Tell whether this release has ever begun to take the lock."""
    return release.ledger.last("intent", action="lock") is not None


def describe_holder(release: Release) -> str:
    """Return what the lock says: JSON a person can read with git show."""
    return json.dumps(
        {
            "release": release.id,
            "revision": release.plan.revision,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "at": stamp(release.world.clock),
        }
    )


def _held(release: Release, held: str) -> LockHeld:
    told = release.world.remote.read_note(LOCK_REF) or ""
    try:
        holder = json.loads(told)
        who = one_line(f"release {holder['release']} on {holder['host']} since {holder['at']}", 200)
        ours = os.path.lexists(releases_dir(release.world.repository.common_dir) / f"{holder['release']}.jsonl")
    except (ValueError, KeyError, TypeError, RecursionError):
        who, ours = "somebody else", False
    remote = release.plan.remote
    if ours:
        hint = f"conductor release --resume {holder['release']} takes it up or ends it"
        return LockHeld(f"the release lock on {remote} is held by {who}", hint=hint)
    return LockHeld(
        f"the release lock on {remote} is held by {who}",
        hint="wait for it; if that release is gone for good (it can't be resumed): "
        f"git push --force-with-lease={LOCK_REF}:{held} {remote} :{LOCK_REF}, "
        f"then conductor release --resume {release.id}",
    )
