"""What a file imports anywhere, in functions and `try` too: what may be needed later than at the start."""

from __future__ import annotations

import ast
import functools
import posixpath
from typing import TYPE_CHECKING

from conductor.preflight.python.syntax import parse_python

if TYPE_CHECKING:
    from conductor.preflight.environment.context import Context


def later_imports(context: Context, path: str, text: str) -> list[str]:
    """Return the context files that a file imports anywhere, in functions and `try` too, from beside it or the root."""
    found = []
    for level, names in _named_anywhere(text):
        folder = posixpath.dirname(path)
        for _ in range(max(0, level - 1)):
            folder = posixpath.dirname(folder)
        for name in names:
            for base in dict.fromkeys((folder, "", "src")):
                stem = posixpath.join(base, name)
                for candidate in (f"{stem}.py", f"{stem}/__init__.py"):
                    entry = context.find(candidate)
                    if entry is not None and not entry.is_folder:
                        found.append(entry.path)
    return found


@functools.lru_cache(maxsize=1024)
def _named_anywhere(text: str) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """Return (level, paths of the modules) of each import in a text; a history has the same text in many commits."""
    tree = parse_python(text)
    found = []
    for node in ast.walk(tree) if isinstance(tree, ast.Module) else ():
        if isinstance(node, ast.Import):
            found.append((0, tuple(alias.name.replace(".", "/") for alias in node.names)))
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(f"{node.module}.{a.name}" if node.module else a.name for a in node.names)]
            found.append((node.level, tuple(name.replace(".", "/") for name in names)))
    return tuple(dict.fromkeys(found))
