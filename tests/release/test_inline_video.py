"""A video is found in whatever form a job or an answer holds it, and nothing else is taken for one."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conductor.release.inline_video import find_video

MP4 = b"\0\0\0\x20ftypisom" + bytes(range(256)) * 3
OTHERS = [
    b"\x1aE\xdf\xa3" + bytes(300),
    b"RIFF\0\0\0\0AVI LIST" + bytes(300),
    b"G" + bytes(187) + b"G" + bytes(300),
    b"DKIF" + bytes(300),
]


def text(video=MP4):
    return base64.b64encode(video).decode()


@pytest.mark.parametrize("video", [MP4, *OTHERS])
def test_each_container_is_known_by_its_beginning(video):
    assert find_video({"video": text(video)}) == video


@pytest.mark.parametrize(
    "held",
    [
        {"video": text()},
        {"output": {"files": [{"name": "a.mp4", "data": text()}]}},
        [text()],
        {"video": f"data:video/mp4;base64,{text()}"},
        {"video": f"data:video/mp4;codecs=avc1;base64,{text()}"} | {"video": f"data:;base64,{text()}"},
        {"video": "\n".join(text()[start : start + 76] for start in range(0, len(text()), 76))},
        {"video": f"{text()}\n"},
        {"prompt": "a cat", "image": text(b"\x89PNG\r\n\x1a\n" + bytes(300)), "clip": text()},
    ],
)
def test_it_is_found_wherever_it_stands(held):
    assert find_video(held) == MP4


@pytest.mark.parametrize(
    "held",
    [
        None, 7, "", "https://example.org/a.mp4", {"video_url": "https://example.org/a.mp4"}, text(b"no video at all" * 30),
        text()[:-3], text()[:400] + "*" + text()[401:], {"output": "x" * 1000},
    ],
)  # fmt: skip
def test_what_is_none_is_not_taken_for_one(held):
    assert find_video(held) is None


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda one: st.lists(one) | st.dictionaries(st.text(), one)
    )
)
def test_anything_may_be_looked_through(value):
    assert find_video(value) is None


def test_what_lies_too_deep_is_not_looked_for():
    held = text()
    for _ in range(2000):
        held = [held]
    assert find_video(held) is None
