"""Where the user's own files live: state and configuration, by the XDG rules."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path


def state_dir() -> Path:
    """Return the folder of grants, trust and host baselines: `$XDG_STATE_HOME/conductor`."""
    return _xdg("XDG_STATE_HOME", ".local/state") / "conductor"


def config_dir() -> Path:
    """Return the folder of the user's configuration: `$XDG_CONFIG_HOME/conductor`."""
    return _xdg("XDG_CONFIG_HOME", ".config") / "conductor"


def project_key(common_dir: Path) -> str:
    """Return the name under which a repository's state is kept: the same for all its worktrees."""
    real = common_dir.resolve()
    stem = real.parent.name if real.name == ".git" else real.name
    safe = "".join(letter if letter.isalnum() or letter in "._-" else "-" for letter in stem)
    return f"{safe}-{hashlib.sha256(os.fsencode(real)).hexdigest()[:12]}"


def _xdg(variable: str, default: str) -> Path:
    # The XDG specification says that a relative path is to be ignored.
    given = os.environ.get(variable, "")
    return Path(given) if given.startswith("/") else Path.home() / default
