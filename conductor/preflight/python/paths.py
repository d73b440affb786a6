"""The paths that a program names literally: constants, `__file__`, os.path and pathlib over them."""

from __future__ import annotations

import ast
import posixpath
from dataclasses import dataclass, field

from conductor.preflight.python.executed import dotted

_SAME = frozenset(
    {"os.path.abspath", "os.path.realpath", "os.path.normpath", "abspath", "realpath", "str", "os.fspath", "normpath"}
)
_PATHS = frozenset({"Path", "pathlib.Path", "PurePath", "PosixPath", "pathlib.PurePath"})
_CWD = frozenset({"os.getcwd", "Path.cwd", "pathlib.Path.cwd"})
_HOMES = frozenset({"Path.home", "pathlib.Path.home"})
_UNCHANGED = frozenset({"resolve", "absolute", "as_posix", "strip"})


@dataclass(slots=True)
class Paths:
    """Works out paths of one program: `file` is its own path in the image, `cwd` the folder it is started in.

    `home` is that of the user who runs it, None where it is not known.
    """

    file: str | None
    cwd: str | None
    home: str | None = None
    values: dict[str, str] = field(default_factory=dict)
    # Names that stand for a pathlib path.
    objects: set[str] = field(default_factory=set)

    def assign(self, node: ast.stmt) -> None:
        """Take note of a name that gets a path, or that gets another value."""
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        for target in targets:
            if isinstance(target, ast.Name):
                given = getattr(node, "value", None)
                found = self.value(given)
                self.objects -= {target.id}
                if found is not None and self.is_object(given):
                    self.objects.add(target.id)
                if found is None:
                    self.values.pop(target.id, None)
                else:
                    self.values[target.id] = found

    def is_object(self, node: ast.expr | None) -> bool:
        """Tell whether an expression makes a pathlib path."""
        if isinstance(node, ast.Name):
            return node.id in self.objects
        if isinstance(node, ast.BinOp):
            return isinstance(node.op, ast.Div) and (self.is_object(node.left) or self.is_object(node.right))
        if isinstance(node, ast.Attribute):
            return node.attr == "parent" and self.is_object(node.value)
        if isinstance(node, ast.Subscript):
            return isinstance(node.value, ast.Attribute) and node.value.attr == "parents"
        if not isinstance(node, ast.Call):
            return False
        name = dotted(node.func)
        made = name in _PATHS or name in (_CWD | _HOMES) - {"os.getcwd"}
        return made or (isinstance(node.func, ast.Attribute) and self.is_object(node.func.value))

    def absolute(self, node: ast.expr | None) -> str | None:
        """Return the absolute path in the image that an expression stands for, None where that is not known."""
        found = self.value(node)
        if found is None or "\0" in found or found.startswith("~") or (self.cwd is None and not found.startswith("/")):
            return None
        return posixpath.normpath(posixpath.join(self.cwd or "/", found))

    def value(self, node: ast.expr | None) -> str | None:
        """Return the text of an expression, relative as it stands."""
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else None
        if isinstance(node, ast.Name):
            return self.file if node.id == "__file__" else self.values.get(node.id)
        if isinstance(node, ast.Call):
            return self._call(node)
        return self._above(node) if isinstance(node, ast.Attribute | ast.Subscript) else self._joined(node)

    def _joined(self, node: ast.expr | None) -> str | None:
        """Return what `/`, `+` and an f-string make of their parts."""
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.Add):
            left, right = self.value(node.left), self.value(node.right)
            if left is None or right is None:
                return None
            return posixpath.join(left, right) if isinstance(node.op, ast.Div) else left + right
        if isinstance(node, ast.JoinedStr):
            parts = [self.value(p.value if isinstance(p, ast.FormattedValue) else p) for p in node.values]
            return "".join(part for part in parts if part is not None) if None not in parts else None
        return None

    def _above(self, node: ast.Attribute | ast.Subscript) -> str | None:
        if isinstance(node, ast.Subscript):
            return self._parents(node)
        inner = self.value(node.value) if node.attr == "parent" else None
        return posixpath.dirname(inner) or "." if inner is not None else None

    def _parents(self, node: ast.Subscript) -> str | None:
        if not isinstance(node.value, ast.Attribute) or node.value.attr != "parents":
            return None
        inner = self.value(node.value.value)
        if inner is None or not isinstance(node.slice, ast.Constant) or not isinstance(node.slice.value, int):
            return None
        for _ in range(node.slice.value + 1):
            inner = posixpath.dirname(inner)
        return inner

    def too_high(self, node: ast.AST) -> str | None:
        """Return the path of `PATH.parents[N]` that has no such parent, None for anything else."""
        if not isinstance(node, ast.Subscript) or not isinstance(node.value, ast.Attribute):
            return None
        index = node.slice.value if isinstance(node.slice, ast.Constant) else None
        if node.value.attr != "parents" or not isinstance(index, int) or not self.is_object(node.value.value):
            return None
        path = self.value(node.value.value)
        known = path is not None and path.startswith("/") and "\0" not in path
        return path if known and path is not None and posixpath.normpath(path).count("/") <= index else None

    def _call(self, node: ast.Call) -> str | None:
        name = dotted(node.func)
        if name in _CWD | _HOMES:
            return self.cwd if name in _CWD else self.home
        if name in {"os.path.expanduser", "expanduser"} and len(node.args) == 1:
            return self._expanded(self.value(node.args[0]))
        if isinstance(node.func, ast.Attribute) and name not in _SAME | _PATHS:
            found = self._method(node.func, node.args)
            if found is not None:
                return found
        return self._of_function(name, node)

    def _of_function(self, name: str | None, node: ast.Call) -> str | None:
        """Return what a function of os.path, or a class of pathlib, makes of paths."""
        known = [value for value in map(self.value, node.args) if value is not None]
        if not known or len(known) != len(node.args):
            return None
        if name in _SAME:
            return posixpath.join(self.cwd, known[0]) if self.cwd is not None and "path" in (name or "") else known[0]
        if name in _PATHS or name in {"os.path.join", "join"}:
            return posixpath.join(*known)
        return posixpath.dirname(known[0]) if name in {"os.path.dirname", "dirname"} else None

    def _expanded(self, path: str | None) -> str | None:
        """Return a path with its `~` replaced; another user's stays, and is no path that is known."""
        if path is None or not (path == "~" or path.startswith("~/")):
            return path
        return posixpath.join(self.home, path[2:]) if self.home is not None else None

    def _method(self, function: ast.Attribute, arguments: list[ast.expr]) -> str | None:
        """Return what a method of a path gives."""
        before = self.value(function.value)
        given = [self.value(each) for each in arguments]
        if before is None or None in given:
            return None
        if function.attr == "expanduser":
            return self._expanded(before)
        if function.attr in _UNCHANGED:
            return before
        parts = [each for each in given if each is not None]
        if function.attr == "joinpath":
            return posixpath.join(before, *parts)
        return posixpath.join(posixpath.dirname(before), *parts) if function.attr == "with_name" else None
