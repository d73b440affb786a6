"""The table of Python packages: their modules, their commands, what comes along with them."""

from __future__ import annotations

import functools
from typing import Any

# What every Python comes with; their commands are its own.
OF_PYTHON = frozenset({"pip", "setuptools", "wheel"})
# The last Python whose virtual environments and images come with setuptools.
_LAST_WITH_SETUPTOOLS = 11


def comes_with(name: str, version: str | None) -> bool:
    """Tell whether a Python of that version (`3.12`; None where it is not known) may have a distribution of itself."""
    minor = (version or "").split(".")[1:2]
    return name == "pip" or (name in OF_PYTHON and (not minor or int(minor[0]) <= _LAST_WITH_SETUPTOOLS))


@functools.cache
def packages() -> dict[str, dict[str, Any]]:
    """Return the table by normalised name."""
    from conductor.knowledge import entries

    return {str(entry["name"]): dict(entry) for entry in entries("python-packages")}


@functools.cache
def commands() -> dict[str, tuple[str, ...]]:
    """Return command → the distributions that bring it, of all commands that only Python packages bring."""
    found: dict[str, list[str]] = {}
    for name, entry in packages().items():
        for script in entry.get("scripts", ()) if name not in OF_PYTHON else ():
            found.setdefault(script, []).append(name)
    return {script: tuple(names) for script, names in found.items()}


def modules_of(name: str) -> tuple[str, ...] | None:
    """Return the top-level modules of a distribution; None for one that the table lacks."""
    entry = packages().get(name)
    return None if entry is None else tuple(entry.get("modules", (name.replace("-", "_"),)))


@functools.cache
def distributions_of(module: str) -> tuple[str, ...]:
    """Return the distributions that the tables have for this top-level module; nothing where none has it.

    A module that the packages' own table lacks is looked up by its name alone: never guessed from it.
    """
    top = module.partition(".")[0]
    return tuple(name for name in packages() if top in (modules_of(name) or ())) or _by_module().get(top, ())


@functools.cache
def _by_module() -> dict[str, tuple[str, ...]]:
    from conductor.knowledge import entries

    found: dict[str, tuple[str, ...]] = {}
    for entry in entries("import-names"):
        found.update({module: (module.lower().replace("_", "-"),) for module in str(entry.get("same", "")).split()})
        if "of" in entry:
            found[str(entry["name"])] = (str(entry["of"]),)
    return found


def needs_of(name: str, extras: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]] | None:
    """Return (name, extras) of what comes along with a distribution; None for one that the table lacks."""
    entry = packages().get(name)
    if entry is None:
        return None
    texts = [*entry.get("needs", ()), *(each for extra in extras for each in entry.get("extras", {}).get(extra, ()))]
    return [_split(text) for text in texts]


def _split(text: str) -> tuple[str, tuple[str, ...]]:
    name, _, extras = text.partition("[")
    return name, tuple(part for part in extras.rstrip("]").split(",") if part)
