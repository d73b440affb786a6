"""Videos compared: how much an enlarged one is like what it was before it was made smaller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much a video's luma is like the reference's: PSNR over all frames in dB, mean SSIM (1 for equal ones)."""

    psnr_db: float
    ssim: float


@dataclass(frozen=True, slots=True)
class Compared:
    """An enlarged video and bicubic's enlargement of the same source, both against the reference.

    Bicubic's went through an encoder, as any result has; `encoder` is what that alone cost it, never below 0.
    """

    result: Likeness
    bicubic: Likeness
    encoder: Likeness
    frames: int

    @property
    def margin(self) -> Likeness:
        """Return how far the result is above bicubic; equal to the reference is no further above than 100 dB."""
        most = 100.0
        above = min(self.result.psnr_db, most) - min(self.bicubic.psnr_db, most)
        return Likeness(above, self.result.ssim - self.bicubic.ssim)


class VideoFault(Exception):
    """One of the videos can't be compared: `which` is source, result or reference; the message follows its name."""

    def __init__(self, which: str, problem: str) -> None:
        super().__init__(problem)
        self.which = which
        self.problem = problem


class VideoJudge(Protocol):
    """Decodes videos and compares them."""

    def check(self, source: bytes, reference: bytes) -> None:
        """Raise VideoFault where a result for this source could not be compared with the reference.

        Raises MissingExtra where what decodes videos is not installed.
        """
        ...

    def compare(self, source: bytes, result: bytes, reference: bytes) -> Compared:
        """Compare the result, and bicubic's enlargement of the source, with the reference; raises VideoFault."""
        ...
