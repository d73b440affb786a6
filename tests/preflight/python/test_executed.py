"""What of a program certainly runs: the calls that a start reaches, and none that it may not."""

import ast

import pytest

from conductor.preflight.python.executed import Program, calls_in, dotted, names_of


def called(text, *, main=True):
    program = Program(ast.parse(text), main)
    return {dotted(call.func) for node in program.statements() for call in calls_in(node)}


@pytest.mark.parametrize(
    "text",
    [
        "probe()",
        "if __name__ == '__main__':\n    probe()",
        "def main():\n    probe()\nmain()",
        "async def main():\n    probe()\nimport asyncio\nasyncio.run(main())",
        "with open('x') as f:\n    probe()",
        "class A:\n    x = probe()",
        "try:\n    probe()\nexcept OSError:\n    raise SystemExit(1)",
        "import sys\nif sys.version_info < (3, 8):\n    sys.exit('old')\nprobe()",
        "x = [1, probe()]",
        "y = probe() or other()",
        "try:\n    a()\nfinally:\n    b()\nprobe()",
    ],
)
def test_a_start_reaches_it(text):
    assert "probe" in called(text)


@pytest.mark.parametrize(
    "text",
    [
        "def main():\n    probe()",
        "if x:\n    probe()",
        "for a in b:\n    probe()",
        "try:\n    probe()\nexcept Exception:\n    pass",
        "import sys\nif len(sys.argv) < 2:\n    sys.exit(0)\nprobe()",
        "x = lambda: probe()",
        "y = other() or probe()",
        "y = probe() if a else None",
        "async def main():\n    probe()\nmain()",
        "def main():\n    yield probe()\nmain()",
        "from contextlib import suppress\nwith suppress(OSError):\n    probe()",
        "import typing\nif typing.TYPE_CHECKING:\n    probe()",
        "raise SystemExit\nprobe()",
        "def main():\n    if a:\n        return\n    probe()\nmain()",
    ],
)
def test_a_start_may_not_reach_it(text):
    assert "probe" not in called(text)


def test_a_module_that_is_imported_is_not_the_main_program():
    text = "if __name__ == '__main__':\n    probe()\nelse:\n    other()"
    assert called(text, main=False) == {"other"}


def test_the_names_of_a_module_are_those_that_any_branch_gives_it():
    text = "import a.b\nfrom c import d as e\nif x:\n    f = 1\ntry:\n    g: int = 2\nexcept E:\n    pass\ndef h(): i = 1\n"
    assert names_of(ast.parse(text)) == {"a", "e", "f", "g", "h"}


@pytest.mark.parametrize(
    "text", ["from x import *", "globals()['a'] = 1", "def __getattr__(name): ...", "exec('a = 1')"]
)
def test_the_names_of_a_module_that_makes_them_up_are_not_told(text):
    assert names_of(ast.parse(text)) is None
