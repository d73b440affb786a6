"""Standard input, output and error, as every command has them: always there, and never raising in the middle of work.

What can't be written is dropped, and `lost_output` says so at the end: a full disk, a closed descriptor or a reader
that went away must not stop a release half-way. On a terminal, lines are folded to its width (`layout`).
"""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import Any

from conductor.domain.held import redact_held

_DESCRIPTORS = {"stdin": 0, "stdout": 1, "stderr": 2}


class Sink(io.RawIOBase):
    """A descriptor that takes everything; `lost` is why something that was written to it is not there."""

    def __init__(self, descriptor: int, refuses: OSError | None = None) -> None:
        self._descriptor = descriptor
        self._refuses = refuses
        self.lost: OSError | None = None

    def write(self, data: Any) -> int:
        """Write all of it, or drop it once the system refuses."""
        left = memoryview(data).cast("B")
        while left and self._refuses is None:
            try:
                left = left[os.write(self._descriptor, left) :]
            except BlockingIOError:
                _wait_until_writable(self._descriptor)
            except OSError as error:
                self._refuses = error
        if left:
            self.lost = self._refuses
        return len(data)

    def writable(self) -> bool:
        """Tell that it can be written to."""
        return True

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._descriptor

    def isatty(self) -> bool:
        """Tell whether a terminal is behind it."""
        return os.isatty(self._descriptor)


class Printed(io.TextIOWrapper):
    """A stream of text on which no credential that is held is ever shown, whatever was forgotten before."""

    def write(self, text: str) -> int:
        """Write the text without what is held."""
        super().write(redact_held(text))
        return len(text)


class Screen(Printed):
    """A terminal's stream: what begins a line is folded to the width; live lines (with a carriage return) are not."""

    _at_start = True

    def write(self, text: str) -> int:
        """Write the text, its lines folded."""
        from conductor.cli.layout import fold, width_of

        width = width_of(self)
        lines = text.split("\n")
        for place, line in enumerate(lines):
            if line and "\r" not in line and (place or self._at_start):
                # Where a person types after it, the space before the cursor belongs to the line.
                rest = line[len(line.rstrip(" ")) :] if place == len(lines) - 1 else ""
                lines[place] = "\n".join(fold(line, width)).rstrip(" ") + rest
        super().write("\n".join(lines))
        if text:
            self._at_start = text.endswith("\n")
        return len(text)

    def begin_line(self) -> None:
        """Take it that the cursor is at the start of a line."""
        self._at_start = True


def open_streams(*, folded: bool) -> None:
    """Put streams of our own in the place of Python's; `folded` is false where the output is for a program.

    A descriptor that was closed (`>&-`) is opened on /dev/null first: else the next file that is opened would get its
    number, and our messages with it. Names that are no text, and letters that the encoding lacks, become escapes, which
    are valid inside JSON's strings as well.
    """
    closed = {name for name, number in _DESCRIPTORS.items() if not _is_open(number)}
    if "stdin" in closed or sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for as long as the process lives
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    for name in ("stdout", "stderr"):
        before = getattr(sys, name)
        refuses = OSError(errno.EBADF, os.strerror(errno.EBADF)) if name in closed else None
        raw = Sink(_DESCRIPTORS[name], refuses)
        kind = Screen if folded and raw.isatty() else Printed
        stream = kind(
            io.BufferedWriter(raw),
            encoding=before.encoding if before is not None else "utf-8",
            errors="backslashreplace",
            line_buffering=raw.isatty() or name == "stderr",
            write_through=bool(getattr(before, "write_through", False)),
        )
        setattr(sys, name, stream)


def note_typed_line() -> None:
    """Tell the streams that a person ended the line on the terminal with Enter: what is written next begins one."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, Screen):
            stream.begin_line()


def lost_output() -> OSError | None:
    """Flush both streams and return what kept standard output from being written, or None."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    return raw.lost if isinstance(raw, Sink) else None


def _is_open(descriptor: int) -> bool:
    """Tell whether the descriptor is open; one that is not is on /dev/null from here on."""
    try:
        os.fstat(descriptor)
    except OSError:
        # The lowest free number is given out, and those below it are open by now.
        os.open(os.devnull, os.O_RDWR)
        return False
    return True


def _wait_until_writable(descriptor: int) -> None:
    import select

    select.select([], [descriptor], [])
