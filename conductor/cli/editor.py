"""Let a person write text in the editor of their choice."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from conductor.errors import UsageProblem


def edit_text(text: str, name: str) -> str:
    """Return the text as it stands after $VISUAL or $EDITOR ended; raises UsageProblem without an editor."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor:
        raise UsageProblem("no editor is set", hint="export EDITOR=nano (or vi, or any other), then try again")
    with tempfile.TemporaryDirectory(prefix="conductor-") as folder:
        path = Path(folder) / name
        path.write_text(text, encoding="utf-8")
        try:
            code = subprocess.run([*shlex.split(editor), str(path)], check=False).returncode
            result = path.read_bytes().decode("utf-8")
        except (OSError, ValueError) as error:
            raise UsageProblem(
                f"the editor {editor!r} did not work: {error}", hint="set EDITOR to one that does"
            ) from error
    if code != 0:
        raise UsageProblem(f"the editor ended with {code}; nothing was written", hint="try again")
    return result
