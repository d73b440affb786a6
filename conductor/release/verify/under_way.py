"""Is somebody releasing right now? Then what a target serves may well differ, and nothing is wrong."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from datetime import datetime, timedelta

from conductor.domain.release import is_release_id
from conductor.domain.text import one_line
from conductor.errors import ConductorError
from conductor.ports.clock import Clock
from conductor.ports.git import Repository
from conductor.ports.push import RemoteRefs
from conductor.release.ledger import releases_dir
from conductor.release.lock import LOCK_REF, is_locked

# Longer than deploy, rollout, smoke and rollback take together: a lock that is older was left behind.
LONGEST = timedelta(hours=3)


def find_under_way(repository: Repository, open_remote: Callable[[], RemoteRefs], clock: Clock) -> str | None:
    """Return who is releasing now, in words: a process here, or who holds the lock on the remote; else None.

    A lock that a release of this clone left behind, or that is hours old, is no release under way.
    """
    if is_locked(repository.common_dir):
        return "a release from this clone"
    try:
        told = open_remote().read_note(LOCK_REF)
    except ConductorError:
        return None
    try:
        holder = json.loads(told or "")
        name, host, since = str(holder["release"]), str(holder["host"]), datetime.fromisoformat(holder["at"])
        recent = clock.now() - since < LONGEST
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    ours = is_release_id(name) and os.path.lexists(releases_dir(repository.common_dir) / f"{name}.jsonl")
    if not recent or (ours and host == socket.gethostname()):
        return None
    return one_line(f"release {name} on {host} since {holder['at']}", 200)
