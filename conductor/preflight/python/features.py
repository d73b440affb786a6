"""What a program does with a library's names at its start, where that needs more than the library itself."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator, Mapping
from typing import Any

from conductor.preflight.python.executed import Program, calls_in, dotted

_ROUTES = frozenset({"get", "post", "put", "patch", "delete", "options", "head", "trace", "api_route", "route"})


@functools.cache
def library_names() -> Mapping[str, Mapping[str, Any]]:
    """Return the table of names by their dotted name."""
    from conductor.knowledge import entries

    return {str(entry["name"]): entry for entry in entries("library-names")}


def used_names(tree: ast.Module, *, main: bool) -> Iterator[tuple[Mapping[str, Any], int]]:
    """Yield (row of the table, line) for each name that a module certainly uses in the way that its row names."""
    names = _imported(tree)
    if not names:
        return
    for node in Program(tree, main).statements():
        for call in calls_in(node):
            yield from _rows(call.func, names, "call")
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.bases:
            for each in node.body:
                if isinstance(each, ast.AnnAssign):
                    yield from _anywhere(each.annotation, names, "field")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and any(map(_is_route, node.decorator_list)):
            for part in _parameters(node.args):
                yield from _anywhere(part, names, "route")


def _parameters(arguments: ast.arguments) -> Iterator[ast.expr]:
    """Yield the types and the defaults of a function's parameters."""
    for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        if each.annotation is not None:
            yield each.annotation
    yield from arguments.defaults
    yield from (each for each in arguments.kw_defaults if each is not None)


def _imported(tree: ast.Module) -> dict[str, str]:
    """Return local name → dotted name of what a module imports of a library that the table has."""
    libraries = {name.partition(".")[0] for name in library_names()}
    found: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] in libraries:
                    found[alias.asname or alias.name.partition(".")[0]] = (
                        alias.name if alias.asname else alias.name.partition(".")[0]
                    )
        elif isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").partition(".")[0] in libraries:
            found.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
    return found


def _anywhere(node: ast.expr, names: Mapping[str, str], used: str) -> Iterator[tuple[Mapping[str, Any], int]]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name | ast.Attribute):
            yield from _rows(inner, names, used)


def _rows(node: ast.expr, names: Mapping[str, str], used: str) -> Iterator[tuple[Mapping[str, Any], int]]:
    first, dot, rest = (dotted(node) or "").partition(".")
    row = library_names().get(f"{names.get(first, '')}{dot}{rest}")
    if row is not None and row.get("used") == used:
        yield row, node.lineno


def _is_route(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _ROUTES
