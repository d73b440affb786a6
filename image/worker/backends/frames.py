"""Frame counts that SeedVR2 takes: it works on 4n+1 frames, so a video is padded before and trimmed after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

Frame = TypeVar("Frame")


def count_padded(frames: int) -> int:
    """Return the least 4n+1 that is not below the given count, which is at least 1."""
    if frames < 1:
        raise ValueError(f"a video has at least one frame, not {frames}")
    return frames + (1 - frames) % 4


def pad(frames: Iterable[Frame]) -> Iterator[Frame]:
    """Yield the frames, then the last one again until there are 4n+1; nothing for nothing."""
    count, last = 0, None
    for count, last in enumerate(frames, start=1):  # noqa: B007 (both are needed after the loop)
        yield last
    if last is not None:
        for _ in range(count_padded(count) - count):
            yield last


def trim(frames: Iterable[Frame], count: int) -> Iterator[Frame]:
    """Yield the first `count` frames: what `pad` added at the end goes."""
    return islice(frames, count)
