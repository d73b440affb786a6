"""The person's own word, typed at a terminal.

A terminal is a fence, not a wall: a program can open one and type into it (docs/security.md). It keeps out what has no
terminal: a job, a pipe, an agent's tool call.
"""

from __future__ import annotations

import os
import sys

from conductor.errors import UsageProblem
from conductor.sessions.grants import require_person


def ask_person(command: str, question: str) -> None:
    """Put a yes-or-no question to the person at the terminal; return only after a yes.

    `command` is what was typed, after `conductor`. Raises UsageProblem where an agent is typing, where standard input
    is no terminal, and for any other answer.
    """
    require_person(command)
    if not sys.stdin.isatty():
        raise UsageProblem(
            f"conductor {command} is answered by a person at a terminal, and standard input is none",
            hint=f"type it in a terminal of your own: conductor {command}",
        )
    _show(f"{question}\nType yes: ")
    if read_line().strip().lower() not in {"y", "yes"}:
        raise UsageProblem("not confirmed: nothing was changed", hint=f"conductor {command}, then type yes")


def ask_text(question: str, default: str = "") -> str:
    """Return what the person types behind a question, the default for an empty line; typer.Abort for Ctrl-C or -D."""
    import typer

    from conductor.cli.streams import note_typed_line

    typed = typer.prompt(question, default=default, show_default=bool(default))
    note_typed_line()
    return str(typed).strip()


def read_line() -> str:
    """Return the line that the person types; empty where the input has ended."""
    from conductor.cli.streams import note_typed_line

    typed = sys.stdin.readline()
    note_typed_line()
    return typed


def _show(text: str) -> None:
    """Write to the terminal: standard error, or the one that is read from where that goes elsewhere."""
    if not sys.stderr.isatty():
        try:
            os.write(sys.stdin.fileno(), text.encode())
        except OSError:
            pass
        else:
            return
    print(text, end="", file=sys.stderr, flush=True)
