"""Chunks that share frames, and the seam between them: every frame once, in order, whatever the length."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from worker.backends.seedvr2.chunks import Seam, cut, fade_weights


@st.composite
def _plans(draw):
    batch = draw(st.sampled_from([5, 9, 13, 33]))
    overlap = draw(st.integers(0, min(3, batch - 1)))
    chunk = batch + draw(st.integers(0, 3)) * (batch - overlap)
    return draw(st.integers(0, 150)), chunk, batch, overlap


@given(_plans())
def test_each_frame_is_new_in_one_chunk_and_context_is_what_came_just_before(plan):
    count, chunk, batch, overlap = plan
    seen = []
    for part in cut(iter(range(count)), chunk, batch, overlap):
        assert part.frames[: part.context] == seen[len(seen) - part.context :]
        assert len(part.frames) <= max(chunk, batch)
        assert (part.overlap == min(overlap, part.context)) if seen else (part.context == part.overlap == 0)
        seen += part.frames[part.context :]
    assert seen == list(range(count))


@given(_plans())
def test_a_last_chunk_is_filled_up_with_frames_that_are_known(plan):
    count, chunk, batch, overlap = plan
    for part in cut(iter(range(count)), chunk, batch, overlap):
        assert len(part.frames) >= min(batch, count)


@given(_plans())
def test_what_comes_back_unchanged_is_joined_to_what_went_in(plan):
    count, chunk, batch, overlap = plan
    pictures = np.arange(count, dtype=np.uint8).reshape(count, 1, 1, 1).repeat(3, axis=3)
    seam, joined = Seam(overlap), []
    for part in cut(iter(pictures), chunk, batch, overlap):
        joined += seam.add(np.stack(part.frames), part.context, part.overlap)
    joined += seam.finish()
    assert [int(picture[0, 0, 0]) for picture in joined] == list(range(count))


def test_the_end_of_one_chunk_fades_into_the_beginning_of_the_next():
    seam = Seam(3)
    first, second = np.zeros((5, 1, 1, 3), np.uint8), np.full((5, 1, 1, 3), 100, np.uint8)
    joined = [*seam.add(first, 0, 0), *seam.add(second, 3, 3), *seam.finish()]
    assert [int(picture[0, 0, 0]) for picture in joined] == [0, 0, 0, 50, 100, 100, 100]


@pytest.mark.parametrize(
    ("count", "weights"), [(0, []), (1, [1]), (2, [1, 0]), (3, [1, 0.5, 0]), (5, [1, 1, 0.5, 0, 0]), (4, [1, 1, 0, 0])]
)
def test_the_weights_are_the_programs_own(count, weights):
    assert fade_weights(count) == pytest.approx(weights, abs=1e-9)
