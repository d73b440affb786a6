"""Which modules belong to a version of Python itself."""

from __future__ import annotations

import difflib
import functools
import os
import re
import sys
from pathlib import Path

# Known to every Python and importable on Windows only.
_WINDOWS = frozenset({"_msi", "_overlapped", "_winapi", "msilib", "msvcrt", "nt", "winreg", "winsound"})


def is_standard(module: str, version: str | None = None) -> bool | None:
    """Tell whether a top-level module belongs to that version (`3.12`); None where the version is not known.

    Without a version only what every version has counts as certain.
    """
    number = minor_of(version)
    added, removed = _changes().get(module, (None, None))
    if added is None and removed is None:
        return module in sys.stdlib_module_names or module == "__future__"
    if number is None:
        return None
    return (added is None or number >= added) and (removed is None or number < removed)


def change_of(module: str) -> str | None:
    """Say when a module came to the standard library or left it; None for one that did neither."""
    added, removed = _changes().get(module, (None, None))
    if removed is not None:
        return f"Python {removed[0]}.{removed[1]} took it out of the standard library"
    return f"it is in the standard library from Python {added[0]}.{added[1]} on" if added is not None else None


def base_with(module: str) -> str | None:
    """Say which Python has a module that came to the standard library or left it; None for any other.

    What other people publish under such a name is their own, and no remedy.
    """
    added, removed = _changes().get(module, (None, None))
    if removed is not None:
        return f"use a base with Python {removed[0]}.{removed[1] - 1}, or do without {module}"
    return f"use a base with Python {added[0]}.{added[1]} or newer" if added is not None else None


def has_name(module: str, name: str, version: str | None) -> bool | None:
    """Tell whether that version's module has a name, of those that came or went; None for any other."""
    added, removed = _changes().get(f"{module}.{name}", (None, None))
    number = minor_of(version)
    if number is None or (added is None and removed is None):
        return None
    return (added is None or number >= added) and (removed is None or number < removed)


def misspelt(module: str, name: str) -> str | None:
    """Return the name of a standard module that this one is a slip of; None where the module may have it.

    Only modules that are text are asked, without importing them; a name that stands anywhere in it is taken for right.
    """
    text = _text_of(module)
    if text is None or re.search(rf"\b{re.escape(name)}\b", text) or "import *" in text or "__getattr__" in text:
        return None
    defined = re.findall(r"^(?:async )?(?:def|class) ([A-Za-z]\w+)|^([A-Za-z]\w+)\s*=", text, re.MULTILINE)
    return next(iter(difflib.get_close_matches(name, {a or b for a, b in defined}, n=1, cutoff=0.8)), None)


@functools.lru_cache(maxsize=64)
def _text_of(module: str) -> str | None:
    base = Path(os.__file__).parent / module.replace(".", "/")
    for file in (base.with_suffix(".py"), base / "__init__.py"):
        if file.is_file():
            return file.read_text(encoding="utf-8", errors="replace")
    return None


def is_for_windows(module: str) -> bool:
    """Tell whether only Windows has this module."""
    return module in _WINDOWS


def minor_of(version: str | None) -> tuple[int, int] | None:
    """Return (3, 12) of `3.12.4`; None where that is not what the text says."""
    parts = (version or "").split(".")
    return (int(parts[0]), int(parts[1])) if len(parts) > 1 and parts[0].isdigit() and parts[1].isdigit() else None


@functools.cache
def _changes() -> dict[str, tuple[tuple[int, int] | None, tuple[int, int] | None]]:
    from conductor.knowledge import entries

    return {
        str(entry["name"]): (minor_of(entry.get("added")), minor_of(entry.get("removed")))
        for entry in entries("python-stdlib")
    }
