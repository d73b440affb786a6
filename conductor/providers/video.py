"""PyAV: decode videos, and compare them with FFmpeg's own filters.

PSNR and SSIM of the luma are those of the filters `psnr` and `ssim`, bicubic is the scaler's, encoded as a worker would
have (x264, crf 18, veryfast): anybody can repeat a figure with FFmpeg alone. What is decoded came over a network: only
containers that open nothing else are read, and no protocol, and no more frames than the reference has.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from typing import Any

from conductor.config.missing import missing_extra
from conductor.ports.video import Compared, Likeness, VideoFault

_OPTIONS = {"format_whitelist": "mov,mp4,matroska,webm,avi,mpegts,ivf", "protocol_whitelist": "none"}
_TICK = Fraction(1, 25)  # frames are compared by their number, whatever their times
_SMALLEST = 16  # the window of FFmpeg's SSIM is 8x8; a picture smaller than two of them says nothing
# What an encoder may cost on a clip that is measured with: more, and encoders are compared instead of enlargements.
_ENCODER_DB, _ENCODER_SSIM = 0.5, 0.03


class PyAvJudge:
    """Compares videos in this process."""

    def check(self, source: bytes, reference: bytes) -> None:
        """Raise VideoFault where source or reference can't be decoded, or don't belong together."""
        sizes, counts = {}, {}
        for which, video in (("source", source), ("reference", reference)):
            with _open(which, video) as frames:
                first = next(frames, None)
                if first is None:
                    raise VideoFault(which, "holds no frame")
                sizes[which] = (first.width, first.height)
                counts[which] = 1 + sum(1 for _ in frames)
        _require_count("reference", counts["reference"], counts["source"], "the job's video")
        (width, height), (wide, high) = sizes["source"], sizes["reference"]
        if wide < width or high < height or (wide, high) == (width, height):
            raise VideoFault("reference", f"is {wide}x{high}, not larger than the job's video of {width}x{height}")
        if min(wide, high) < _SMALLEST:
            raise VideoFault("reference", f"is {wide}x{high}: too small to be measured")
        if wide % 2 or high % 2:
            raise VideoFault("reference", f"is {wide}x{high}: both sides have to be even")
        _measure_bicubic(source, reference)

    def compare(self, source: bytes, result: bytes, reference: bytes) -> Compared:
        """Compare both enlargements with the reference; raises VideoFault."""
        self.check(source, reference)
        made, frames = _measure("result", result, reference)
        return Compared(made, *_measure_bicubic(source, reference), frames)


@contextmanager
def _open(which: str, video: bytes) -> Iterator[Iterator[Any]]:
    """Give the video's frames in order of display; what can't be decoded raises VideoFault."""
    av = _load()
    try:
        container = av.open(io.BytesIO(video), options=_OPTIONS, metadata_errors="replace")
    except av.error.FFmpegError as error:
        raise VideoFault(which, f"is no video that can be read here: {error.strerror}") from error
    with container:
        if not container.streams.video:
            raise VideoFault(which, "holds no picture")
        yield _decode(av, which, container)


def _decode(av: Any, which: str, container: Any) -> Iterator[Any]:
    try:
        yield from container.decode(container.streams.video[0])
    except av.error.FFmpegError as error:
        raise VideoFault(which, f"can't be decoded to its end: {error.strerror}") from error


def _measure(which: str, video: bytes, reference: bytes) -> tuple[Likeness, int]:
    """Return how much the video is like the reference, and the frames of both."""
    errors, likenesses = [], []
    with ExitStack() as stack:
        frames, wanted = (stack.enter_context(_open(*one)) for one in ((which, video), ("reference", reference)))
        comparison: _Comparison | None = None
        for number, target in enumerate(wanted):
            frame = next(frames, None)
            if frame is None:
                _require_count(which, number, number + 1 + sum(1 for _ in wanted), "the reference")
                break
            if (frame.width, frame.height) != (target.width, target.height):
                size = f"{frame.width}x{frame.height}"
                raise VideoFault(which, f"is {size}, and the reference {target.width}x{target.height}")
            try:
                comparison = comparison or _Comparison(frame, target)
                error, likeness = comparison.measure(frame, target, number)
            except _load().error.FFmpegError as problem:  # a picture that changes its form within the video
                raise VideoFault(which, f"can't be compared at frame {number}: {problem.strerror}") from problem
            errors.append(error)
            likenesses.append(likeness)
        if next(frames, None) is not None:
            raise VideoFault(which, f"has more frames than the reference, which has {len(errors)}")
    mean = sum(errors) / len(errors)
    psnr = 10 * math.log10(255**2 / mean) if mean else math.inf
    return Likeness(psnr, sum(likenesses) / len(likenesses)), len(errors)


def _measure_bicubic(source: bytes, reference: bytes) -> tuple[Likeness, Likeness]:
    """Return how much an encoded bicubic enlargement is like the reference, and what its encoder cost.

    Raises VideoFault where that is so much that a result would be judged by its encoder.
    """
    best, _ = _measure("source", _enlarge(source, reference, {"qp": "0", "preset": "ultrafast"}), reference)
    coded, _ = _measure("source", _enlarge(source, reference, {"crf": "18", "preset": "veryfast"}), reference)
    lost = Likeness(max(0.0, best.psnr_db - coded.psnr_db), max(0.0, best.ssim - coded.ssim))
    if lost.psnr_db > _ENCODER_DB or lost.ssim > _ENCODER_SSIM or math.isinf(coded.psnr_db):
        problem = (
            f"is too easy or too noisy to judge with: bicubic comes to {coded.psnr_db:.1f} dB, and an encoder alone "
            f"costs {lost.psnr_db:.2f} dB and {lost.ssim:.3f} of SSIM; take a clip with clear detail"
        )
        raise VideoFault("reference", problem)
    return coded, lost


def _enlarge(source: bytes, reference: bytes, options: dict[str, str]) -> bytes:
    """Return the source in the reference's size by bicubic, encoded by x264 with these options."""
    av, file = _load(), io.BytesIO()
    with _open("reference", reference) as frames:
        size = next((frame.width, frame.height) for frame in frames)
    with _open("source", source) as frames, av.open(file, "w", format="matroska") as output:
        stream = output.add_stream("libx264", rate=1 / _TICK, options=options)
        (stream.width, stream.height), stream.pix_fmt = size, "yuv420p"
        for number, frame in enumerate(frames):
            large = frame.reformat(*size, "yuv420p", interpolation="BICUBIC", dst_color_range="MPEG")
            large.pts, large.time_base, large.pict_type = number, _TICK, 0
            output.mux(stream.encode(large))
        output.mux(stream.encode(None))
    return file.getvalue()


def _require_count(which: str, frames: int, wanted: int, of: str) -> None:
    if frames != wanted:
        raise VideoFault(which, f"has {frames} frames, and {of} {wanted}")


class _Comparison:
    """One filter graph: a frame and the reference's, of one size, both in yuv420p of limited range."""

    def __init__(self, frame: Any, target: Any) -> None:
        graph = self._graph = _load().filter.Graph()
        self._inputs = [
            graph.add_buffer(width=one.width, height=one.height, format=one.format.name, time_base=_TICK)
            for one in (frame, target)
        ]
        scaled = [graph.add("scale", "out_range=limited") for _ in self._inputs]
        plain = [graph.add("format", "yuv420p") for _ in self._inputs]
        for source, scaler, last in zip(self._inputs, scaled, plain, strict=True):
            source.link_to(scaler)
            scaler.link_to(last)
        twice, psnr, ssim, sink = (graph.add(name) for name in ("split", "psnr", "ssim", "buffersink"))
        plain[1].link_to(twice)
        plain[0].link_to(psnr, 0, 0)
        twice.link_to(psnr, 0, 1)
        psnr.link_to(ssim, 0, 0)
        twice.link_to(ssim, 1, 1)
        ssim.link_to(sink)
        graph.configure()

    def measure(self, frame: Any, target: Any, number: int) -> tuple[float, float]:
        """Return the frame's mean squared error and SSIM."""
        for source, one in zip(self._inputs, (frame, target), strict=True):
            one.pts, one.time_base = number, _TICK
            source.push(one)
        found = self._graph.pull().metadata
        return float(found["lavfi.psnr.mse.y"]), float(found["lavfi.ssim.Y"])


def _load() -> Any:
    try:
        import av
        import av.filter
    except ImportError:
        raise missing_extra("rehearsal", "av") from None
    return av
