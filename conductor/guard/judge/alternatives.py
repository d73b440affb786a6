"""Several possible values of a variable, elements of arrays, and quoting."""

from __future__ import annotations

from conductor.shell.nodes import Parameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from conductor.guard.judge.state import State
    from conductor.shell.nodes import Simple


def quote(word: str) -> str:
    """Return a word so that a shell reads it as itself."""
    return "'" + word.replace("'", "'\\''") + "'"


def without_tabs(body: str) -> str:
    """Return a `<<-` heredoc's body without the tabs that lead its lines."""
    return "\n".join(line.lstrip("\t") for line in body.split("\n"))


def keep_alternatives(state: State, before: dict[str, str | list[str]]) -> None:
    """Remember the values that variables had before a branch that may not run."""
    for name, old in before.items():
        new = state.variables.get(name)
        if new is not None and new != old and name != "PATH":
            values = state.alternatives.setdefault(name, [old])
            if new not in values and len(values) < 8:
                values.append(new)


def choices(command: Simple, state: State) -> list[str]:
    """Return the names with several possible values that a simple command uses."""
    if not state.alternatives:
        return []
    names = {
        part.name
        for word in (*command.words, *(each.value for each in command.assignments if each.value is not None))
        for part in word.parts
        if isinstance(part, Parameter)
    }
    return [name for name in state.alternatives if name in names]


def element_name(state: State, name: str, index: str, value: str | list[str]) -> str:
    """Assign `name[index]` in the array as far as it is known; return the name it is also kept under."""
    array = state.get(name)
    if index.isdigit() and len(index) < 4 and isinstance(value, str):
        items = list(array) if isinstance(array, list) else ([array] if isinstance(array, str) else [])
        items += [""] * (int(index) + 1 - len(items))
        items[int(index)] = value
        state.set(name, items)
    return f"{name}[{index}]"
