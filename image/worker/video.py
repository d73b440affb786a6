"""Read and write videos with PyAV: probe the source, decode its frames, encode with the source's times and audio.

The result is MP4 with H.264 in yuv420p, 8 bit. Times are the source's, so a variable frame rate stays one; audio is
copied bit by bit where MP4 carries its codec, and left out (`audio: "dropped"`) where it doesn't.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from worker.contract import MAX_FRAMES, MAX_PIXELS, MAX_SIDE, JobError, Size

if TYPE_CHECKING:
    import av
    from av.audio.stream import AudioStream
    from av.container import InputContainer, OutputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

# A playlist or an image sequence would make the demuxer open other files and addresses.
CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,ogg,asf,mxf,nut,ivf,h264,hevc,m4v,mpegvideo,gif"
CONSTANT_RATE = frozenset({"avi"})  # it stores no times; those that FFmpeg makes up are in the order of decoding
MP4_AUDIO = frozenset({"aac", "mp3", "ac3", "eac3", "opus", "flac", "alac"})


@dataclass(frozen=True, slots=True)
class Source:
    """A readable video: its first video stream's size, frame rate and colour matrix (ISO/IEC 23091-2, 2 = not said)."""

    path: Path
    size: Size
    fps: Fraction
    matrix: int


@dataclass(frozen=True, slots=True)
class Encoded:
    """What was written: the number of frames and what became of the audio (`copied`, `dropped` or `none`)."""

    frames: int
    audio: str


def load_source(path: Path) -> Source:
    """Open a video and read its size and frame rate; raises JobError."""
    with _open(path) as container:
        stream = container.streams.video[0]
        size = Size(stream.codec_context.width, stream.codec_context.height)
        if size.width < 1 or size.height < 1:
            raise JobError("no_frames", "the video's pictures have no size")
        if max(size.width, size.height) > MAX_SIDE or size.width * size.height > MAX_PIXELS:
            raise JobError("too_large", f"the video's {size} is over {MAX_SIDE} pixels a side or {MAX_PIXELS} in all")
        rate = stream.average_rate or stream.guessed_rate or Fraction(25)
        return Source(path, size, rate, stream.codec_context.colorspace)


def count_frames(path: Path) -> int:
    """Return how many frames the video holds, counted without decoding them: an estimate where pictures are hidden."""
    from av.error import FFmpegError

    with _open(path) as container:
        try:
            return sum(1 for packet in container.demux(container.streams.video[0]) if packet.size)
        except FFmpegError:
            return 0  # the decoder tells what is wrong with it


def iterate_frames(path: Path) -> Iterator[VideoFrame]:
    """Yield the first video stream's frames in order of display, at most MAX_FRAMES; raises JobError."""
    from av.error import FFmpegError

    with _open(path) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        untimed = container.format.name in CONSTANT_RATE
        try:
            for index, frame in enumerate(container.decode(stream)):
                if index >= MAX_FRAMES:
                    raise JobError("too_large", f"the video holds over {MAX_FRAMES} frames")
                if index == 0 and frame.rotation:
                    raise JobError(
                        "rotated", f"the video is turned by {frame.rotation} degrees by its metadata; turn its pictures"
                    )
                if untimed:
                    frame.pts = None
                yield frame
        except FFmpegError as error:
            raise JobError("not_a_video", f"the video can't be decoded: {_reason(error)}") from error


def encode(frames: Iterable[VideoFrame], source: Source, target: Size, output: Path) -> Encoded:
    """Write the frames as MP4 with the source's times and audio; raises JobError where there is no frame."""
    from av.error import FFmpegError

    frames = iter(frames)
    first = next(frames, None)
    if first is None:
        raise JobError("no_frames", "the video holds no frame")
    try:
        return _write(first, frames, source, target, output)
    except FFmpegError as error:  # times that go back, audio packets that MP4 refuses
        raise JobError("not_a_video", f"its times or audio can't be carried over: {_reason(error)}") from error


def _write(first: VideoFrame, rest: Iterable[VideoFrame], source: Source, target: Size, output: Path) -> Encoded:
    import av

    with (
        _open(source.path) as original,
        av.open(str(output), "w", format="mp4", options={"movflags": "faststart"}) as result,
    ):
        stream = _add_video(result, original.streams.video[0], first, source.fps, target)
        pairs, audio = _add_audio(result, original)
        count = _write_video(result, stream, itertools.chain([first], rest), source.fps)
        if pairs is not None:
            _copy_audio(result, original, *pairs)
    return Encoded(count, audio)


def _open(path: Path) -> InputContainer:
    import av
    from av.error import EOFError as EndOfFile
    from av.error import FFmpegError

    try:
        container = av.open(
            str(path),
            metadata_errors="replace",  # titles come in any encoding
            options={"format_whitelist": CONTAINERS, "protocol_whitelist": "file"},
        )
    except FFmpegError as error:
        if isinstance(error, EndOfFile) and path.stat().st_size:
            raise JobError("no_frames", "the file ends before its first frame") from error
        raise JobError("not_a_video", f"no video that this worker reads: {_reason(error)}") from error
    problem = _find_problem(container)
    if problem:
        container.close()
        raise problem
    return container


def _find_problem(container: InputContainer) -> JobError | None:
    if not container.streams:
        return JobError("no_frames", "the file is a container with nothing in it")
    if not container.streams.video:
        return JobError("not_a_video", "the file holds no video stream")
    if container.streams.video[0].codec_context is None:
        return JobError("not_a_video", "the video's codec is unknown here")
    return None


def _add_video(
    result: OutputContainer, original: VideoStream, first: VideoFrame, fps: Fraction, target: Size
) -> VideoStream:
    stream = result.add_stream("libx264", rate=fps, options={"preset": "veryfast", "crf": "18"})
    context, given = stream.codec_context, original.codec_context
    context.width, context.height, context.pix_fmt = target.width, target.height, "yuv420p"
    context.time_base = original.time_base or 1 / fps
    context.color_range, context.colorspace = first.color_range, first.colorspace
    context.color_primaries, context.color_trc = given.color_primaries, given.color_trc
    return stream


def _write_video(result: OutputContainer, stream: VideoStream, frames: Iterable[VideoFrame], fps: Fraction) -> int:
    from av.video.frame import PictureType

    count, last, time_base = 0, -1, stream.codec_context.time_base
    step = max(1, round(1 / fps / time_base))
    for frame in frames:
        if frame.pts is None or (count and frame.pts <= last):  # no time, or one that goes back: the next one due
            frame.pts, frame.time_base = (last + step if count else 0), time_base
        last = frame.pts
        frame.pict_type = PictureType.NONE  # the encoder chooses key frames, not the source
        result.mux(stream.encode(frame))
        count += 1
    result.mux(stream.encode(None))
    return count


def _add_audio(result: OutputContainer, original: InputContainer) -> tuple[tuple[AudioStream, AudioStream] | None, str]:
    if not original.streams.audio:
        return None, "none"
    track = original.streams.audio[0]
    if track.codec_context is None or track.codec_context.name not in MP4_AUDIO:
        return None, "dropped"
    return (track, result.add_stream_from_template(track)), "copied"


def _copy_audio(result: OutputContainer, original: InputContainer, track: AudioStream, copy: AudioStream) -> None:
    for packet in original.demux(track):
        if packet.dts is not None:
            packet.stream = copy
            result.mux(packet)


def _reason(error: av.error.FFmpegError) -> str:
    return error.strerror or type(error).__name__
