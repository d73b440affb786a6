"""Which programs the walker looks into: builtins, wrappers, interpreters, other machines."""

from __future__ import annotations

import sys

from conductor.guard.judge import builtins, environments, flow, interpreters, launchers, repeated, wrappers
from conductor.programs import find
from conductor.programs.index import SHELLS
from conductor.rules.judge.call import is_python

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from conductor.guard.judge.state import State
    from conductor.guard.judge.walker import Walker
    from conductor.shell.streams import Stream

    Handler = Callable[[Walker, State, list[str], Stream], Stream | None]

HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(SHELLS.split(), interpreters.shell),
    **interpreters.HANDLERS,
    **wrappers.HANDLERS,
    **repeated.HANDLERS,
    **environments.HANDLERS,
    **launchers.HANDLERS,
    **builtins.HANDLERS,
    **flow.HANDLERS,
}
# Modules of this folder that are imported once a command names one of their programs: each costs every command.
LATER = {
    "file_copies": ("cp", "gcp", "mv", "gmv", "ln", "link", "install", "ginstall", "dd", "sed", "gsed"),
    "languages": tuple(interpreters.SEARCHED),
    "tasks": (
        "make", "gmake", "remake", "just", "npm-run-all", "run-s", "run-p", "concurrently", "cross-env",
        "cross-env-shell",
    ),
}  # fmt: skip
_MODULES = {name: module for module, names in LATER.items() for name in names}
_VERSIONED = {*_MODULES, *SHELLS.split()}  # what may be called by a name that carries a version


def handler_of(name: str) -> Handler | None:
    """Return what looks into a program, also by a name that carries a version: python3.11, bash5, ruby3.2."""
    if is_python(name):
        return interpreters.python
    stem = name.rstrip("0123456789.-")
    if name not in HANDLERS and name not in _MODULES and stem in _VERSIONED:
        name = stem
    if name in _MODULES:
        module = f"conductor.guard.judge.{_MODULES[name]}"
        __import__(module)
        handler: Handler = sys.modules[module].HANDLERS[name]
        return handler
    if name in HANDLERS:
        return HANDLERS[name]
    words = find(name)
    return wrappers.run_wrapped if words is not None and words.runs() else None
