"""Slower is said only of what is slower: laws over noise, and what may be compared with what."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction
from math import comb
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conductor.domain.evidence import Evidence, EvidenceLine, Outcome
from conductor.domain.speed import LEAST_S, Limits, compare, is_slower, read_samples

seconds = st.floats(0, 10_000)
times = st.lists(seconds, min_size=1, max_size=6)


@pytest.mark.parametrize(("now", "before"), [(1, 1), (2, 2), (3, 3), (3, 1), (2, 5), (5, 5)])
def test_of_all_orders_that_equal_speed_can_bring_at_most_one_is_called_slower(now, before):
    found = 0
    for chosen in itertools.combinations(range(now + before), now):
        mine = [10.0**number for number in chosen]
        theirs = [10.0**number for number in range(now + before) if number not in chosen]
        found += is_slower(mine, theirs, 0)
    assert Fraction(found, comb(now + before, now)) <= Fraction(1, comb(now + before, now))


@given(times, times, st.floats(0, 1000))
def test_what_is_called_slower_is_slower_in_each_job_by_the_percentage_and_by_half_a_second(now, before, percent):
    if is_slower(now, before, percent):
        assert min(now) > max(before)
        assert median(now) > median(before) * (1 + percent / 100) - 1e-6
        assert median(now) - median(before) > LEAST_S


@given(times, times, st.floats(0, 1000), st.floats(0, 100))
def test_a_job_that_took_longer_or_a_lower_percentage_never_takes_the_word_back(now, before, percent, more):
    if is_slower(now, before, percent):
        assert is_slower([one + more for one in now], before, percent)
        assert is_slower(now, before, percent * 0.5)


@given(times, st.floats(0, 1000))
def test_the_same_times_are_never_slower(now, percent):
    assert not is_slower(now, now, percent)


@pytest.mark.parametrize(
    ("spread", "factor", "least", "most"),
    [
        (0.03, 1, 0, 0),
        (0.1, 1, 0, 0.01),
        (0.2, 1, 0, 0.05),
        (0.4, 1, 0, 0.06),
        (0.1, 1.5, 0.9, 1),
        (0.03, 1.5, 0.99, 1),
    ],
)
def test_three_jobs_against_three_seldom_stop_a_release_for_noise_and_find_half_more(spread, factor, least, most):
    draw = random.Random(20260101)

    def job(scale):
        return 20 * scale * draw.lognormvariate(0, spread)

    runs = 2000
    stopped = sum(is_slower([job(factor) for _ in "abc"], [job(1) for _ in "abc"], 25) for _ in range(runs))
    assert least <= stopped / runs <= most


def line(seq, kind="smoke", digest="a", outcome=Outcome.PASSED, writer=None, target="production", **detail):
    evidence = Evidence(kind, f"{target}@{digest}", outcome, f"2026-01-{seq:02}T10:00:00Z", "job", detail)
    return EvidenceLine(writer or f"r-{digest}", seq, None, evidence, f"{seq:064x}")


def jobs(*warm, cold=(), gpu="NVIDIA L40", clock="queue"):
    kinds = [*((one, False) for one in cold), *((one, True) for one in warm)]
    return {"jobs": [{"job": "j", "s": one, "warm": is_warm, "gpu": gpu, "clock": clock} for one, is_warm in kinds]}


WARM = Limits(warm_percent=25)
BOTH = Limits(warm_percent=25, cold_percent=100)


def told(last, *earlier, limits=WARM):
    found = compare(last, [*earlier, last], limits)
    return found.slower, found.told


def test_warm_and_cold_are_compared_apart_each_with_its_own_percentage():
    before = line(1, **jobs(10, 10.2, 10.4, cold=[60]))
    same = line(2, digest="b", **jobs(11, 10.1, 11.5, cold=[100]))
    assert told(same, before, limits=BOTH) == (
        False,
        "warm 11 s (median of 3), 10.2 s before, +8% on NVIDIA L40; cold 100 s, 60 s before, +67% on NVIDIA L40",
    )
    assert told(line(3, digest="c", **jobs(10, cold=[121])), before, limits=BOTH)[0]
    assert told(line(3, digest="c", **jobs(14, 15, 16, cold=[60])), before, limits=BOTH)[0]
    assert not told(line(3, digest="c", **jobs(10.3, 15, 16, cold=[60])), before, limits=BOTH)[0]


NOTHING = "no earlier release has times of warm jobs on NVIDIA L40 for this smoke job"


@pytest.mark.parametrize(
    ("earlier", "said"),
    [
        ([], NOTHING),
        ([line(1, **jobs(1, gpu="NVIDIA L40S"))], NOTHING),
        ([line(1, **jobs(1, gpu=None))], NOTHING),
        ([line(1, **jobs(1, clock="answer"))], NOTHING),
        ([line(1, **jobs(cold=[1]))], NOTHING),
        ([line(1, target="staging", **jobs(1))], NOTHING),
        ([line(1, digest="b", **jobs(1))], NOTHING),  # the same image
        ([line(1, outcome=Outcome.FAILED, **jobs(1))], NOTHING),
        ([line(1, job_hash="other", **jobs(1))], NOTHING),
        ([line(1, **jobs(1)), line(2, "performance", outcome=Outcome.FAILED)], NOTHING),
        ([line(1, **jobs(1)), line(2, "restored", digest="old", writer="r-a")], NOTHING),
        ([line(9, **jobs(1))], NOTHING),  # a later release
        ([line(1, **jobs())], NOTHING),
        ([line(1, jobs="none")], NOTHING),
        ([line(1, jobs=[None, {"s": "1", "warm": True}, {"s": True, "warm": True, "gpu": "NVIDIA L40"}])], NOTHING),
    ],
)
def test_what_can_t_be_compared_is_said_and_stops_nothing(earlier, said):
    assert told(line(5, digest="b", job_hash="mine", input={"x": 1}, **jobs(100)), *earlier, limits=WARM) == (
        False,
        said,
    )


@pytest.mark.parametrize(
    "withdrawn",
    [
        line(2, "restored", digest="old", writer="r-other"),
        line(2, "restored", target="staging", digest="old", writer="r-a"),
        line(2, "smoke", outcome=Outcome.FAILED, writer="r-a", asked_again="x"),
        line(1, "smoke", outcome=Outcome.FAILED, writer="r-a"),
    ],
)
def test_what_another_said_or_what_came_before_withdraws_nothing(withdrawn):
    last = line(5, digest="b", **jobs(100))
    assert told(last, line(1, **jobs(10)), withdrawn)[0]


def test_the_last_release_on_that_gpu_counts_however_far_back():
    lines = [line(1, **jobs(50)), line(2, digest="b", **jobs(10)), line(3, digest="c", **jobs(5, gpu="NVIDIA A40"))]
    last = line(4, digest="d", **jobs(20))
    slower, said = told(last, *lines)
    assert slower
    assert "10 s before" in said
    assert compare(last, lines, WARM).rows[0].against == lines[1].reference


def test_jobs_on_two_gpus_are_two_comparisons():
    last = line(4, digest="b", jobs=[*jobs(20)["jobs"], *jobs(5, gpu="NVIDIA A40")["jobs"]])
    found = compare(last, [line(1, **jobs(10)), line(2, digest="c", **jobs(5, gpu="NVIDIA A40"))], WARM)
    assert [(row.gpu, row.slower) for row in found.rows] == [("NVIDIA L40", True), ("NVIDIA A40", False)]
    assert found.as_detail()["others"] == [
        {"gpu": "NVIDIA A40", "warm_s": 5.0, "warm_s_limit": 6.25, "warm_s_before": 5.0, "warm_s_jobs": 1,
         "warm_s_against": f"r-c#2:{'0' * 8}"}
    ]  # fmt: skip


def test_a_gpu_that_nobody_tells_is_no_gpu_to_compare_on():
    last, before = line(2, digest="b", **jobs(100, gpu=None)), line(1, **jobs(1, gpu=None))
    assert told(last, before) == (False, "the warm jobs tell no GPU, and only times on the same one are compared")


def test_a_gpu_s_name_may_be_spaced_otherwise():
    assert told(line(2, digest="b", **jobs(100)), line(1, **jobs(1, gpu=" NVIDIA  L40 ")))[0]


def test_a_limit_in_seconds_needs_no_earlier_release_and_no_gpu():
    limits = Limits(warm_percent=25, max_warm_s=60)
    assert told(line(1, **jobs(70, gpu=None)), limits=limits)[0]
    assert not told(line(1, **jobs(50, gpu=None)), limits=limits)[0]
    assert told(line(2, digest="b", **jobs(61)), line(1, **jobs(60)), limits=limits)[0]
    assert told(line(2, digest="b", **jobs(61)), line(1, **jobs(60, gpu=None)), limits=Limits(max_warm_s=60)) == (
        True,
        "warm 61 s, limit 60 s",
    )


def test_times_of_older_evidence_are_read_and_lines_without_a_hash_compared_by_their_input():
    old = line(1, warm_s=10.0, cold_s=60.0, output={"gpu": "NVIDIA L40"}, input={"video": "(9 characters)"})
    assert [(one.seconds, one.warm, one.gpu) for one in read_samples(old)] == [
        (10.0, True, "NVIDIA L40"),
        (60.0, False, "NVIDIA L40"),
    ]
    assert told(line(2, digest="b", input={"video": "(9 characters)"}, job_hash="x", **jobs(20)), old)[0]
    assert not told(line(2, digest="b", input={"video": "(8 characters)"}, job_hash="x", **jobs(20)), old)[0]


@pytest.mark.parametrize("value", [None, True, "10", float("nan"), float("inf"), -1, [10]])
def test_what_is_no_time_is_no_time(value):
    assert read_samples(line(1, warm_s=value)) == []
    assert read_samples(line(1, jobs=[{"s": value, "warm": True}])) == []
