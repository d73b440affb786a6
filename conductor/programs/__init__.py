"""What a program's words mean, once, as data: the file of a program is read when its name is asked for."""

from __future__ import annotations

from conductor.programs.index import FILES
from conductor.programs.words import Words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_found: dict[str, Words] = {}


def find(name: str) -> Words | None:
    """Return what the words after a program's name mean, None for a program the table lacks."""
    if name not in _found:
        file = FILES.get(name)
        if file is None:
            return None
        _found.update(load(file))
    return _found[name]


def known(name: str) -> Words:
    """Return the words of a program that the table has; a KeyError says which one it lacks."""
    found = find(name)
    if found is None:
        raise KeyError(name)
    return found


def load(file: str) -> dict[str, Words]:
    """Return the programs of one file of the table, each under all of its names."""
    module = __import__(f"conductor.programs.table.{file}", None, None, ("PROGRAMS",))
    programs: Mapping[str, Words] = module.PROGRAMS
    return {name: words for names, words in programs.items() for name in names.split()}
