"""The words of signs are found in a piece's lines whatever stands around them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conductor.diagnosis.causes import built_in
from conductor.diagnosis.words import Words, shape_of

SAID = sorted({sign.has for cause in built_in() for sign in cause.signs})


@pytest.mark.parametrize("around", ["{}", "x: {} y", "\t({})", "\x1b[31m{}\x1b[0m", "2026 {}: 7", '"{}"'])
def test_the_words_of_every_sign_are_found_in_a_line_that_holds_them(around):
    words = Words(SAID)
    held = words.find([shape_of(around.format(said)) for said in SAID])
    assert [said for index, said in enumerate(SAID) if shape_of(said) not in held.get(index, ())] == []


@given(st.lists(st.sampled_from(["no space left", "error", "oops", "denied:", "403", "a", ""]), max_size=12))
def test_what_is_found_is_in_the_line(parts):
    shapes = [shape_of(" ".join(parts)), b"", shape_of("nothing here")]
    for index, found in Words(["no space left on", "error", "denied:", "space left"]).find(shapes).items():
        assert all(word in shapes[index] for word in found)


def test_the_name_of_an_exception_ends_in_what_is_looked_for():
    assert Words(["error"]).find([b"modulenotfounderror: x", b"errors"]) == {0: [b"error"], 1: [b"error"]}


def test_a_sign_without_a_letter_is_refused():
    with pytest.raises(ValueError, match="no letter"):
        Words(["137"])
