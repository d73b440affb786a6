"""The faults that the mutation run puts into code."""

import ast
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from mutations import find_mutants  # noqa: E402

SOURCE = '''"""A module."""
from __future__ import annotations

NAMES = ["a", "b"]


def judge(size: int, name: str | None = None) -> bool:
    """Tell something."""
    if size < 3 and name is not None:
        log(f"{size} is not judged")
        return name in NAMES
    for each in range(2):
        size += each
    return not size
'''


def found(source):
    return find_mutants("a.py", source.encode())


def test_every_kind_of_fault_is_made():
    kinds = Counter(mutant.kind for mutant in found(SOURCE))
    assert kinds == {
        "comparison": 3, "condition": 2, "boolean": 2, "off by one": 4, "return": 2, "statement": 2, "element": 2, "constant": 2,
    }  # fmt: skip


def test_each_fault_is_one_change_that_compiles():
    names = set()
    for mutant in found(SOURCE):
        changed = mutant.apply(SOURCE.encode())
        assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(SOURCE))
        assert changed.startswith(SOURCE.encode()[: mutant.start])
        assert changed.endswith(SOURCE.encode()[mutant.end :])
        names.add(mutant.name)
    assert len(names) == len(found(SOURCE))


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("def f(a):\n    return a <= 2\n", "a.py::f: a <= 2 => (a < 2)"),
        ("def f(a):\n    return a <= 2\n", "a.py::f: 2 => (3)"),
        ("def f(a):\n    return a or b\n", "a.py::f: a or b => (a and b)"),
        ("def f(a):\n    raise X(a)\n", "a.py::f: raise X(a) => pass"),
        ("class C:\n    def f(self):\n        self.g()\n", "a.py::C.f: self.g() => pass"),
        ("A = [x for x in y if x.z]\n", "a.py::module: x.z => True"),
        ("A = {'a', 'b'}\n", "a.py::module: 'a' => 'b'"),
        ("def f(a):\n    return a == 'é' and a != 'x'\n", "a.py::f: a != 'x' => (a == 'x')"),
    ],
)
def test_a_fault_has_a_name_without_a_line_number(source, fault):
    assert fault in {mutant.name for mutant in found(source)}
    assert fault in {mutant.name for mutant in found("\n\n\n" + source)}


@pytest.mark.parametrize(
    "source",
    [
        '"""Only a docstring."""\n',
        "from a import b\n",
        "x: int\n",
        "if TYPE_CHECKING:\n    a = 1\n",
        "def f(a: Literal['x']) -> Literal['y']: ...\n",
        "def f():\n    return None\n",
        "a = f'{b} is 1'\n",
    ],
)
def test_what_does_nothing_is_left_alone(source):
    assert found(source) == []


def test_a_fault_knows_the_lines_of_its_statement():
    source = "def f(a):\n    return g(\n        a,\n        1,\n    )\n"
    assert {mutant.lines for mutant in found(source) if mutant.kind == "off by one"} == {(2, 3, 4, 5)}
    source = "def f(a):\n    if a == 1:\n        b()\n"
    assert {mutant.lines for mutant in found(source) if mutant.kind == "comparison"} == {(2,)}


def test_what_runs_at_import_is_told_apart():
    assert {mutant.at_import for mutant in found("A = 1\n")} == {True}
    assert {mutant.at_import for mutant in found("class C:\n    a: int = 1\n")} == {True}
    assert {mutant.at_import for mutant in found("def f():\n    return 1 < a\n")} == {False}
