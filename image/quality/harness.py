"""Enlarge the clips with a backend and with bicubic, and compare both with the clips as they were.

The backend is given a lossless video (FFV1) and its frames are taken as they come, before any encoder: what differs is
the enlargement alone. Bicubic is libswscale's, FFmpeg's usual scaler (its cubic has B = 0, C = 0.6), and, where OpenCV
is installed, OpenCV's INTER_CUBIC (Keys' with a = -0.75) beside it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from quality.clips import CLIPS, Luma
from quality.measure import Likeness, measure_clip
from quality.shrink import SHRINKERS

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

WIDTH, HEIGHT, FRAMES, RATE = 384, 216, 12, 24  # divisible by 8: a quarter of each side is still even
MODEL = "3b"


@dataclass(frozen=True, slots=True)
class Row:
    """One clip, made smaller in one way by one factor: what the backend made of it, and what the baselines made.

    `opencv` is None where OpenCV is not installed.
    """

    clip: str
    shrunk: str
    scale: int
    backend: Likeness
    swscale: Likeness
    opencv: Likeness | None

    @property
    def margin(self) -> tuple[float, float]:
        """Return how far the backend is above swscale's bicubic: PSNR in dB, SSIM."""
        return self.backend.psnr_db - self.swscale.psnr_db, self.backend.ssim - self.swscale.ssim


def measure_backend(
    backend: str,
    scales: tuple[int, ...] = (2, 4),
    *,
    model: str = MODEL,
    frames: int = FRAMES,
    size: tuple[int, int] = (WIDTH, HEIGHT),
) -> Iterator[Row]:
    """Yield a row for each clip, way of making it smaller, and scale; raises JobError as the backend does."""
    with tempfile.TemporaryDirectory(prefix="quality-") as folder:
        for scale in scales:
            for name, make in CLIPS.items():
                reference = list(make(frames, *size))
                for shrunk, shrink in SHRINKERS.items():
                    small = [shrink(plane, scale) for plane in reference]
                    enlarged = list(enlarge(backend, small, size, Path(folder), model))
                    yield Row(
                        name,
                        shrunk,
                        scale,
                        measure_clip(reference, enlarged),
                        measure_clip(reference, enlarge_with_swscale(small, size)),
                        measure_clip(reference, enlarge_with_opencv(small, size)) if has_opencv() else None,
                    )


def enlarge(
    backend: str, planes: list[Luma], size: tuple[int, int], scratch: Path, model: str = MODEL
) -> Iterator[Luma]:
    """Yield what the worker's backend makes of the planes."""
    from worker.backends import BACKENDS, Task
    from worker.contract import Size
    from worker.video import load_source

    path = scratch / "small.mkv"
    write_lossless(planes, path)
    for frame in BACKENDS[backend](model).upscale(Task(load_source(path), Size(*size))):
        yield read_luma(frame)


def enlarge_with_swscale(planes: list[Luma], size: tuple[int, int]) -> Iterator[Luma]:
    """Yield the planes through FFmpeg's bicubic scaler."""
    from av.video.reformatter import Interpolation, VideoReformatter

    scaler = VideoReformatter()
    for plane in planes:
        yield read_luma(scaler.reformat(make_frame(plane), *size, "yuv420p", interpolation=Interpolation.BICUBIC))


def has_opencv() -> bool:
    """Tell whether OpenCV is installed."""
    return find_spec("cv2") is not None


def enlarge_with_opencv(planes: list[Luma], size: tuple[int, int]) -> Iterator[Luma]:
    """Yield the planes through OpenCV's INTER_CUBIC."""
    import cv2

    for plane in planes:
        yield np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def write_lossless(planes: list[Luma], path: Path) -> None:
    """Write the planes as an FFV1 video of RATE frames a second, without colour."""
    import av

    with av.open(str(path), "w", format="matroska") as container:
        stream = container.add_stream("ffv1", rate=RATE)
        stream.height, stream.width = planes[0].shape
        stream.pix_fmt = "yuv420p"
        for plane in planes:
            container.mux(stream.encode(make_frame(plane)))
        container.mux(stream.encode(None))


def make_frame(plane: Luma) -> VideoFrame:
    """Return a yuv420p frame of that luma, gray."""
    from av.video.frame import VideoFrame

    height, width = plane.shape
    return VideoFrame.from_ndarray(
        np.concatenate([plane, np.full((height // 2, width), 128, np.uint8)]), format="yuv420p"
    )


def read_luma(frame: VideoFrame) -> Luma:
    """Return the frame's luma in 8 bits of limited range."""
    if frame.format.name != "yuv420p":
        frame = frame.reformat(format="yuv420p", dst_color_range="MPEG")
    plane = frame.planes[0]
    rows = np.frombuffer(bytes(plane), np.uint8).reshape(plane.height, plane.line_size)
    return np.ascontiguousarray(rows[:, : plane.width])
