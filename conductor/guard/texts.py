"""Read a file of the project that a command runs: text of at most 64 KiB, nothing that lies outside the project.

On the path of an agent's command: builtin modules only.
"""

from __future__ import annotations

import posix
from _stat import S_ISREG

from conductor.guard.links import resolve
from conductor.rules.judge.places import is_inside

LARGEST = 1 << 16  # bytes


def read_text(root: str, name: str) -> str | None:
    """Return the text of a file below the root; None where there is none to read, or a link leads out of the root.

    `name` is relative to the root, an absolute path.
    """
    try:
        path = resolve(f"{root}/{name}")
        if not is_inside(path, resolve(root)):
            return None
        handle = posix.open(path, posix.O_RDONLY | posix.O_NOFOLLOW | posix.O_NONBLOCK | posix.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    try:
        return _read(handle)
    except OSError:
        return None
    finally:
        posix.close(handle)


def _read(handle: int) -> str | None:
    known = posix.fstat(handle)
    if not S_ISREG(known.st_mode) or known.st_size > LARGEST:
        return None
    pieces = []
    while piece := posix.read(handle, LARGEST + 1):
        pieces.append(piece)
    data = b"".join(pieces)
    return None if len(data) > LARGEST else text_of(data.decode("utf-8", "replace"))


def text_of(text: str) -> str | None:
    """Return a file's text as an interpreter reads it, None for what is no text."""
    return None if "\0" in text else text.replace("\r\n", "\n")
