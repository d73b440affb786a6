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
_UNCHANGED = frozenset({"resolve", "absolute", "as_posix", "expanduser", "strip"})


@dataclass(slots=True)
class Paths:
    """Works out paths of one program: `file` is its own path in the image, `cwd` the folder it is started in."""

    file: str | None
    cwd: str | None
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
        made = name in _PATHS or name in {"Path.cwd", "pathlib.Path.cwd"}
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

    def _call(self, node: ast.Call) -> str | None:
        name = dotted(node.func)
        if name in {"os.getcwd", "Path.cwd", "pathlib.Path.cwd"}:
            return self.cwd
        if isinstance(node.func, ast.Attribute) and name not in _SAME | _PATHS:
            found = self._method(node.func, node.args)
            if found is not None:
                return found
        known = [value for value in map(self.value, node.args) if value is not None]
        if not known or len(known) != len(node.args):
            return None
        if name in _SAME:
            return posixpath.join(self.cwd, known[0]) if self.cwd is not None and "path" in (name or "") else known[0]
        if name in _PATHS or name in {"os.path.join", "join"}:
            return posixpath.join(*known)
        return posixpath.dirname(known[0]) if name in {"os.path.dirname", "dirname"} else None

    def _method(self, function: ast.Attribute, arguments: list[ast.expr]) -> str | None:
        """Return what a method of a path gives."""
        before = self.value(function.value)
        given = [self.value(each) for each in arguments]
        if before is None or None in given:
            return None
        if function.attr in _UNCHANGED:
            return before
        parts = [each for each in given if each is not None]
        if function.attr == "joinpath":
            return posixpath.join(before, *parts)
        return posixpath.join(posixpath.dirname(before), *parts) if function.attr == "with_name" else None
