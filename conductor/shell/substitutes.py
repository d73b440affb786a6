"""Words that stand for others: aliases, variables that may have one of several values, elements of arrays."""

from __future__ import annotations

from conductor.shell.expand import UNKNOWN
from conductor.shell.nodes import Parameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from conductor.shell.nodes import Simple
    from conductor.shell.state import State


def quote(word: str) -> str:
    """Return a word so that a shell reads it as itself."""
    return "'" + word.replace("'", "'\\''") + "'"


def alias_of(command: Simple, state: State) -> str | None:
    """Return the alias that a simple command begins with; a quoted word is none."""
    first = command.words[0].literal() if command.words else None
    return first if first in state.aliases and not command.words[0].quoted() else None


def names_of(command: Simple, state: State) -> list[str]:
    """Return the variables with several possible values that a simple command uses."""
    words = (*command.words, *(each.value for each in command.assignments if each.value is not None))
    used = {part.name for word in words for part in word.parts if isinstance(part, Parameter)}
    return [name for name in state.alternatives if name in used]


def with_element(array: str | list[str] | None, index: str, value: str | list[str]) -> str | list[str]:
    """Return an array after `name[index]=value`; UNKNOWN where the index or the array is not known."""
    if not (index.isdigit() and len(index) < 4 and isinstance(value, str)):
        return UNKNOWN
    items = list(array) if isinstance(array, list) else [array] if isinstance(array, str) else []
    items += [""] * (int(index) + 1 - len(items))
    items[int(index)] = value
    return items
