"""Clips with detail, made by formula: the same picture for the same size and seed, and nothing to download.

Each is a function of (frames, width, height) that yields 8-bit luma planes of limited range (16 to 235, ITU-R BT.601),
as `uint8` arrays of (height, width). What moves, moves by fractions of a pixel. `CLIPS` names them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Luma = NDArray[np.uint8]
Plane = NDArray[np.float64]
Clip = Callable[[int, int, int], Iterator[Luma]]

SEED = 20_260_101
_FINE = 4  # a drawn pixel is the mean of 4x4 points: edges are antialiased
_GLYPH_ROWS, _GLYPH_COLUMNS = 7, 5


def make_zone_plate(frames: int, width: int, height: int) -> Iterator[Luma]:
    """Yield rings whose frequency rises from the middle to half a cycle a pixel at the corners, moving inwards."""
    y, x = _coordinates(width, height)
    squared = x**2 + y**2
    for index in range(frames):
        yield _to_luma(0.5 + 0.5 * np.cos(np.pi * squared / (2 * squared.max() ** 0.5) + 0.4 * index))


def make_gratings(frames: int, width: int, height: int) -> Iterator[Luma]:
    """Yield 4x2 fields of sine gratings from 0.03 to 0.25 cycles a pixel, each in its own direction, all moving."""
    y, x = _coordinates(width, height)
    field = np.minimum((x - x.min()) * 4 // width, 3) + 4 * np.minimum((y - y.min()) * 2 // height, 1)
    frequency = 0.03 * (0.25 / 0.03) ** (field / 7)
    along = x * np.cos(field * np.pi / 8) + y * np.sin(field * np.pi / 8)
    for index in range(frames):
        yield _to_luma(0.5 + 0.45 * np.sin(2 * np.pi * frequency * (along - 0.37 * index)))


def make_text(frames: int, width: int, height: int) -> Iterator[Luma]:
    """Yield rows of random 5x7 signs, strokes of 1 to 3 pixels, dark on light, scrolling by 0.75 pixels a frame."""
    step = 3 * _FINE // 4
    page = _write_page(height * _FINE, (width + frames) * _FINE)
    for index in range(frames):
        yield _to_luma(_average(page[:, index * step : index * step + width * _FINE], _FINE))


def make_noise(frames: int, width: int, height: int) -> Iterator[Luma]:
    """Yield noise whose amplitude falls with 1/frequency, as natural pictures' does, moving by (0.7, 0.3) pixels.

    Field, D. J. (1987): Relations between the statistics of natural images and the response properties of cortical
    cells. JOSA A 4(12), 2379-2394. The move is a shift of phases, so the spectrum is the same in every frame.
    """
    spectrum = _falling_spectrum(width, height, np.random.default_rng(SEED))
    for index in range(frames):
        yield _to_luma(0.5 + 0.16 * _shift(spectrum, 0.7 * index, 0.3 * index, width, height))


def make_scene(frames: int, width: int, height: int) -> Iterator[Luma]:
    """Yield what a film might show: sky, hills, houses with windows, a passing ball, a slow pan, film grain."""
    random = np.random.default_rng(SEED + 1)
    ground = _falling_spectrum(width, height, random)
    for index in range(frames):
        texture = _shift(ground, -0.6 * index, 0.0, width, height)
        drawn, is_ground = (_average(plane, _FINE) for plane in _draw_scene(index, width, height))
        picture = drawn + is_ground * (0.38 + 0.09 * texture)
        yield _to_luma(picture + random.normal(0, 1.5 / 255, picture.shape))


def make_card(frames: int, width: int, height: int) -> Iterator[Luma]:
    """Yield flat fields with hard edges, as a test card, a cartoon or a screen has: bars, steps and moving blocks."""
    y, x = np.mgrid[0:height, 0:width]
    bars = 0.1 + 0.8 * (x * 8 // width) / 7
    steps = np.where((x // 5 + y // 5) % 2 == 0, 0.85, 0.15)
    still = np.where(y < height // 2, bars, np.where(x < width // 2, steps, 0.5))
    for index in range(frames):
        picture = still.copy()
        for number in range(6):
            left, top = (width * number // 6 + 3 * index) % width, height // 4 + 17 * number % (height // 2)
            picture[top : top + 9 + 2 * number, left : left + 12 + 3 * number] = number % 2
        yield _to_luma(picture)


CLIPS: dict[str, Clip] = {
    "zone plate": make_zone_plate,
    "gratings": make_gratings,
    "text": make_text,
    "noise": make_noise,
    "scene": make_scene,
    "card": make_card,
}


def _coordinates(width: int, height: int) -> tuple[Plane, Plane]:
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    return y - (height - 1) / 2, x - (width - 1) / 2


def _to_luma(picture: Plane) -> Luma:
    return np.rint(16 + 219 * np.clip(picture, 0, 1)).astype(np.uint8)


def _average(plane: Plane, factor: int) -> Plane:
    height, width = (side // factor for side in plane.shape)
    blocks = plane[: height * factor, : width * factor].reshape(height, factor, width, factor)
    return np.asarray(blocks.mean(axis=(1, 3)))


def _write_page(height: int, width: int) -> Plane:
    random = np.random.default_rng(SEED + 2)
    page = np.full((height, width), 0.95)
    top, row = _FINE * 2, 0
    while top < height:
        stroke = (_FINE, _FINE * 3 // 2, _FINE * 2, _FINE * 3)[row % 4]
        tall, wide = _GLYPH_ROWS * stroke, _GLYPH_COLUMNS * stroke
        for left in range(_FINE * 2, width, wide + 2 * stroke):
            sign = np.kron(random.random((_GLYPH_ROWS, _GLYPH_COLUMNS)) < 0.45, np.ones((stroke, stroke)))
            part = page[top : top + tall, left : left + wide]
            part[sign[: part.shape[0], : part.shape[1]] > 0] = 0.08
        top, row = top + tall + 3 * stroke, row + 1
    return page


def _falling_spectrum(width: int, height: int, random: np.random.Generator) -> NDArray[np.complex128]:
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :])
    frequency[0, 0] = np.inf  # no constant part
    spectrum = np.fft.rfft2(random.normal(size=(height, width))) / frequency
    return np.asarray(spectrum / np.fft.irfft2(spectrum, s=(height, width)).std())


def _shift(spectrum: NDArray[np.complex128], right: float, down: float, width: int, height: int) -> Plane:
    turns = np.fft.rfftfreq(width)[None, :] * right + np.fft.fftfreq(height)[:, None] * down
    return np.asarray(np.fft.irfft2(spectrum * np.exp(-2j * np.pi * turns), s=(height, width)))


def _draw_scene(index: int, width: int, height: int) -> tuple[Plane, Plane]:
    """Return, at _FINE points a pixel, the drawing (0 where the ground is) and 1 where the ground is."""
    y, x = np.mgrid[0 : height * _FINE, 0 : width * _FINE] / (_FINE * height)
    pan = 0.6 * index / height
    picture = 0.85 - 0.25 * y  # the sky, in heights of the picture
    away = x + pan
    picture[y > 0.42 + 0.05 * np.sin(5 * away) + 0.02 * np.sin(23 * away)] = 0.55
    ground = y > 0.62 + 0.04 * np.sin(2.1 * away + 1)
    picture[ground] = 0.0
    for number in range(6):
        left, top, wide, tall = 0.12 + 0.3 * number - pan, 0.50 + 0.03 * (number % 3), 0.14, 0.22
        u, v = (x - left) / wide, (y - top - 0.04 * (x - left)) / tall  # a little slanted
        house = (u > 0) & (u < 1) & (v > 0) & (v < 1)
        ground[house], picture[house] = False, 0.72
        picture[house & (u * 4 % 1 > 0.35) & (u * 4 % 1 < 0.8) & (v * 3 % 1 > 0.3) & (v * 3 % 1 < 0.75)] = 0.12
    ball = np.hypot(x - 0.2 - 1.7 * index / height, y - 0.3 - 0.4 * np.sin(index / 5) / 10)
    for radius, level in ((0.09, 0.97), (0.05, 0.3)):
        ground[ball < radius], picture[ball < radius] = False, level
    return picture, ground.astype(np.float64)
