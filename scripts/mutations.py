"""Small faults to put into a module: each is one change that a test should notice."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

OPPOSITE = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
# A word that code compares or looks up; what people read has spaces.
WORD = re.compile(r"[A-Za-z_]\w*")
# Where a longer text is cut, one more or less is nobody's fault.
LARGE = 100
REMOVED = (ast.Raise, ast.AugAssign, ast.Continue, ast.Break)
# An annotation is no behaviour, and neither is a decorator here: all are of dataclasses and properties.
UNTOUCHED_FIELDS = frozenset({"annotation", "returns", "decorator_list", "bases"})
UNTOUCHED = (ast.Import, ast.ImportFrom, ast.JoinedStr, ast.Assert)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: the bytes `start:end` of the file at `path` replaced. `name` says it without a line number.

    `lines` are those of its statement; `at_import` tells that no function is around it.
    """

    path: str
    scope: str
    kind: str
    lines: tuple[int, ...]
    at_import: bool
    start: int
    end: int
    before: str
    after: str
    number: int = 0

    @property
    def name(self) -> str:
        """Return what is stable while other lines of the file change."""
        again = f" ({self.number + 1})" if self.number else ""
        return f"{self.path}::{self.scope}: {self.before} => {self.after}{again}"

    def apply(self, source: bytes) -> bytes:
        """Return the file with the fault in it."""
        return source[: self.start] + self.after.encode() + source[self.end :]


def find_mutants(path: str, source: bytes) -> list[Mutant]:
    """Return every fault that a module offers, in the order of its lines; each leaves a module that compiles."""
    seen: dict[str, int] = {}
    found = []
    finder = _Finder(source)
    for node, around, kind, after in finder.walk(ast.parse(source), Around()):
        start, end = finder.span(node)
        before = source[start:end].decode()
        if len(before) > 200:
            continue
        lines = around.lines_of(node)
        said = " ".join(before.split())
        plain = Mutant(path, around.scope or "module", kind, lines, not around.function, start, end, said, after)
        if _compiles_to_something_else(source, plain):
            number = seen.get(plain.name, 0)
            seen[plain.name] = number + 1
            found.append(replace(plain, number=number))
    return found


def _compiles_to_something_else(source: bytes, mutant: Mutant) -> bool:
    try:
        return ast.dump(ast.parse(mutant.apply(source))) != ast.dump(ast.parse(source))
    except SyntaxError:
        return False


@dataclass(frozen=True, slots=True)
class Around:
    """What a node stands in: names of classes and functions, and its statement."""

    scope: str = ""
    function: bool = False
    statement: ast.stmt | None = None

    def enter(self, node: ast.AST) -> Around:
        """Return what the children of a node stand in."""
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            scope = f"{self.scope}.{node.name}".lstrip(".")
            return Around(scope, self.function or isinstance(node, ast.FunctionDef), node)
        return replace(self, statement=node) if isinstance(node, ast.stmt) else self

    def lines_of(self, node: ast.expr | ast.stmt) -> tuple[int, ...]:
        """Return the lines of the node, and of its statement up to the block that it may open."""
        own = range(node.lineno, (node.end_lineno or node.lineno) + 1)
        whole = node if isinstance(node, ast.stmt) else self.statement or node
        body = getattr(whole, "body", None)
        last = body[0].lineno - 1 if body else whole.end_lineno or whole.lineno
        return tuple(sorted({*own, *range(whole.lineno, max(last, whole.lineno) + 1)}))


Fault = tuple[ast.expr | ast.stmt, Around, str, str]


class _Finder:
    def __init__(self, source: bytes) -> None:
        self.starts = [0]
        for line in source.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Return the bytes that a node stands in."""
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or 0
        return self.starts[node.lineno - 1] + node.col_offset, self.starts[end_line - 1] + end_column

    def walk(self, node: ast.AST, around: Around) -> Iterator[Fault]:
        """Yield the faults in a node and all below it, with what they are in."""
        if isinstance(node, UNTOUCHED) or _is_type_checking(node):
            return
        around = around.enter(node)
        for kind, target, after in _faults(node):
            yield target, around, kind, after
        for field, value in ast.iter_fields(node):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and field not in UNTOUCHED_FIELDS and not _is_docstring(child):
                    yield from self.walk(child, around)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _faults(node: ast.AST) -> Iterator[tuple[str, ast.expr | ast.stmt, str]]:
    if isinstance(node, ast.expr):
        yield from ((kind, node, f"({text})") for kind, text in _expression(node))
    if isinstance(node, ast.stmt):
        yield from ((kind, node, text) for kind, text in _statement(node))
    if isinstance(node, (ast.List, ast.Set)) and len(node.elts) > 1:
        # An element is gone where its neighbour stands twice.
        neighbours = [*node.elts[1:], node.elts[0]]
        yield from (("element", gone, ast.unparse(kept)) for gone, kept in zip(node.elts, neighbours, strict=True))
    tests = [node.test] if isinstance(node, (ast.If, ast.IfExp)) else []
    for test in [*tests, *(node.ifs if isinstance(node, ast.comprehension) else [])]:
        yield "condition", test, "True"
        yield "condition", test, "False"


def _expression(node: ast.expr) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        other = OPPOSITE[type(node.ops[0])]()
        yield "comparison", ast.unparse(ast.Compare(node.left, [other], node.comparators))
    elif isinstance(node, ast.BoolOp):
        other_op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield "boolean", ast.unparse(ast.BoolOp(other_op, node.values))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "boolean", ast.unparse(node.operand)
    elif isinstance(node, ast.Constant):
        yield from _constant(node.value)


def _constant(value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, bool):
        yield "constant", str(not value)
    elif isinstance(value, int) and value < LARGE:
        yield "off by one", str(value + 1)
        if value > 0:
            yield "off by one", str(value - 1)
    elif isinstance(value, str) and WORD.fullmatch(value):
        yield "constant", repr(f"not {value}")


def _statement(node: ast.stmt) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
        yield "return", "return None"
    elif isinstance(node, REMOVED) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        yield "statement", "pass"
