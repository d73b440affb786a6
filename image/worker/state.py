"""The worker's state folder: what it remembers for itself where a volume can't, and what outlives one process.

CONDUCTOR_STATE_DIR names it; else it is `conductor-state` in the temporary folder, and lives as the container does.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

_place: Path | None = None  # where it is, once that is settled


def settle_place() -> None:
    """Settle where the folder is, before another temporary folder is set for the jobs' files; makes nothing."""
    global _place  # noqa: PLW0603 (the temporary folder is a setting of the whole process, too)
    _place = Path(tempfile.gettempdir()) / "conductor-state"


def state_folder() -> Path:
    """Return the folder, made where it is missing; raises OSError where it can't be, or belongs to somebody else."""
    named = os.environ.get("CONDUCTOR_STATE_DIR")
    folder = Path(named).absolute() if named else _place or Path(tempfile.gettempdir()) / "conductor-state"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not named and (folder.is_symlink() or folder.stat().st_uid != os.geteuid()):
        raise PermissionError(f"{folder} belongs to another user")
    return folder


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file in one step: a reader sees the old one or the new one; raises OSError."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        temporary.write_text(json.dumps(content), encoding="utf-8")
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def read_json(path: Path) -> Any:
    """Return a JSON file's content, or None where there is none that can be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
