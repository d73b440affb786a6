"""Where the user's own files live: state, configuration and cache, by the XDG rules. Nothing else asks for HOME."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from conductor.domain.refusal import explain_refusal
from conductor.errors import ConductorError, UsageProblem

_ELSEWHERE = "set HOME, or XDG_STATE_HOME, XDG_CONFIG_HOME and XDG_CACHE_HOME, to folders that you may write to"


def state_dir() -> Path:
    """Return the folder of grants, trust and host baselines: `$XDG_STATE_HOME/conductor`."""
    return _xdg("XDG_STATE_HOME", ".local/state") / "conductor"


def config_dir() -> Path:
    """Return the folder of the user's configuration: `$XDG_CONFIG_HOME/conductor`."""
    return _xdg("XDG_CONFIG_HOME", ".config") / "conductor"


def cache_dir() -> Path:
    """Return the folder of what can be fetched again: `$XDG_CACHE_HOME/conductor`."""
    return _xdg("XDG_CACHE_HOME", ".cache") / "conductor"


def home_dir() -> Path:
    """Return the user's home: `$HOME`, or where that is unset, empty or relative, the one in the user database.

    Raises UsageProblem for a user without one (a container that runs under a bare number).
    """
    given = os.environ.get("HOME", "")
    if given.startswith("/"):
        return Path(given)
    import pwd

    try:
        known = pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        known = ""
    if not known.startswith("/"):
        raise UsageProblem("this user has no home folder: HOME is not set to one", hint=_ELSEWHERE)
    return Path(known)


def make_folder(path: Path, *, mode: int = 0o777) -> Path:
    """Make the folder and those above it where they are missing, and return it; raises UsageProblem where refused."""
    try:
        path.mkdir(parents=True, exist_ok=True, mode=mode)
    except OSError as error:
        raise refused(error, path) from error
    return path


def refused(error: OSError, path: Path) -> ConductorError:
    """Return what to tell a person about a file or folder that the system refused to read or to write."""
    reason, hint = explain_refusal(error) or (error.strerror or str(error), f"ls -ld {path} shows what is there")
    place = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else str(path)
    # Conductor's folders are named for themselves: whoever reads this did not choose the path.
    mine = "conductor" in path.parts and ".git" not in path.parts
    wanted = "" if place == str(path) else f" (for {path})"
    return UsageProblem(f"{place}: {reason}{wanted}", hint=f"{hint}; or {_ELSEWHERE}" if mine else hint)


def project_key(common_dir: Path) -> str:
    """Return the name under which a repository's state is kept: the same for all its worktrees."""
    real = common_dir.resolve()
    stem = real.parent.name if real.name == ".git" else real.name
    safe = "".join(letter if letter.isalnum() or letter in "._-" else "-" for letter in stem)
    return f"{safe}-{hashlib.sha256(os.fsencode(real)).hexdigest()[:12]}"


def _xdg(variable: str, default: str) -> Path:
    # The XDG specification says that a relative path is to be ignored.
    given = os.environ.get(variable, "")
    return Path(given) if given.startswith("/") else home_dir() / default
