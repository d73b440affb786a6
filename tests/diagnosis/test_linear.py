"""No pattern of the catalogue gets slow, whatever the text: what repeats has a bound (benchmarks/ has the seconds)."""

from __future__ import annotations

import re
import warnings
from re import _parser as parser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conductor.diagnosis import ends
from conductor.diagnosis.causes import built_in
from conductor.diagnosis.linear import MOST, compile_linear
from tests.diagnosis.pumping import bounds_of

PATTERNS = sorted(
    {
        pattern.pattern
        for cause in built_in()
        for sign in cause.signs
        for pattern in (sign.match, sign.unless, sign.near)
        if pattern is not None
    }
    | {ends._BAD.pattern, ends._GOOD.pattern}
)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_each_repeat_has_a_bound_and_none_stands_in_another_one(pattern):
    """So each start costs no more than a constant."""
    for most, inside in bounds_of(parser.parse(pattern)):
        assert most <= 2 * MOST
        assert min(most, inside) <= 12


@pytest.mark.parametrize("pattern", [r"(?:a+)+b", r"(a*)*", r"(?:\w+ ?)+$", r"((?:x{2,})y?)*", r"(?:a{1,50}){20,}"])
def test_a_repeat_within_a_repeat_is_refused(pattern):
    with pytest.raises(re.error, match="repeat within a repeat"):
        compile_linear(pattern)


@pytest.mark.parametrize(
    ("written", "compiled"),
    [
        ("a*", "a{0,300}"),
        ("a+?b", "a{1,300}?b"),
        (r"a\*[*+]\+", r"a\*[*+]\+"),
        ("a{2,}b{3}c{1,4}", "a{2,300}b{3}c{1,4}"),
        ("[]*]+", "[]*]{1,300}"),
        (r"[^\]+]*", r"[^\]+]{0,300}"),
        ("(?:a{1,3})*", "(?:a{1,3}){0,300}"),
        ("a{,5}{", "a{0,5}{"),
    ],
)
def test_every_unbounded_repeat_gets_a_bound_and_nothing_else_changes(written, compiled):
    assert compile_linear(written).pattern == compiled


@given(
    st.text(st.sampled_from("ab()[]{}*+?\\|.^$,1"), max_size=12),
    st.text(st.sampled_from("ab()[]*+,1"), max_size=12),
)
def test_a_pattern_with_bounds_finds_what_it_found_without(pattern, text):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            bounded = compile_linear(pattern)
    except (re.error, OverflowError):
        return
    plain = re.compile(pattern).search(text)
    found = bounded.search(text)
    assert (plain and plain.span()) == (found and found.span())
