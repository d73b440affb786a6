"""Let a person write text in the editor of their choice, and lose nothing of it."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from conductor.errors import ConductorError, UsageProblem
from conductor.records.kept import place_for, show_path
from conductor.records.store import Records


@contextlib.contextmanager
def edited(records: Records, text: str, name: str) -> Iterator[str]:
    """Give the text as it stands after $VISUAL or $EDITOR ended; raises UsageProblem where that failed.

    The text is in a file of git's common directory from the beginning. It goes when the block that uses it succeeds;
    where anything fails (the editor too) and something was written, it stays, and the error says where.
    """
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor:
        raise UsageProblem("no editor is set", hint="export EDITOR=nano (or vi, or any other), then try again")
    path = place_for(records, name)
    path.write_bytes(text.encode("utf-8"))
    try:
        yield _run(editor, path)
    except BaseException as error:
        if _is_changed(path, text):
            _tell(error, show_path(records, path))
        else:
            path.unlink(missing_ok=True)
        raise
    path.unlink(missing_ok=True)


def _run(editor: str, path: Path) -> str:
    # An interrupt is for the editor; ours would take the text away from under it.
    former = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        code = subprocess.run([*shlex.split(editor), str(path)], check=False).returncode
    except (OSError, ValueError) as error:
        raise UsageProblem(
            f"the editor {editor!r} did not work: {error}", hint="set EDITOR to one that does"
        ) from error
    finally:
        signal.signal(signal.SIGINT, former)
    if code != 0:
        how = f"was killed by signal {-code}" if code < 0 else f"ended with {code}"
        raise UsageProblem(f"the editor {how}; nothing was written", hint="try again")
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageProblem(
            f"the editor left no text: {error}", hint="save it as UTF-8, under the name it has"
        ) from error


def _is_changed(path: Path, text: str) -> bool:
    try:
        return path.read_bytes() != text.encode("utf-8")
    except OSError:
        return False


def _tell(error: BaseException, where: str) -> None:
    if isinstance(error, ConductorError):
        error.hint = f"{error.hint}; your text is kept in {where}"
    else:
        print(f"Your text is kept in {where}", file=sys.stderr)
