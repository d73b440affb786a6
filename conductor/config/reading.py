"""Read a file that nobody trusts: a regular one, not too large, and none outside of where it must be."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def read_regular(path: Path, most_bytes: int, *, within: Path | None = None) -> bytes | None:
    """Return the first `most_bytes` of a regular file; None for a pipe, a device, a folder, or a file outside `within`.

    Opening never waits: a pipe that nobody writes to would. Raises OSError where the file cannot be opened.
    """
    if within is not None and not path.resolve().is_relative_to(within.resolve()):
        return None
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    with os.fdopen(descriptor, "rb") as file:
        return file.read(most_bytes) if stat.S_ISREG(os.fstat(descriptor).st_mode) else None
