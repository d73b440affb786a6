"""Which programs the guard itself looks into; each module is imported once a command names one of its programs."""

from __future__ import annotations

import sys

from conductor.programs.index import LANGUAGES, SHELLS
from conductor.rules.judge.call import is_python

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from conductor.guard.judge.state import State
    from conductor.guard.judge.walker import Walker
    from conductor.shell.streams import Stream

    Handler = Callable[[Walker, State, list[str], Stream], Stream | None]

# Those whose language is only searched: all but Python and the shells.
SEARCHED = {
    name: language
    for language, names in LANGUAGES.items()
    for name in names.split()
    if language != "python" and name not in SHELLS.split()
}
# By module of this folder; each that is imported costs every command.
HANDLED = {
    "environments": (
        "source", ".", "deactivate", "workon", "uv", "npm", "pnpm", "yarn", "conda", "mamba", "micromamba",
        "nix-shell", "virtualenv",
    ),
    "file_copies": ("cp", "gcp", "mv", "gmv", "ln", "link", "install", "ginstall", "dd", "sed", "gsed"),
    "interpreters": ("python", "python3", "coverage", *SHELLS.split()),
    "languages": tuple(SEARCHED),
    "launchers": (
        "docker", "podman", "nerdctl", "finch", "podman-remote", "docker-compose", "podman-compose", "kubectl", "oc",
        "k3s", "microk8s", "lxc", "incus", "devcontainer", "toolbox", "distrobox", "machinectl", "ssh", "autossh",
        "mosh", "slogin", "vagrant", "gcloud", "tmux", "screen", "at", "batch", "crontab", "git", "hub",
    ),
    "repeated": ("xargs", "gxargs", "find", "gfind"),
    "tasks": (
        "make", "gmake", "remake", "just", "npm-run-all", "run-s", "run-p", "concurrently", "cross-env",
        "cross-env-shell",
    ),
    "wrappers": (
        "faketime", "setarch", "sudo", "sudoedit", "doas", "pkexec", "su", "runuser", "sg",
    ),
}  # fmt: skip
_MODULES = {name: module for module, names in HANDLED.items() for name in names}
_VERSIONED = {*HANDLED["file_copies"], *HANDLED["languages"], *HANDLED["tasks"], *SHELLS.split()}


def handler_of(name: str) -> Handler | None:
    """Return what looks into a program, also by a name that carries a version: python3.11, bash5, ruby3.2."""
    if is_python(name):
        name = "python"
    stem = name.rstrip("0123456789.-")
    if name not in _MODULES and stem in _VERSIONED:
        name = stem
    if name not in _MODULES:
        return None
    handlers: dict[str, Handler] = _load(_MODULES[name]).HANDLERS
    return handlers[name]


def _load(module: str) -> Any:
    name = f"conductor.guard.judge.{module}"
    __import__(name)
    return sys.modules[name]
