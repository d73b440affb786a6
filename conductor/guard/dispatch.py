"""Which programs the walker looks into: builtins, wrappers, interpreters, other machines."""

from __future__ import annotations

from conductor.guard import (
    builtins,
    copies,
    elsewhere,
    environments,
    flow,
    interpreters,
    languages,
    many,
    tasks,
    wrappers,
)
from conductor.guard.names import SHELLS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from conductor.guard.runner import Runner
    from conductor.guard.state import State, Stream

    Handler = Callable[[Runner, State, list[str], Stream], Stream | None]

HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(SHELLS, interpreters.shell),
    **interpreters.HANDLERS,
    **languages.HANDLERS,
    **wrappers.HANDLERS,
    **many.HANDLERS,
    **environments.HANDLERS,
    **elsewhere.HANDLERS,
    **builtins.HANDLERS,
    **copies.HANDLERS,
    **flow.HANDLERS,
    **tasks.HANDLERS,
}


def is_handled_shell(name: str, *, is_python: bool) -> Handler | None:
    """Return the handler of a program whose name carries a version: python3.11, bash5, ruby3.2."""
    if is_python:
        return interpreters.python
    stem = name.rstrip("0123456789.-")
    if stem == name or stem not in {"ruby", "perl", "php", "lua", "node", "nodejs", "bash", "zsh", "ksh", "tclsh"}:
        return None
    return HANDLERS.get(stem)
