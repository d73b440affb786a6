"""No pattern of the catalogue gets slow, whatever the text: ten times as long takes about ten times as long."""

from __future__ import annotations

import re
import time
import warnings
from re import _parser as parser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conductor.diagnosis import ends
from conductor.diagnosis.causes import built_in
from conductor.diagnosis.linear import MOST, compile_linear
from tests.diagnosis.pumping import bounds_of, list_pumps

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
SHORT, LONG = 3_000, 30_000
# What is quadratic takes a hundred times as long; what is linear about ten, on a machine that has other things to do.
MOST_TIMES, NOTHING_S = 40, 0.05


@pytest.mark.parametrize("pattern", PATTERNS)
def test_each_repeat_has_a_bound_and_none_stands_in_another_one(pattern):
    """So each start costs no more than a constant."""
    for most, inside in bounds_of(parser.parse(pattern)):
        assert most <= 2 * MOST
        assert min(most, inside) <= 12


def cpu_s(pattern: re.Pattern[str], pump: str, size: int) -> float:
    text = (pump * (size // len(pump) + 1))[:size]
    took = []
    for _ in range(3):
        began = time.process_time()
        pattern.search(text)
        took.append(time.process_time() - began)
    return min(took)


def slowest_pump(pattern: re.Pattern[str]) -> str:
    pumps = list_pumps(pattern.pattern)
    return max(pumps, key=lambda pump: cpu_s(pattern, pump, SHORT), default="")


@pytest.mark.parametrize("part", range(8))
def test_ten_times_as_long_takes_no_more_than_some_times_ten(part):
    for text in PATTERNS[part::8]:
        pattern = re.compile(text)
        pump = slowest_pump(pattern)
        if pump:
            long = cpu_s(pattern, pump, LONG)
            assert long <= MOST_TIMES * cpu_s(pattern, pump, SHORT) + NOTHING_S, (text, pump)


@pytest.mark.parametrize("slow", [r"a.*b", r"(?:a|b)+c", r"\w+x"])
def test_the_pumps_find_what_is_slow(slow):
    """A pattern without a bound takes quadratic time on one of its own pumps; with the bound it does not."""
    size = 12_000
    unbounded = max(cpu_s(re.compile(slow), pump, size) for pump in list_pumps(slow))
    bounded = max(cpu_s(compile_linear(slow), pump, size) for pump in list_pumps(slow))
    assert bounded < unbounded / 2


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
