"""What of a Python program certainly runs when it starts: its statements, calls of its own functions followed."""

from __future__ import annotations

import ast
import functools
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

# Deeper calls are not followed.
_DEPTH = 8
_ENDS = frozenset({"exit", "quit", "sys.exit", "os._exit", "os.abort"})
_RUNNERS = frozenset({"asyncio.run", "anyio.run", "trio.run"})


@dataclass(slots=True)
class Program:
    """The functions of a program, and whether it is the one that is started (`__name__` is `__main__`)."""

    tree: ast.Module
    main: bool
    functions: dict[str, ast.FunctionDef | ast.AsyncFunctionDef] = field(init=False)
    _called: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.functions = {
            node.name: node
            for node in self.tree.body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.decorator_list
        }

    def statements(self) -> Iterator[ast.stmt]:
        """Yield the simple statements that run unless one before them fails, in order."""
        yield from self._body(self.tree.body, 0)

    def _body(self, body: list[ast.stmt], depth: int) -> Iterator[ast.stmt]:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if isinstance(node, ast.With | ast.AsyncWith):
                for item in node.items:
                    yield from self._simple(ast.copy_location(ast.Expr(item.context_expr), node), depth)
            if isinstance(node, ast.For | ast.AsyncFor):
                yield from self._simple(ast.copy_location(ast.Expr(node.iter), node), depth)
            inner = self._inside(node)
            if inner is None:
                yield from self._simple(node, depth)
            else:
                yield from self._body(inner, _DEPTH if isinstance(node, ast.ClassDef) else depth)
            if _may_be_last(node, inner):
                return

    def _inside(self, node: ast.stmt) -> list[ast.stmt] | None:
        """Return the statements of a compound one that certainly run; None for a simple statement."""
        if isinstance(node, ast.If):
            if _asks_for_main(node.test):
                return node.body if self.main else node.orelse
            return node.orelse if _is_false(node.test) else []
        if isinstance(node, ast.With | ast.AsyncWith):
            return [] if _suppresses(node) else node.body
        if isinstance(node, ast.Try):
            return _tried(node)
        if isinstance(node, ast.ClassDef):
            return node.body
        return [] if isinstance(node, ast.For | ast.AsyncFor | ast.While | ast.Match | ast.TryStar) else None

    def _simple(self, node: ast.stmt, depth: int) -> Iterator[ast.stmt]:
        yield node
        for call in calls_in(node):
            name = dotted(call.func)
            if name in _RUNNERS and call.args and isinstance(call.args[0], ast.Call):
                name = dotted(call.args[0].func)
            elif isinstance(self.functions.get(name or ""), ast.AsyncFunctionDef):
                continue
            function = self.functions.get(name or "")
            if function is not None and name not in self._called and depth < _DEPTH and not _generates(function):
                self._called.add(name or "")
                yield from self._body(function.body, depth + 1)


def calls_in(node: ast.AST) -> Iterator[ast.Call]:
    """Yield the calls that a simple statement certainly makes, inner ones first."""
    return (each for each in evaluated(node) if isinstance(each, ast.Call))


def evaluated(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the expressions that a simple statement certainly works out, inner ones first, and itself last."""
    if isinstance(node, ast.Lambda | ast.Import):
        return
    if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        yield from evaluated(node.generators[0].iter)  # before the first round, if there is one
        return
    if isinstance(node, ast.BoolOp):
        yield from evaluated(node.values[0])
        return
    if isinstance(node, ast.IfExp):
        yield from evaluated(node.test)
        return
    for child in ast.iter_child_nodes(node):
        yield from evaluated(child)
    yield node


def named_by(node: ast.ImportFrom, package: str | None) -> str | None:
    """Return the module that a `from` in a module of this package names, None where it leads above the package."""
    parts = (package or "").split(".")
    if not node.level:
        return node.module
    if not package or node.level > len(parts):
        return None
    above = ".".join(parts[: len(parts) - node.level + 1])
    return f"{above}.{node.module}" if node.module else above


def dotted(node: ast.AST) -> str | None:
    """Return `os.path.join` of such an expression, None for any other."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else None
    return None


@functools.lru_cache(maxsize=512)
def names_of(tree: ast.Module) -> set[str] | None:
    """Return the names that a module has once it is imported; None where they cannot be told."""
    found: set[str] = set()
    pending: list[ast.AST] = list(tree.body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
            found |= {name for inner in ast.walk(node) if isinstance(inner, ast.Global) for name in inner.names}
            continue
        if isinstance(node, ast.ImportFrom | ast.Import):
            if any(alias.name == "*" for alias in node.names):
                return None
            found |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.MatchAs | ast.MatchStar) and node.name:
            found.add(node.name)
        elif isinstance(node, ast.Name) and node.id in {"globals", "exec", "setattr", "vars", "locals"}:
            return None
        elif node.__class__.__name__ == "TypeAlias" and isinstance(getattr(node, "name", None), ast.Name):
            found.add(node.name.id)  # type: ignore[attr-defined]
        pending.extend(ast.iter_child_nodes(node))
    return None if "__getattr__" in found else found


def lacks_app(tree: ast.Module) -> bool:
    """Tell whether nothing at the top of a module can be an app of celery's: no value is made or taken there."""
    return all(_gives_no_object(node) for node in tree.body)


def _gives_no_object(node: ast.stmt) -> bool:
    if isinstance(node, ast.ImportFrom):
        return (
            not node.level
            and node.module in {"__future__", "celery", "os", "sys", "typing"}
            and not any(alias.name in {"*", "current_app"} for alias in node.names)
        )
    if isinstance(node, ast.Assign | ast.Expr):
        return isinstance(node.value, ast.Constant)
    own = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name in {"app", "celery"}
    return isinstance(node, ast.Import | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Pass) and not own


def _tried(node: ast.Try) -> list[ast.stmt]:
    """Return the statements of a `try` whose failure ends the program."""
    if all(_ends(handler.body) for handler in node.handlers):
        return node.body
    return [] if any(map(_catches_import, node.handlers)) else _first_imports(node.body)


_OTHER_ERRORS = frozenset(
    {"ValueError", "KeyError", "TypeError", "AttributeError", "OSError", "FileNotFoundError", "RuntimeError"}
)


def _catches_import(handler: ast.ExceptHandler) -> bool:
    """Tell whether a handler may catch that a module is not there."""
    if handler.type is None:
        return True
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    named = {(dotted(each) or "?").rpartition(".")[2] for each in types}
    return not named <= _OTHER_ERRORS


def _first_imports(body: list[ast.stmt]) -> list[ast.stmt]:
    """Return the imports that a body begins with."""
    return list(itertools.takewhile(lambda node: isinstance(node, ast.Import | ast.ImportFrom), body))


def _may_be_last(node: ast.stmt, inner: list[ast.stmt] | None) -> bool:
    """Tell whether what follows a statement may not run any more; `inner` is what of it was followed."""
    if inner is None:
        return isinstance(node, ast.Return | ast.Raise) or _exits(node)
    if isinstance(node, ast.ClassDef | ast.With | ast.AsyncWith) or (isinstance(node, ast.Try) and inner):
        return False
    if isinstance(node, ast.If) and (_asks_for_main(node.test) or _asks_for_version(node.test) or _is_false(node.test)):
        return False
    return _may_end(node)


def _asks_for_main(test: ast.expr) -> bool:
    return (
        isinstance(test, ast.Compare)
        and any(isinstance(part, ast.Name) and part.id == "__name__" for part in (test.left, *test.comparators))
        and any(isinstance(part, ast.Constant) and part.value == "__main__" for part in (test.left, *test.comparators))
        and isinstance(test.ops[0], ast.Eq)
    )


def _asks_for_version(test: ast.expr) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr == "version_info" for node in ast.walk(test))


def _is_false(test: ast.expr) -> bool:
    name = dotted(test)
    return name in {"TYPE_CHECKING", "typing.TYPE_CHECKING"} or (isinstance(test, ast.Constant) and not test.value)


def _may_end(node: ast.AST) -> bool:
    """Tell whether something below may leave the program or the function."""
    return any(isinstance(inner, ast.Return | ast.Raise) or _exits(inner) for inner in ast.walk(node))


def _exits(node: ast.AST) -> bool:
    return any(isinstance(inner, ast.Call) and dotted(inner.func) in _ENDS for inner in ast.walk(node))


def _ends(body: list[ast.stmt]) -> bool:
    """Tell whether a handler ends the program or raises again."""
    return bool(body) and (isinstance(body[-1], ast.Raise) or _exits(body[-1]))


def _suppresses(node: ast.With | ast.AsyncWith) -> bool:
    return any(
        "suppress" in ast.dump(item.context_expr) or "raises" in ast.dump(item.context_expr) for item in node.items
    )


def _generates(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(function))
