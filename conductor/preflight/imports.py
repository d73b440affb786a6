"""What a Python file of the context imports, and what it imports of the context in turn."""

from __future__ import annotations

import ast
import posixpath
import sys
from typing import TYPE_CHECKING

from conductor.preflight.subject import python_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conductor.preflight.subject import Subject

MAX_FILES = 200


def imports_of(subject: Subject, path: str) -> list[tuple[str, tuple[str, int]]]:
    """Return (top-level module, (context path, line)) of what runs when this file starts, local modules followed.

    Only imports that run at once and unguarded count: those inside functions, in `try`, or under a condition do not.
    """
    found: list[tuple[str, tuple[str, int]]] = []
    pending, seen = [path], set[str]()
    while pending and len(seen) < MAX_FILES:
        current = pending.pop()
        if current in seen:
            continue
        seen.add(current)
        tree = python_tree(subject.context.read_text(current) or "")
        if not isinstance(tree, ast.Module):
            continue
        for module, line in _imports(tree.body):
            local = _local(subject, current, path, module)
            if local is not None:
                pending.append(local)
            elif line:
                found.append((module.partition(".")[0], (current, line)))
    return found


def local_files(subject: Subject, path: str) -> list[str]:
    """Return the file and every context file that it imports, directly or not, guarded imports included."""
    pending, seen = [path], list[str]()
    while pending and len(seen) < MAX_FILES:
        current = pending.pop()
        if current in seen:
            continue
        seen.append(current)
        tree = python_tree(subject.context.read_text(current) or "")
        if isinstance(tree, ast.Module):
            every = [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]
            for module, _ in _imports(every):
                local = _local(subject, current, path, module)
                if local is not None:
                    pending.append(local)
    return seen


def is_standard(module: str) -> bool:
    """Tell whether the module belongs to Python itself."""
    return module in sys.stdlib_module_names or module == "__future__"


def local_imports(subject: Subject, path: str) -> list[tuple[str, int, str]]:
    """Return (module, line, context file) of the local modules that this file imports at once."""
    tree = python_tree(subject.context.read_text(path) or "")
    if not isinstance(tree, ast.Module):
        return []
    found = [(m, line, _local(subject, path, path, m)) for m, line in _imports(tree.body) if line and m[0] != "."]
    return [(module, line, local) for module, line, local in found if local is not None]


def _imports(body: list[ast.stmt] | list[ast.Import | ast.ImportFrom]) -> Iterator[tuple[str, int]]:
    for node in body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                yield "." * node.level + (node.module or ""), node.lineno
            elif node.module:
                yield node.module, node.lineno
                for alias in node.names:
                    yield f"{node.module}.{alias.name}", 0


def _local(subject: Subject, current: str, start: str, module: str) -> str | None:
    """Return the context file of a module that stands beside the importing or the started file."""
    level = len(module) - len(module.lstrip("."))
    name = module.lstrip(".").replace(".", "/")
    folder = posixpath.dirname(current)
    for _ in range(level - 1):
        folder = posixpath.dirname(folder)
    for base in (folder,) if level else (posixpath.dirname(start), folder, ""):
        stem = posixpath.join(base, name) if name else base
        for candidate in (f"{stem}.py", f"{stem}/__init__.py"):
            entry = subject.context.find(candidate)
            if entry is not None and not entry.is_folder:
                return candidate
    return None
