"""What one call of just runs, in order, with the words that each recipe takes."""

from __future__ import annotations

import pytest

from conductor.recipes.calls import JustCall
from conductor.recipes.justfile import read_justfile
from conductor.recipes.package import scripts_of, scripts_run
from conductor.recipes.serving import Serving


class Noted:
    """Notes what is run."""

    def __init__(self):
        self.ran = []
        self.missed = []

    def miss(self, name):
        self.missed.append(name)

    def begin(self, recipe):
        pass

    def body(self, recipe, lines):
        self.ran += [text for _, text in lines]


def served(text, *words):
    noted = Noted()
    Serving(read_justfile({"justfile": text}.get, ("justfile",)), noted).run(JustCall(words).words)
    return noted


RUNS = {
    "the default": ("a:\n    one\nb:\n    two\n", [], ["one"]),
    "the recipe called default": ("a:\n    one\ndefault:\n    two\n", [], ["two"]),
    "several": ("a:\n    one\nb:\n    two\n", ["b", "a"], ["two", "one"]),
    "what is needed before and after": ("a: b && c\n    one\nb:\n    two\nc:\n    three\n", [], ["two", "one", "three"]),
    "each once": ("a: c\n    one\nb: c\n    two\nc:\n    three\n", ["a", "b"], ["three", "one", "two"]),
    "once with each word": ("a: (c 'x') (c 'y') (c 'x')\nc w:\n    see {{w}}\n", [], ["see x", "see y"]),
    "words": ("a x y='z':\n    one {{x}} {{y}}\nb:\n    two\n", ["a", "1", "2", "b"], ["one 1 2", "two"]),
    "a default of a parameter": ("v := 'q'\na x=v:\n    one {{x}}\n", [], ["one q"]),
    "all words that are left": ("a x *rest:\n    one {{x}} {{rest}}\n", ["a", "1", "2", "3"], ["one 1 2 3"]),
    "no words that are left": ("a *rest='d':\n    one {{rest}}\n", [], ["one d"]),
    "an alias": ("alias t := a\na:\n    one\n", ["t"], ["one"]),
}  # fmt: skip


@pytest.mark.parametrize("case", RUNS)
def test_recipes_run_as_just_runs_them(case):
    text, words, ran = RUNS[case]
    assert served(text, *words).ran == ran


def test_a_name_that_is_no_recipe_ends_the_call():
    noted = served("a:\n    one\nb:\n    two\n", "a", "no", "b")
    assert (noted.ran, noted.missed) == (["one"], ["no"])


def test_a_circle_ends():
    assert served("a: b\n    one\nb: a\n    two\n").ran == ["two", "one"]


@pytest.mark.parametrize(
    ("name", "ran"),
    [
        ("test", ["pretest", "test"]),
        ("build", ["build", "postbuild"]),
        ("install", ["preinstall", "prepare"]),
        ("none", []),
        ("bad", []),
    ],
)
def test_scripts_run_with_what_comes_before_and_after(name, ran):
    names = ("pretest", "test", "build", "postbuild", "preinstall", "prepare")
    scripts = scripts_of({"scripts": {**dict.fromkeys(names, "x"), "bad": 1}})
    assert scripts_run(scripts, name) == ran


@pytest.mark.parametrize("data", [None, [], {"scripts": []}, {"scripts": {"a": {}}}, "x"])
def test_what_has_no_scripts_has_none(data):
    assert scripts_of(data) == {}
