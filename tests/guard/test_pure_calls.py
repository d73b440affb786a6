"""What a pure call with literal arguments gives is what Python gives."""

import ast
import base64
import os
import pathlib
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conductor.guard.python.code import Reader
from conductor.shell.expand import UNKNOWN

NAMES = {"os": os, "shlex": shlex, "base64": base64, "Path": pathlib.PurePosixPath, "pathlib": pathlib}
TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=8)
PLAIN = st.text(st.sampled_from("abc_x"), min_size=1, max_size=5)


def read(expression):
    return Reader("python3", 0).value_of(ast.parse(expression, mode="eval").body)


@given(TEXT, TEXT, st.lists(TEXT, max_size=4), st.integers(32, 0xD7FF))
def test_text_is_put_together_as_python_does(owner, other, items, code):
    for expression in (
        f"{owner!r}.join({items!r})",
        f"{owner!r}.split()",
        f"{owner!r}.lower()",
        f"{owner!r}.strip()",
        f"{owner!r}.encode().decode()",
        f"chr({code})",
        f"str({owner!r})",
        f"list({items!r})",
        f"base64.b64decode({base64.b64encode(owner.encode()).decode()!r}).decode()",
        *([f"{owner!r}.replace({other!r}, 'x')", f"{owner!r}.split({other!r})"] if other else []),
        *([f"'{{}} {{}}'.format({other!r}, 'b')"] if "{" not in other else []),
    ):
        assert read(expression) == eval(expression, NAMES), expression


@given(st.lists(PLAIN, min_size=1, max_size=4))
def test_paths_are_joined_as_python_does(parts):
    arguments = ", ".join(repr(part) for part in parts)
    assert read(f"os.path.join({arguments})") == os.path.join(*parts)  # noqa: PTH118 - what is compared
    assert read(f"Path({arguments})") == str(pathlib.PurePosixPath(*parts))
    assert read(f"'top'.joinpath({arguments})") == "/".join(["top", *parts])
    assert read(f"shlex.split({' '.join(parts)!r})") == parts


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("Path.cwd()", "."),
        ("os.getcwd()", "."),
        ("pathlib.Path.home()", "~"),
        ("Path('a').glob('*.md')", ["a/*.md"]),
        ("glob.iglob('x/*')", ["x/*"]),
        ("os.path.join('a', *more)", f"a/{UNKNOWN}"),
        ("'/'.join(more)", None),
        ("os.path.join('a', name)", f"a/{UNKNOWN}"),
        ("'x {}'.format(name)", f"x {UNKNOWN}"),
        ("base64.b64decode('a')", UNKNOWN),
        ("chr(name)", None),
        ("list(name)", None),
        ("frobnicate('a')", None),
    ],
)
def test_what_is_not_literal_stays_unknown(expression, value):
    assert read(expression) == value
