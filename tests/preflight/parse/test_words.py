import pytest
from hypothesis import given
from hypothesis import strategies as st

from conductor.preflight.parse.words import expand, parse_assignments, split_words, unquote, variables_in

VALUES = {"A": "one", "EMPTY": "", "HIDDEN": None, "FILE": "a.b.tar.gz"}


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("$A", "one"),
        ("${A}", "one"),
        ("x${A}y", "xoney"),
        ("$MISSING", ""),
        ("${MISSING:-d}", "d"),
        ("${EMPTY:-d}", "d"),
        ("${EMPTY-d}", ""),
        ("${A:+set}", "set"),
        ("${MISSING:+set}", ""),
        ("${MISSING:-${A}}", "one"),
        ("'$A'", "$A"),
        ('"$A"', "one"),
        ("\\$A", "$A"),
        ("$HIDDEN", None),
        ("${HIDDEN:-d}", None),
        ("${FILE%.*}", "a.b.tar"),
        ("${FILE%%.*}", "a"),
        ("${FILE#*.}", "b.tar.gz"),
        ("${FILE##*.}", "gz"),
        ("${FILE/tar/zip}", "a.b.zip.gz"),
        ("$", "$"),
        ("${", ""),
    ],
)
def test_a_word_is_expanded_as_the_builder_expands_it(word, text):
    assert expand(word, VALUES) == text


@given(st.text("ab$%{}#:-+'\"\\ AB", max_size=30))
def test_any_word_can_be_expanded(word):
    expand(word, VALUES)
    unquote(word)
    variables_in(word)


@given(st.text("ab'\" \\\t", max_size=40))
def test_splitting_keeps_every_visible_character(text):
    words = split_words(text)
    assert all(text[word.start : word.end] == word.raw for word in words)
    assert "".join("".join(word.raw.split()) for word in words) == "".join(text.split())


def test_assignments_know_both_forms():
    assert parse_assignments('A=1 B="x y"') == [("A", "1", 0), ("B", '"x y"', 4)]
    assert parse_assignments("A some words") == [("A", "some words", 0)]
