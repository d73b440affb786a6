"""What one call of make makes, in order, with what its makefile leaves open."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from conductor.recipes.calls import MakeCall
from conductor.recipes.makefile import read_makefile
from conductor.recipes.making import Making


class Noted:
    """Notes what is made, and goes on with everything."""

    def __init__(self):
        self.ran = []
        self.missed = []
        self.conditions = {}

    def miss(self, target, depth):
        self.missed.append((target, depth))

    def begin(self, made):
        pass

    def need(self, made, target, make, holds):
        self.conditions[target] = holds
        make()

    def recipe(self, made):
        self.ran += [text for _, holds, text in made.lines() if holds is not False]


def made(text, *words):
    call = MakeCall(words)
    noted = Noted()
    makefile = read_makefile({"Makefile": text}.get, ("Makefile",), call.variables)
    making = Making(makefile, noted)
    for target in call.targets or [makefile.default]:
        making.make(target)
    return noted


ALIKE = {
    "what is needed comes first": ("a: b c\n\t@echo a\nb:\n\t@echo b\nc: b\n\t@echo c\n", []),
    "each target once": ("a: b b c\n\t@echo a\nb:\n\t@echo b\nc: b\n\t@echo c\n", []),
    "several goals": ("a:\n\t@echo a\nb:\n\t@echo b\n", ["b", "a"]),
    "a pattern with its stem": ("%-x: p\n\t@echo $* $@ $<\np:\n\t@echo p\n", ["one-x"]),
    "a pattern, and needs of the target itself": ("%-x:\n\t@echo $^\none-x: q\nq:\n\t@echo q\n", ["one-x"]),
    "a variable of the call": ("V = 1\na:\n\t@echo $(V)\n", ["V=2"]),
    "a variable of the target": ("V = 1\na: V = 3\na:\n\t@echo $(V)\n", []),
    "the parts of a path": ("o/t.x:\n\t@echo $(@D) $(@F)\n", []),
    "a default goal": (".DEFAULT_GOAL := b\na:\n\t@echo a\nb:\n\t@echo b\n", []),
    "a recipe on the rule's line": ("a: b ; @echo a\nb:;@echo b\n", []),
    "a condition that is known": ("X = 1\nifeq ($(X),1)\na:\n\t@echo yes\nelse\na:\n\t@echo no\nendif\n", []),
}  # fmt: skip


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
@pytest.mark.parametrize("case", ALIKE)
def test_what_is_made_is_what_make_itself_would_run(case, tmp_path):
    text, words = ALIKE[case]
    (tmp_path / "Makefile").write_text(text)
    run = subprocess.run(["make", "-n", *words], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert made(text, *words).ran == run.stdout.splitlines()


def test_a_goal_that_no_rule_makes_is_told_apart_from_a_file_that_is_needed():
    assert made("a: src.c\n\tcc src.c\n", "a", "b").missed == [("src.c", 1), ("b", 0)]


def test_whoever_looks_is_told_whether_a_condition_holds():
    text = "ifdef X\na: one\nendif\nifeq ($(shell uname),Linux)\na: two\nendif\na: three\na one two three: ; true\n"
    assert made(text, "a").conditions == {"one": False, "two": None, "three": True}


def test_a_circle_ends():
    assert made("a: b\n\techo a\nb: a\n\techo b\n", "a").ran == ["echo b", "echo a"]
