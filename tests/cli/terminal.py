"""Run a command in a pseudo-terminal of a given width and return what a person would see."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios

_STYLE = re.compile(r"\x1b\[[0-9;]*m")


def run_in_terminal(*words, cwd, columns=80, env=None, typed=b"", answers=(), pipes=()):
    """Return (exit code, text with live lines and colours as they came) of `conductor WORDS`.

    `typed` is typed at once, each of `answers` where a question waits (`: ` at the end of what is shown); `pipes` names streams (`stdout`, `stderr`) that are no terminal but thrown away.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", **(env or {})}
    environment.pop("COLUMNS", None)
    streams = {name: subprocess.DEVNULL if name in pipes else theirs for name in ("stdout", "stderr")}
    process = subprocess.Popen(
        [sys.executable, "-m", "conductor", *map(str, words)],
        cwd=cwd,
        env=environment,
        stdin=theirs,
        start_new_session=True,
        **streams,
    )
    os.close(theirs)
    shown, waiting = b"", list(answers)
    try:
        if typed:
            os.write(ours, typed)
        while piece := read_terminal(ours):
            shown += piece
            if waiting and shown.endswith(b": "):
                os.write(ours, waiting.pop(0) + b"\n")
        return process.wait(), shown.decode().replace("\r\n", "\n")
    finally:
        os.close(ours)
        # Whoever still waits for something to be typed waits for ever.
        process.kill()


def read_terminal(terminal):
    """Return what was written to a pseudo-terminal since, waiting for it; nothing once nobody can write any more."""
    try:
        return os.read(terminal, 65536)
    except OSError:  # how Linux says that nobody has the other end open
        return b""


def visible_lines(text):
    """Return the lines that stay on the screen, without colours."""
    return [_STYLE.sub("", line.rpartition("\r\x1b[2K")[2]) for line in text.split("\n")]
