"""Addresses of databases that a program gives to its libraries: `create_engine("sqlite+aiosqlite:///a.db")`."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from conductor.preflight.python.executed import dotted

# Who reads an address, and as which argument.
_READERS = {
    **dict.fromkeys(
        (
            "sqlalchemy.create_engine",
            "sqlalchemy.engine.create_engine",
            "sqlalchemy.ext.asyncio.create_async_engine",
            "sqlmodel.create_engine",
        ),
        ("sqlalchemy", "url"),
    ),
    "databases.Database": ("databases", "url"),
    "celery.Celery": ("celery", "broker"),
}
_VARIABLES = frozenset({"os.getenv", "os.environ.get", "getenv", "environ.get"})
# What of the environment decides, for `os.environ["A"]`.
_ENVIRON = frozenset({"os.environ", "environ"})


@dataclass(frozen=True, slots=True)
class Address:
    """An address as far as it is literal: `reader` takes it; `unless` is the variable that may give another one."""

    reader: str
    text: str
    unless: str
    line: int

    @property
    def scheme(self) -> str:
        """Return what stands before `://`."""
        return self.text.partition("://")[0].lower()

    @property
    def row(self) -> Mapping[str, Any] | None:
        """Return the table's row about the driver that it needs."""
        return _drivers().get(f"{self.reader} {self.scheme}")

    @property
    def file(self) -> str | None:
        """Return the file of an SQLite database, None for any other and for one in memory."""
        found = re.fullmatch(r"sqlite(?:\+\w+)?:///([^?:]+)(\?.*)?", self.text)
        return found[1] if found is not None and self.reader == "sqlalchemy" else None


@functools.cache
def _drivers() -> Mapping[str, Mapping[str, Any]]:
    from conductor.knowledge import entries

    return {str(entry["name"]): entry for entry in entries("url-drivers")}


# Returns what another module gives a name: (its tree); None where nobody knows it.
Look = Callable[[ast.ImportFrom], "ast.Module | None"]


def address_in(call: ast.Call, tree: ast.Module, variables: Mapping[str, str | None], look: Look) -> Address | None:
    """Return the address that a call hands over, None where it hands over none that is literal.

    `variables` are those of the image: what ENV sets goes before a default.
    """
    reader = _READERS.get(_full_name(call.func, tree) or "")
    if reader is None or any(each.arg in {"module", "creator", None} for each in call.keywords):
        return None
    if reader[0] == "celery" and _is_set_later(tree, variables):
        return None
    given = next((each.value for each in call.keywords if each.arg == reader[1]), None)
    if given is None and reader[0] != "celery":
        given = call.args[0] if call.args else None
    found = _Values(tree, variables, look).text(given)
    return Address(reader[0], *found, call.lineno) if found is not None and "://" in found[0] else None


def _is_set_later(tree: ast.Module, variables: Mapping[str, str | None]) -> bool:
    """Tell whether something else may give an app of celery's its broker."""
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return bool(names & {"conf", "config_from_object", "config_from_envvar"}) or "CELERY_BROKER_URL" in variables


def _full_name(function: ast.expr, tree: ast.Module) -> str | None:
    """Return the dotted name of what is called, by the imports of its module."""
    first, dot, rest = (dotted(function) or "").partition(".")
    for node in tree.body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if (alias.asname or alias.name.partition(".")[0]) == first:
                    return f"{alias.name if alias.asname else first}{dot}{rest}"
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                if (alias.asname or alias.name) == first:
                    return f"{node.module}.{alias.name}{dot}{rest}"
    return None


class _Values:
    """Works out texts of one module: constants, names with one value, variables with their defaults."""

    def __init__(self, tree: ast.Module, variables: Mapping[str, str | None], look: Look, depth: int = 0) -> None:
        self.tree, self.variables, self.look, self.depth = tree, variables, look, depth

    def text(self, node: ast.expr | None) -> tuple[str, str] | None:
        """Return (the text, or its beginning up to what is not literal; the variable that may change it)."""
        if self.depth > 8 or node is None:
            return None
        if isinstance(node, ast.Constant):
            return (node.value, "") if isinstance(node.value, str) else None
        if isinstance(node, ast.Name):
            return self._name(node.id)
        if isinstance(node, ast.JoinedStr | ast.BinOp):
            return self._begun(node)
        either = isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or) and len(node.values) == 2
        name = _variable(node.values[0] if either and isinstance(node, ast.BoolOp) else node)
        default = node.args[1] if isinstance(node, ast.Call) and len(node.args) > 1 else None
        default = node.values[1] if either and isinstance(node, ast.BoolOp) else default
        return self._given(name, default) if name else None

    def _begun(self, node: ast.JoinedStr | ast.BinOp) -> tuple[str, str] | None:
        """Return what an f-string or a sum begins with."""
        if isinstance(node, ast.BinOp):
            return self.text(node.left) if isinstance(node.op, ast.Add) else None
        first = node.values[0] if node.values else None
        return self.text(first) if isinstance(first, ast.Constant) else None

    def _given(self, variable: str, default: ast.expr | None) -> tuple[str, str] | None:
        """Return what ENV gives a variable, else the default, which the container's settings may replace."""
        if variable in self.variables:
            value = self.variables[variable]
            return (value, "") if value else None
        found = self.text(default)
        return (found[0], variable) if found is not None else None

    def _name(self, name: str) -> tuple[str, str] | None:
        """Return the value of a name that is given one value at the top of its module, or by another module."""
        stored = [
            n for n in ast.walk(self.tree) if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store)
        ]
        for node in self.tree.body:
            if isinstance(node, ast.Assign | ast.AnnAssign) and len(stored) == 1:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if any(target is stored[0] for target in targets):
                    return self._deeper(self.tree).text(node.value)
            elif isinstance(node, ast.ImportFrom) and not stored:
                for alias in node.names:
                    if (alias.asname or alias.name) == name:
                        tree = self.look(node)
                        return self._deeper(tree)._name(alias.name) if tree is not None else None  # noqa: SLF001
        return None

    def _deeper(self, tree: ast.Module) -> _Values:
        return _Values(tree, self.variables, self.look, self.depth + 1)


def _variable(node: ast.expr) -> str | None:
    """Return the variable of the environment that an expression asks for."""
    asked: ast.expr | None = None
    if isinstance(node, ast.Call) and dotted(node.func) in _VARIABLES:
        asked = node.args[0] if node.args else None
    elif isinstance(node, ast.Subscript) and dotted(node.value) in _ENVIRON:
        asked = node.slice
    return asked.value if isinstance(asked, ast.Constant) and isinstance(asked.value, str) else None
