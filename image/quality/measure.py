"""How much one luma plane is like another: PSNR and SSIM.

PSNR is 10 log10(255² / mean squared error). SSIM is the mean of the index's map as its authors compute it: a Gaussian
window of 11x11 with a standard deviation of 1.5, K1 = 0.01, K2 = 0.03, L = 255, where the window fits as a whole.

Wang, Z., Bovik, A. C., Sheikh, H. R., Simoncelli, E. P. (2004): Image quality assessment: from error visibility to
structural similarity. IEEE Transactions on Image Processing 13(4), 600-612.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quality.clips import Luma, Plane

_RADIUS, _SIGMA = 5, 1.5
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much a clip is like its reference: PSNR of all frames' mean squared error in dB, mean SSIM, worst frames."""

    psnr_db: float
    ssim: float
    worst_psnr_db: float
    worst_ssim: float
    frames: int


def measure_clip(reference: Iterable[Luma], other: Iterable[Luma]) -> Likeness:
    """Compare two clips frame by frame; raises ValueError where their lengths or sizes differ, or no frame is there."""
    errors, likenesses = [], []
    for one, two in zip(reference, other, strict=True):
        errors.append(mean_squared_error(one, two))
        likenesses.append(measure_ssim(one, two))
    if not errors:
        raise ValueError("a clip without frames can't be measured")
    count = len(errors)
    return Likeness(to_db(sum(errors) / count), sum(likenesses) / count, to_db(max(errors)), min(likenesses), count)


def mean_squared_error(one: Luma, two: Luma) -> float:
    """Return the mean squared difference of two planes of one size, in squared levels."""
    if one.shape != two.shape:
        raise ValueError(f"planes of {one.shape} and {two.shape} can't be compared")
    return float(np.mean((one.astype(np.float64) - two.astype(np.float64)) ** 2))


def to_db(squared_error: float) -> float:
    """Return the PSNR of a mean squared error; infinite for none."""
    return 10 * math.log10(255**2 / squared_error) if squared_error else math.inf


def measure_ssim(one: Luma, two: Luma) -> float:
    """Return the mean structural similarity of two planes of at least 11x11; 1 for equal ones."""
    a, b = one.astype(np.float64), two.astype(np.float64)
    mean_a, mean_b = _blur(a), _blur(b)
    variance_a, variance_b = _blur(a * a) - mean_a**2, _blur(b * b) - mean_b**2
    covariance = _blur(a * b) - mean_a * mean_b
    likeness = ((2 * mean_a * mean_b + _C1) * (2 * covariance + _C2)) / (
        (mean_a**2 + mean_b**2 + _C1) * (variance_a + variance_b + _C2)
    )
    return float(likeness.mean())


def _blur(plane: Plane) -> Plane:
    """Return the Gaussian mean around each point whose 11x11 window lies inside."""
    return _slide(_slide(plane, 0), 1)


def _slide(plane: Plane, axis: int) -> Plane:
    windows = np.lib.stride_tricks.sliding_window_view(plane, 2 * _RADIUS + 1, axis=axis)
    return np.asarray(windows @ _weights())


def _weights() -> NDArray[np.float64]:
    weights = np.exp(-(np.arange(-_RADIUS, _RADIUS + 1) ** 2) / (2 * _SIGMA**2))
    return np.asarray(weights / weights.sum())
