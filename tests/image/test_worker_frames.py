"""The laws of padding to 4n+1 and trimming back."""

from __future__ import annotations

import pytest
import worker_harness  # noqa: F401 (puts the image's modules on the path)
from hypothesis import given
from hypothesis import strategies as st
from worker.backends.frames import count_padded, pad, trim


@given(st.lists(st.integers(), min_size=1, max_size=60))
def test_padding_reaches_the_least_4n_plus_1_by_repeating_the_last_frame(frames):
    padded = list(pad(frames))
    assert len(padded) % 4 == 1
    assert 0 <= len(padded) - len(frames) <= 3
    assert padded[: len(frames)] == frames
    assert set(padded[len(frames) :]) <= {frames[-1]}


@given(st.lists(st.integers(), max_size=60))
def test_trimming_undoes_padding(frames):
    assert list(trim(pad(frames), len(frames))) == frames


@pytest.mark.parametrize(("frames", "padded"), [(1, 1), (2, 5), (5, 5), (6, 9), (24, 25), (25, 25)])
def test_a_count_is_padded_to_the_next_4n_plus_1(frames, padded):
    assert count_padded(frames) == padded


def test_no_frames_have_no_padded_count():
    with pytest.raises(ValueError, match="at least one frame"):
        count_padded(0)
