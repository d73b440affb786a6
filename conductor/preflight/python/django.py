"""What Django imports by the names that its settings hold, when it is set up."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from conductor.preflight.python.executed import Program, calls_in, dotted

VARIABLE = "DJANGO_SETTINGS_MODULE"
_SETUPS = frozenset({"setup", "get_wsgi_application", "get_asgi_application", "execute_from_command_line"})
# Commands of manage.py that go on where the settings cannot be imported.
_WITHOUT_SETTINGS = frozenset({"help", "startapp", "startproject", "version", "--help", "--version", "-h"})


def settings_in(node: ast.stmt) -> str | None:
    """Return the settings' module that a statement names: `os.environ.setdefault(VARIABLE, "a.b")`."""
    for call in calls_in(node):
        if dotted(call.func) == "os.environ.setdefault" and [_text(each) for each in call.args[:1]] == [VARIABLE]:
            return _text(call.args[1]) if len(call.args) > 1 else None
    return None


def sets_up(node: ast.stmt, arguments: tuple[str | None, ...]) -> str | None:
    """Return by which call a statement sets Django up, None where it does not; `arguments` are those of the start."""
    for call in calls_in(node):
        name = (dotted(call.func) or "").rpartition(".")[2]
        if name not in _SETUPS or (name == "setup" and dotted(call.func) != "django.setup"):
            continue
        word = next(iter(arguments[1:2]), None)
        if name != "execute_from_command_line" or (word is not None and word not in _WITHOUT_SETTINGS):
            return name
    return None


def modules_of_settings(tree: ast.Module, *, serves: bool) -> Iterator[tuple[str, int]]:
    """Yield (module, line) of what the settings name; the middleware only where the application is made (`serves`)."""
    wanted = {"INSTALLED_APPS", "MIDDLEWARE"} if serves else {"INSTALLED_APPS"}
    for node in Program(tree, main=False).statements():
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for name in wanted & {each.id for each in targets if isinstance(each, ast.Name)}:
                yield from _named(node.value, classes=name == "MIDDLEWARE")


def _named(value: ast.expr, *, classes: bool) -> Iterator[tuple[str, int]]:
    """Yield (module, line) of each dotted name in a list of the settings; that of a class is what is above it."""
    for each in ast.walk(value):
        text = _text(each) if isinstance(each, ast.Constant) else None
        if not isinstance(each, ast.Constant) or not text or not all(map(str.isidentifier, text.split("."))):
            continue
        above, _, last = text.rpartition(".")
        yield above if above and (classes or last[:1].isupper()) else text, each.lineno


def starred(tree: ast.Module) -> Iterator[ast.ImportFrom]:
    """Yield the `from .base import *` of a settings' module."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            yield node


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
