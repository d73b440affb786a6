"""What is chosen for a GPU's memory, a host's memory and a picture's size, against what was measured on a card."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from worker.backends.seedvr2 import settings
from worker.backends.seedvr2.settings import MEASURED, Memory, Settings, choose, even_batch, need, round_up, shrink
from worker.contract import JobError, Size

L40 = Memory(gpu=44.5, host=100)
SIZES = st.builds(Size, st.integers(16, 7680), st.integers(16, 4320))
MEMORIES = st.builds(Memory, st.floats(0, 200), st.floats(0, 500))


@pytest.mark.parametrize("peak", MEASURED)
def test_the_estimate_lies_above_each_measured_peak_and_not_far(peak):
    found = Settings(peak.batch, 0, peak.batch, peak.tiled, resident=False)
    estimate = settings.estimate_peak(Size(peak.pixels, 1), found)
    highest = max(peak.encode, peak.dit, peak.decode)
    assert highest <= estimate <= 1.35 * highest


@pytest.mark.parametrize(
    ("size", "batch", "tiled"),
    [
        (Size(896, 512), 33, False),
        (Size(1280, 720), 33, False),
        (Size(1920, 1080), 33, False),
        (Size(2560, 1440), 33, True),
        (Size(3840, 2160), 21, True),
    ],
)
def test_an_l40_gets_the_longest_batch_that_fits_and_tiles_only_where_needed(size, batch, tiled):
    found = choose(size, "3b", L40)
    assert (found.batch, found.tiled) == (batch, tiled)
    assert need(size, found, "3b") <= 44.5


@given(SIZES, MEMORIES, st.sampled_from(sorted(settings.DIT_GIB)))
def test_what_is_chosen_fits_and_a_refusal_means_that_nothing_does(size, memory, model):
    try:
        found = choose(size, model, memory)
    except JobError as error:
        assert error.code == "gpu_out_of_memory"
        assert all(need(size, other, model) > memory.gpu for other in settings.candidates(size, memory.host))
        return
    assert need(size, found, model) <= memory.gpu
    assert found.batch % 4 == 1
    assert 0 <= found.overlap < found.batch <= found.chunk
    assert (found.chunk - found.batch) % (found.batch - found.overlap) == 0


@given(SIZES, st.floats(1, 500))
def test_a_chunk_fits_into_the_hosts_memory_or_is_the_shortest_there_is(size, host):
    for found in settings.candidates(size, host):
        taken = found.chunk * size.width * size.height * settings.HOST_BYTES_PER_PIXEL / 2**30
        assert taken <= host * settings.HOST_SHARE or found.chunk == settings.BATCHES[-1]


@given(SIZES, MEMORIES)
def test_each_smaller_try_needs_less_and_they_end(size, memory):
    try:
        found = choose(size, "3b", memory)
    except JobError:
        return
    for _ in range(20):
        smaller = shrink(found)
        if smaller is None:
            return
        assert (smaller.tiled, -smaller.batch) >= (found.tiled, -found.batch)
        assert smaller != found
        found = smaller
    pytest.fail("it never ends")


@given(st.integers(1, 500), st.sampled_from(settings.BATCHES))
def test_an_even_batch_needs_no_more_batches_and_repeats_the_fewest_frames(frames, batch):
    overlap = settings.overlap_of(batch)
    even = even_batch(frames, batch, overlap)
    assert even % 4 == 1
    assert 1 <= even <= batch
    step, even_step = batch - overlap, even - (overlap if frames > even else 0)
    count = 1 if frames <= batch else -(-(frames - overlap) // step)
    assert (1 if frames <= even else -(-(frames - overlap) // even_step)) == count
    if frames <= batch:
        assert even == round_up(frames)


def test_thirty_frames_are_one_batch_of_thirty_three():
    assert even_batch(30, 33, 3) == 33
    assert even_batch(34, 33, 3) == 21


@pytest.mark.parametrize(
    ("source", "target", "work"),
    [
        (Size(960, 540), Size(1920, 1080), Size(1920, 1080)),
        (Size(540, 960), Size(1080, 1920), Size(1080, 1920)),
        (Size(640, 480), Size(1920, 1080), Size(1920, 1440)),
        (Size(101, 57), Size(202, 114), Size(202, 114)),
    ],
)
def test_the_work_has_the_sources_ratio_and_covers_the_target(source, target, work):
    assert settings.work_size(source, target) == work


def test_memory_of_the_host_is_read_here():
    assert 0 < settings.free_host_gib() < 100_000
