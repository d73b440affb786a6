"""No function has more branches than a reader can hold: radon's grade C (20) is the most.

ruff's C901 counts neither `and`, `or` nor comprehensions: functions of grade D and E passed it. The count here is
radon's own (its documentation, "Cyclomatic Complexity"), so that it needs no dependency.
"""

import ast
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "conductor"
MOST = 20


def complexity(function):
    """Return one more than the branches of a function, without those of functions defined inside it."""
    return 1 + sum(_branches(node) for part in function.body for node in _inside(part))


def _inside(node):
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        yield node
        for child in ast.iter_child_nodes(node):
            yield from _inside(child)


def _branches(node):
    match node:
        case ast.If() | ast.IfExp() | ast.Assert():
            return 1
        case ast.For() | ast.AsyncFor() | ast.While():
            return 1 + bool(node.orelse)
        case ast.Try():
            return len(node.handlers) + bool(node.orelse)
        case ast.BoolOp():
            return len(node.values) - 1
        case ast.comprehension():
            return 1 + len(node.ifs)
        case ast.Match():
            return len(node.cases) - any(_takes_all(case.pattern) for case in node.cases)
    return 0


def _takes_all(pattern):
    return isinstance(pattern, ast.MatchAs) and pattern.pattern is None


def functions(text):
    return [each for each in ast.walk(ast.parse(text)) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_no_function_has_more_branches_than_grade_c():
    found = {
        f"{path.relative_to(PACKAGE).as_posix()}:{each.name}": complexity(each)
        for path in sorted(PACKAGE.rglob("*.py"))
        for each in functions(path.read_text())
    }
    assert len(found) > 2000
    assert {name: count for name, count in found.items() if count > MOST} == {}


def test_the_count_is_radons():
    text = """
def judge(a, b, *more):
    if a and b or more:
        return [x for x in more if x if not a]
    for each in more:
        try:
            assert each
        except (KeyError, ValueError):
            pass
        except OSError:
            continue
        else:
            return a if b else lambda: None
    while a:
        pass
    else:
        def inner():
            return b or a
    return inner
"""
    assert complexity(functions(text)[0]) == 15
