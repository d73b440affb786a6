"""The standard library of a version is that version's, not that of the Python that judges."""

import pytest

from conductor.preflight.python.standard import change_of, has_name, is_standard, misspelt
from conductor.preflight.python.syntax import decode_python, parse_python


@pytest.mark.parametrize(
    ("module", "version", "there"),
    [
        ("tomllib", "3.11", True),
        ("tomllib", "3.10.13", False),
        ("distutils", "3.11", True),
        ("distutils", "3.12", False),
        ("cgi", "3.13", False),
        ("json", "3.8", True),
        ("distutils", None, None),
        ("numpy", "3.12", False),
    ],
)
def test_a_module_belongs_to_some_versions(module, version, there):
    assert is_standard(module, version) is there


def test_a_change_says_which_version_made_it():
    assert change_of("imp") == "Python 3.12 took it out of the standard library"
    assert change_of("json") is None


@pytest.mark.parametrize(
    ("module", "name", "version", "there"),
    [("enum", "StrEnum", "3.10", False), ("enum", "StrEnum", "3.11", True), ("enum", "Enum", "3.8", None),
     ("collections", "Mapping", "3.9", True), ("collections", "Mapping", "3.10", False), ("enum", "StrEnum", None, None)],
)  # fmt: skip
def test_a_name_came_or_went_with_a_version(module, name, version, there):
    assert has_name(module, name, version) is there


def test_a_slip_in_a_standard_name_is_told_and_an_unknown_name_is_not():
    assert misspelt("json", "loadz") in {"load", "loads"}
    assert misspelt("json", "loads") is None
    assert misspelt("json", "something_new") is None
    assert misspelt("math", "sqrtt") is None


@pytest.mark.parametrize(
    ("text", "version", "broken"),
    [
        ("match x:\n    case 1: pass\n", "3.9", True),
        ("match x:\n    case 1: pass\n", "3.10", False),
        ("try: pass\nexcept* E: pass\n", "3.10", True),
        ("try: pass\nexcept* E: pass\n", "3.11", False),
        ("def f(x)\n    pass\n", "3.14", True),
        ("x = 1\nfrom __future__ import annotations\n", "3.12", True),
        ("def f():\n    await g()\n", "3.12", True),
        ("def f():\n\tif a:\n        b\n", "3.12", True),
        ("\ufeffx = 1\n", "3.12", False),
    ],
)
def test_a_text_is_read_with_the_grammar_of_its_version(text, version, broken):
    assert isinstance(parse_python(text, version), SyntaxError) is broken


def test_what_a_newer_python_may_read_is_not_called_broken():
    assert not isinstance(parse_python("type A[T] = list[T]\n", "3.99"), SyntaxError)
    assert not isinstance(parse_python("lazy import json\n", "3.99"), SyntaxError)


def test_a_text_is_decoded_as_its_first_lines_say():
    assert decode_python("# é\n".encode()) == "# é\n"
    assert decode_python("# -*- coding: latin-1 -*-\n# é\n".encode("latin-1")) == "# -*- coding: latin-1 -*-\n# é\n"
    assert isinstance(decode_python("x = 'é'\n".encode("latin-1")), SyntaxError)
    assert isinstance(decode_python(b"# coding: no-such-thing\n"), SyntaxError)
