"""Nothing leaves this machine: connections of this process that would are refused while a rehearsal runs.

What it covers: every connection, datagram and name look-up that Python code of this process makes (an audit hook sees
them all, whichever library asks). Workers carry the same hook (`boot.py`). What it does not see are other programs; the
ones a rehearsal starts are git and ssh, with loopback addresses, no proxies and nobody's configuration (`Stage`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from conductor.rehearsal.boot import refuse_outside

_active = False
_installed = False


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if _active:
        refuse_outside(event, arguments)


@contextmanager
def loopback_only() -> Iterator[None]:
    """Refuse what leaves loopback, with PermissionError, until the block ends."""
    global _active, _installed  # noqa: PLW0603 - an audit hook can't be removed, so one is added and switched
    if not _installed:
        sys.addaudithook(_hook)
        _installed = True
    _active = True
    try:
        yield
    finally:
        _active = False


@contextmanager
def environment(values: dict[str, str | None]) -> Iterator[None]:
    """Set these variables (None: remove) until the block ends."""
    before = {name: os.environ.get(name) for name in values}
    _apply(values)
    try:
        yield
    finally:
        _apply(before)


def _apply(values: dict[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
