"""Waiting for what another process or thread does, and counting work: no test asks how long something took.

A machine under load is slow and not wrong, so the only limit of a wait is the one that pytest sets for a whole test.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path


def wait_until(read):
    """Return the first true value that `read` gives."""
    while not (value := read()):
        time.sleep(0.01)
    return value


def is_alive(process):
    """Tell whether the process with that id runs: one that has ended and was not waited for (a zombie) does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def count_calls(work):
    """Return how many calls of functions the work makes: as many on a slow machine as on a fast one."""
    calls = 0

    def count(_frame, event, _what):
        nonlocal calls
        calls += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return calls
