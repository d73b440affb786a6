"""Laws of what a command is followed to, for any makefile made of these parts."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from conductor.sessions.selection.compare import trace_command

BLOCKS = [
    "A = tests\n",
    "A ?= -q\n",
    "A += $(B)\n",
    "B := --co\n",
    "export B\n",
    "test:\n\tpytest $(A)\n",
    "test: lint\n\t@-pytest $(B)\n",
    "test: A = one\n",
    "lint:\n\truff check $(A)\n",
    "%.x:\n\techo $@\n",
    "define C\npytest\nendef\n",
    "check: test lint ; true\n",
    "ifdef CI\ntest:\n\ttrue\nendif\n",
    "include other.mk\n",
    "-include none.mk\n",
    ".PHONY: test lint\n",
    "test: A := $(shell date)\n",
    "long: \\\n  test \\\n  lint\n",
]
COMMANDS = ["make test", "make", "make check A=2", "make -C . test lint", "cd . && make test", "make long"]


class Files:
    def __init__(self, **files):
        self.files = {name.replace("__", "."): text.encode() for name, text in files.items()}

    def read(self, path):
        return self.files.get(path)

    def names(self, folder):
        return sorted(name for name in self.files if "/" not in name) if not folder else []


def pieces(command, makefile):
    other = "test:\n\tpytest -x\nlint: ; true\n"
    trace = trace_command(Files(Makefile=makefile, other__mk=other), "unit", command)
    return {name: (piece.text, piece.decides) for name, piece in trace.pieces.items()}


blocks = st.lists(st.sampled_from(BLOCKS), max_size=8)


@settings(max_examples=60, deadline=None)
@given(blocks, st.sampled_from(COMMANDS))
def test_comments_and_empty_lines_between_the_parts_change_nothing(parts, command):
    plain = pieces(command, "".join(parts))
    spaced = pieces(command, "# first\n\n" + "\n# note: it = x\n".join(parts) + "\n# last\n")
    assert plain == spaced


@settings(max_examples=60, deadline=None)
@given(blocks, st.sampled_from(COMMANDS))
def test_a_part_moved_into_an_included_file_changes_nothing(parts, command):
    whole = pieces(command, "".join(parts))
    other = "test:\n\tpytest -x\nlint: ; true\n"
    files = Files(Makefile="include parts.mk\n", parts__mk="".join(parts), other__mk=other)
    moved = trace_command(files, "unit", command)
    assert {name: (piece.text, piece.decides) for name, piece in moved.pieces.items()} == whole


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="abc:=$(){}%\\\t\n;#|&!+?@- .endifdefineincluder", max_size=200))
def test_no_text_ends_the_reading(text):
    assert pieces("make test; make", text) == pieces("make test; make", text)
