"""The paths that a program names: worked out where every part is literal, and not known else."""

import ast

import pytest

from conductor.preflight.python.paths import Paths


def path_of(expression, before=""):
    paths = Paths("/srv/app/main.py", "/w")
    for node in ast.parse(before).body:
        paths.assign(node)
    return paths.absolute(ast.parse(expression, mode="eval").body)


@pytest.mark.parametrize(
    ("expression", "path"),
    [
        ("'a/b.json'", "/w/a/b.json"),
        ("'/etc/x'", "/etc/x"),
        ("os.path.join(os.path.dirname(os.path.abspath(__file__)), 'a', 'b')", "/srv/app/a/b"),
        ("Path(__file__).parent / 'a.json'", "/srv/app/a.json"),
        ("Path(__file__).resolve().parents[1] / 'data'", "/srv/data"),
        ("Path(__file__).with_name('c.json')", "/srv/app/c.json"),
        ("pathlib.Path('conf').joinpath('a', 'b')", "/w/conf/a/b"),
        ("os.getcwd() + '/x'", "/w/x"),
        ("f'{HERE}/x'", "/srv/app/x"),
        ("str(BASE / 'x')", "/srv/app/x"),
    ],
)
def test_a_literal_path_is_worked_out(expression, path):
    before = "import os\nHERE = os.path.dirname(__file__)\nfrom pathlib import Path\nBASE = Path(__file__).parent\n"
    assert path_of(expression, before) == path


@pytest.mark.parametrize(
    "expression", ["name", "os.environ['X']", "f'{x}/y'", "'~/x'", "Path(sys.argv[1])", "get() / 'x'"]
)
def test_any_other_path_is_not_known(expression):
    assert path_of(expression) is None


def test_a_name_that_gets_another_value_is_not_known_any_more():
    assert path_of("A", "A = 'x'\nA = get()\n") is None
