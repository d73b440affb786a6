"""Whether a program changes where its modules come from in a way that is not followed."""

from __future__ import annotations

import ast
import re

from conductor.preflight.python.executed import Program, calls_in, dotted

# What decides where modules come from, and the calls that change it: `FOLLOWED` are followed by literal paths.
_IMPORTS_BY = ("sys.path", "sys.modules", "sys.meta_path", "__path__")
FOLLOWED = frozenset({"sys.path.insert", "sys.path.append", "site.addsitedir"})
_CHANGES = frozenset({"insert", "append", "extend", "addsitedir", "setdefault", "update", "__setitem__"})
_CHANGING = re.compile(r"sys\s*\.\s*(path|modules|meta_path)|addsitedir|__path__")


def changes_its_path(tree: ast.Module, text: str) -> bool:
    """Tell whether a module puts folders or modules in by hand, in a way that is not followed; `text` is its source."""
    if not _CHANGING.search(text):
        return False
    certain = {id(call) for node in Program(tree, main=True).statements() for call in calls_in(node)}
    return any(_changes(node, certain) for node in ast.walk(tree))


def _changes(node: ast.AST, certain: set[int]) -> bool:
    if isinstance(node, ast.Assign | ast.AugAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return any(ast.unparse(target).startswith(_IMPORTS_BY) for target in targets)
    if not isinstance(node, ast.Call):
        return False
    name = dotted(node.func) or ""
    followed = name in FOLLOWED and id(node) in certain
    asked = (name.startswith(_IMPORTS_BY) or name in FOLLOWED) and not followed
    return asked and name.rpartition(".")[2] in _CHANGES
