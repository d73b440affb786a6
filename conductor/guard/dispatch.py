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
from conductor.programs import find
from conductor.rules.judge.call import is_python

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


def handler_of(name: str) -> Handler | None:
    """Return what looks into a program, also by a name that carries a version: python3.11, bash5, ruby3.2."""
    handler = HANDLERS.get(name)
    if handler is not None:
        return handler
    if is_python(name):
        return interpreters.python
    stem = name.rstrip("0123456789.-")
    if stem in {"ruby", "perl", "php", "lua", "node", "nodejs", "bash", "zsh", "ksh", "tclsh"}:
        return HANDLERS.get(stem)
    words = find(name)
    return wrappers.run_wrapped if words is not None and words.runs() else None
