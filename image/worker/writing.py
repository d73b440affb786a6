"""Write frames as MP4, with the source's times and sound, so that browsers and OpenCV read it.

H.264 in 8 bits, or HEVC in as many as the source has up to ten, both 4:2:0 and of limited range with the source's
matrix said. Frames and sound go out as they come in: what is held does not grow with the video's length.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, cast

from worker.contract import JobError, Size
from worker.picture import Shaper
from worker.reading import Source, explain, open_video
from worker.sound import Sound
from worker.timeline import Timeline, to_seconds

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

LEAPING = frozenset({"mpegts", "mpeg"})  # formats of broadcasts, whose clock may be set anew
AHEAD_S = Fraction(10)
LONGEST = (1 << 31) - 1  # ticks that MP4 and FFmpeg hold for one frame
TICKS = 240_000  # a second of a file whose own ticks are finer than MP4 holds; all usual rates fit it evenly
FINEST, COARSEST = 1_000_000, 10_000
THREADS = 16  # each holds frames of its own
# The encoder's preset by the result's pixels: the larger the picture, the less a smaller file is worth the time.
PRESETS = ((1280 * 720, "medium", "fast"), (1920 * 1080, "fast", "veryfast"), (None, "veryfast", "superfast"))
LEAST_HEVC = 16
UNORDERED = 2  # frames: of so few, x265 leaves the times of decoding unset; none of them refers to a later one
ENCODERS = {"h264": "libx264", "hevc": "libx265"}
TAGS = {"h264": "avc1", "hevc": "hvc1"}  # browsers play HEVC under the second name only


@dataclass(frozen=True, slots=True)
class Encoded:
    """What was written: frames, what became of the audio (`copied`, `dropped` or `none`), and what else is to be said.

    `truncated` says that the source's end is missing and its frames before that were used.
    """

    frames: int
    audio: str
    truncated: bool = False
    notes: tuple[str, ...] = ()


def encode(frames: Iterable[VideoFrame], source: Source, target: Size, output: Path, *, crf: int = 18) -> Encoded:
    """Write the frames as MP4 with the source's times and audio; raises JobError where there is no frame.

    Frames carry the source's times; what is not yet of the target's size or the result's look is brought to both.
    """
    from av.error import FFmpegError

    if source.codec == "hevc" and min(target.width, target.height) < LEAST_HEVC:
        raise JobError(
            "unknown_target", f"target {target} is too small for HEVC, which needs {LEAST_HEVC} pixels a side"
        )
    frames = iter(frames)
    first = next(frames, None)
    if first is None:
        raise JobError("no_frames", "the video holds no frame")
    try:
        return _write(chain([first], frames), source, target, output, crf)
    except FFmpegError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EIO}:  # the worker's fault, not the video's
            raise
        raise JobError("not_a_video", f"its times or audio can't be carried over: {explain(error)}") from error


def _write(frames: Iterable[VideoFrame], source: Source, target: Size, output: Path, crf: int) -> Encoded:
    import av

    with open_video(source.path) as (original, found), ExitStack() as stack:
        ticks = _settle_ticks(found.time_base)
        options = {"movflags": "faststart", "movie_timescale": str(ticks.denominator)}  # edit lists are exact too
        result = stack.enter_context(av.open(str(output), "w", format="mp4", options=options))
        ahead = AHEAD_S if original.format.name in LEAPING else LONGEST * ticks
        pictures = _Pictures(
            _add_video(result, source, target, ticks, crf), source, target, Timeline(source.start, ahead)
        )
        sound = Sound(result, original, Timeline(source.start, ahead))
        for packet in pictures.encode(frames):
            sound.write_until(to_seconds(packet.dts, packet.time_base))
            result.mux(packet)
        sound.finish()
        tracks = len(original.streams.audio)
    notes = [*source.notes]
    if tracks > 1:
        notes.append(f"one of {tracks} audio tracks is used")
    if source.damage.lost:
        notes.append(f"{source.damage.lost} packets of the video could not be decoded")
    if source.damage.faulty:
        notes.append(f"{source.damage.faulty} pictures of the video are damaged")
    return Encoded(pictures.count, sound.said, source.damage.truncated, tuple(notes))


class _Pictures:
    """Frames on their way into the result; `count` is how many went in."""

    def __init__(self, stream: VideoStream, source: Source, target: Size, timeline: Timeline) -> None:
        self.count = 0
        self._stream, self._source, self._timeline = stream, source, timeline
        self._shaper = Shaper(target, source.result)
        self._ticks = stream.codec_context.time_base
        self._tick, self._end = -1, 0  # of the last frame: when it is shown, and until when

    def encode(self, frames: Iterable[VideoFrame]) -> Iterator[Packet[VideoStream]]:
        """Yield the packets, in order of decoding, the last one so long that the result ends where its pictures do."""
        packets = self._compress(frames)
        last = first = next(packets)
        for packet in packets:
            yield last
            last = packet
        # Players take the end from the pictures' times, FFmpeg from the durations in order of decoding.
        missing = self._end - (first.pts or 0) + (first.dts or 0) - (last.dts or 0)
        last.duration = max(last.duration or 1, min(missing, self._end - (last.pts or 0)))
        yield last

    def _compress(self, frames: Iterable[VideoFrame]) -> Iterator[Packet[VideoStream]]:
        for frame in self._place(frames):
            yield from self._stream.encode(frame)
        for packet in self._stream.encode(None):
            if self.count <= UNORDERED:
                packet.dts = packet.pts
            yield packet

    def _place(self, frames: Iterable[VideoFrame]) -> Iterator[VideoFrame]:
        """Yield the frames as they are encoded; each lasts until the next one, whatever it says itself."""
        waiting: VideoFrame | None = None
        for frame in frames:
            picture = self._prepare(frame)
            if waiting is not None:
                waiting.duration = self._tick - cast("int", waiting.pts)
                yield waiting
            waiting = picture
        if waiting is not None:
            self._end = self._tick + waiting.duration
            yield waiting

    def _prepare(self, frame: VideoFrame) -> VideoFrame:
        from av.video.frame import PictureType

        duration = to_seconds(frame.duration, frame.time_base) or 1 / self._source.fps
        time = None if frame.pts is None else to_seconds(frame.pts, frame.time_base)
        second = self._timeline.place(time, duration)
        picture = self._shaper.shape(frame)
        self._tick = max(self._tick + 1, round(second / self._ticks))
        picture.pts, picture.time_base = self._tick, self._ticks
        picture.duration = min(max(1, round(duration / self._ticks)), LONGEST)
        picture.pict_type = PictureType.NONE  # the encoder chooses key frames, not the source
        picture.colorspace = self._source.tagged_matrix
        self.count += 1
        return picture


def _add_video(result: OutputContainer, source: Source, target: Size, ticks: Fraction, crf: int) -> VideoStream:
    from av.codec.context import Flags

    look, options = source.result, {"crf": str(crf)}
    options["preset"] = next(
        hevc if source.codec == "hevc" else h264
        for pixels, h264, hevc in PRESETS
        if pixels is None or target.width * target.height <= pixels
    )
    if source.codec == "hevc":
        options["x265-params"] = ":".join(filter(None, ("log-level=error", f"pools={_count_threads()}", source.light)))
    stream = cast("VideoStream", result.add_stream(ENCODERS[source.codec], rate=source.fps, options=options))
    context = stream.codec_context
    context.flags |= Flags.frame_duration  # else the last frame's is lost
    context.codec_tag, context.thread_count = TAGS[source.codec], _count_threads()
    context.width, context.height, context.pix_fmt = target.width, target.height, look.format
    context.time_base, context.sample_aspect_ratio = ticks, _settle_pixel_ratio(source, target)
    context.color_range, context.colorspace = 1, source.tagged_matrix
    context.color_primaries, context.color_trc = look.primaries, look.transfer
    return stream


def _settle_ticks(time_base: Fraction | None) -> Fraction:
    second = time_base.denominator if time_base and time_base.denominator <= FINEST else TICKS
    while second < COARSEST:  # as the muxer does, so that what it holds is known
        second *= 2
    return Fraction(1, second)


def _settle_pixel_ratio(source: Source, target: Size) -> Fraction:
    # A target of the source's shape keeps the pixels' shape; another one is what the user wants to see.
    width, height = source.size.width, source.size.height
    keeps = abs(target.width * height - target.height * width) <= 2 * max(width, height)
    return source.pixel_ratio if keeps else Fraction(1)


def _count_threads() -> int:
    return min(THREADS, os.cpu_count() or 1)
