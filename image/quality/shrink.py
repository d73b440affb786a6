"""Make a plane smaller by a whole factor: `area` is the mean of each block, `bicubic` the cubic kernel made wider.

The cubic is Keys' with a = -0.5, stretched by the factor so that it lets nothing through that the smaller picture can't
hold (what Pillow calls BICUBIC, and Matlab's imresize does).

Keys, R. (1981): Cubic convolution interpolation for digital image processing. IEEE Transactions on Acoustics, Speech,
and Signal Processing 29(6), 1153-1160.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from quality.clips import Luma, Plane


def shrink_area(plane: Luma, factor: int) -> Luma:
    """Return the means of the factor x factor blocks, rounded; both sides are multiples of the factor."""
    height, width = (side // factor for side in plane.shape)
    return _to_bytes(plane.reshape(height, factor, width, factor).mean(axis=(1, 3)))


def shrink_bicubic(plane: Luma, factor: int) -> Luma:
    """Return the plane through the stretched cubic kernel, rounded; outside the border is nothing."""
    rows, columns = (_weights(side, factor) for side in plane.shape)
    return _to_bytes(rows @ plane.astype(np.float64) @ columns.T)


SHRINKERS: dict[str, Callable[[Luma, int], Luma]] = {"area": shrink_area, "bicubic": shrink_bicubic}


def _weights(side: int, factor: int) -> Plane:
    """Return the matrix that takes `side` values to `side // factor`."""
    matrix = np.zeros((side // factor, side))
    for index in range(side // factor):
        middle = (index + 0.5) * factor - 0.5
        weights = _keys(np.abs(np.arange(side) - middle) / factor)
        matrix[index] = weights / weights.sum()
    return matrix


def _keys(distance: Plane) -> Plane:
    a = -0.5
    near = (a + 2) * distance**3 - (a + 3) * distance**2 + 1
    far = a * (distance**3 - 5 * distance**2 + 8 * distance - 4)
    return np.where(distance <= 1, near, np.where(distance < 2, far, 0.0))


def _to_bytes(plane: Plane) -> Luma:
    return np.rint(np.clip(plane, 0, 255)).astype(np.uint8)
