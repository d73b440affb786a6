"""Read a video: what it is, and its frames upright and in one size and look, whatever the file holds.

FFmpeg is handed an open file and no protocol, so nothing that the file names is ever opened. A damaged video is read as
players do: what can't be decoded is left out, and a tail that is missing ends it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from worker.contract import MAX_FRAMES, MAX_PIXELS, MAX_SIDE, JobError, Size
from worker.extent import is_cut
from worker.picture import (
    THREADS,
    Look,
    Shaper,
    is_sideways,
    read_light,
    read_look,
    read_turn,
    settle_result,
    settle_working,
)
from worker.sound import find_track
from worker.timeline import to_seconds

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.error import FFmpegError
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

# A playlist or an image sequence would make the demuxer open other files and addresses.
CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,ogg,asf,mxf,nut,ivf,dv,yuv4mpegpipe,"
    "h264,hevc,m4v,mpegvideo,gif,apng"
)
UNTIMED = frozenset({"avi"})  # it stores no times; those that FFmpeg makes up are in the order of decoding
CODED_PIXELS = MAX_PIXELS * 5 // 4  # decoders round sides up
RATES = (Fraction(1, 3600), Fraction(1000))
RATIOS = (Fraction(1, 10), Fraction(10))


@dataclass(slots=True)
class Damage:
    """What reading found wrong so far: packets that can't be decoded, faulty pictures, a file whose end is missing."""

    lost: int = 0
    faulty: int = 0
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """A readable video, as its frames are shown: turned upright, and in one size and look.

    Frames come in `look`, `result` is what the result is encoded in, and `tagged_matrix` the matrix that it says (by
    ISO/IEC 23091-2), which is not always the one by which it is converted. `start` is the second at which the file's
    first picture or sound stands. `damage` is filled by `iterate_frames`.
    """

    path: Path
    size: Size
    fps: Fraction
    codec: str  # of the result: h264 or hevc
    look: Look
    result: Look
    tagged_matrix: int
    pixel_ratio: Fraction
    start: Fraction
    light: str
    notes: tuple[str, ...]
    damage: Damage = field(default_factory=Damage, compare=False)


def load_source(path: Path, codec: str = "h264") -> Source:
    """Open a video and read what its first frame says; `codec` is the result's; raises JobError."""
    damage = Damage()
    with open_video(path) as (container, stream):
        _check_size(Size(stream.codec_context.width, stream.codec_context.height))
        first = next(_decode(container, stream, damage), None)
        if first is None and damage.lost:
            raise JobError("not_a_video", "none of the video's pictures can be decoded")
        if first is None:
            raise JobError("no_frames", "the video holds no frame")
        size, turn = Size(first.width, first.height), read_turn(first)
        _check_size(size)
        own = read_look(first, stream.codec_context.name)
        working = settle_working(own, keep_hdr=codec == "hevc")
        result = settle_result(working, codec)
        ratio = _bound(stream.sample_aspect_ratio, RATIOS) or Fraction(1)
        return Source(
            path=path,
            size=Size(size.height, size.width) if is_sideways(turn) else size,
            fps=_find_rate(stream, first),
            codec=codec,
            look=working,
            result=result,
            tagged_matrix=own.matrix if working.matrix != own.matrix and not own.is_hdr else result.matrix,
            pixel_ratio=1 / ratio if is_sideways(turn) else ratio,
            start=_find_start(container, first),
            light=read_light(first) if result.is_hdr else "",
            notes=tuple(_find_notes(container, first, own, result)),
        )


def iterate_frames(source: Source) -> Iterator[VideoFrame]:
    """Yield the frames in order of display with their times, at most MAX_FRAMES; raises JobError."""
    damage = source.damage
    damage.lost, damage.faulty, damage.truncated = 0, 0, is_cut(source.path)
    with open_video(source.path) as (container, stream):
        shaper = Shaper(source.size, source.look, stream.codec_context.name)
        for index, frame in enumerate(_decode(container, stream, damage)):
            if index >= MAX_FRAMES:
                raise JobError("too_large", f"the video holds over {MAX_FRAMES} frames")
            yield shaper.shape(frame)


def count_frames(path: Path) -> int:
    """Return how many frames the video holds, counted without decoding them: an estimate where pictures are hidden."""
    with open_video(path) as (container, stream):
        return sum(1 for _ in _demux(container, stream, Damage()))


@contextmanager
def open_video(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open a file and find the stream with its pictures; raises JobError."""
    import av
    from av.error import FFmpegError

    with path.open("rb") as file:
        try:
            container = av.open(
                file,
                "r",
                metadata_errors="replace",  # titles come in any encoding
                options={"format_whitelist": CONTAINERS, "protocol_whitelist": "none", "max_pixels": str(CODED_PIXELS)},
            )
        except (FFmpegError, OSError) as error:  # the second where FFmpeg wants to go before the file's start
            raise _explain(error, path) from error
        with container:
            stream = _find_stream(container)
            stream.codec_context.options = {"max_pixels": str(CODED_PIXELS)}
            stream.thread_type, stream.codec_context.thread_count = "AUTO", THREADS
            yield container, stream


def _explain(error: FFmpegError | OSError, path: Path) -> JobError:
    from av.error import EOFError as EndOfFile

    with path.open("rb") as file:
        head = file.read(12)
    if head[4:8] == b"ftyp":
        return JobError("not_a_video", "the file's index can't be read; it stands at the end where a file was cut off")
    if isinstance(error, EndOfFile) and head:
        return JobError("no_frames", "the file ends before its first frame")
    return JobError("not_a_video", f"no video that this worker reads: {explain(error)}")


def explain(error: FFmpegError | OSError) -> str:
    """Return FFmpeg's words for an error, without the file's name."""
    return error.strerror or type(error).__name__


def _find_stream(container: InputContainer) -> VideoStream:
    if not container.streams:
        raise JobError("no_frames", "the file is a container with nothing in it")
    pictures = _list_pictures(container)
    if not pictures:
        said = "a cover picture, but no video" if container.streams.video else "no video stream"
        raise JobError("not_a_video", f"the file holds {said}")
    known = [stream for stream in pictures if stream.codec_context is not None]
    if not known:
        raise JobError("not_a_video", "the video's codec is unknown here")
    return known[0]


def _list_pictures(container: InputContainer) -> list[VideoStream]:
    from av.stream import Disposition

    return [stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic]


def _check_size(size: Size) -> None:
    if size.width < 1 or size.height < 1:
        raise JobError("no_frames", f"the video's pictures have no size, or one over {MAX_SIDE} pixels a side")
    if max(size.width, size.height) > MAX_SIDE or size.width * size.height > MAX_PIXELS:
        raise JobError("too_large", f"the video's {size} is over {MAX_SIDE} pixels a side or {MAX_PIXELS} in all")


def _decode(container: InputContainer, stream: VideoStream, damage: Damage) -> Iterator[VideoFrame]:
    from av.error import FFmpegError

    untimed: deque[int | None] | None = deque() if container.format.name in UNTIMED else None
    packets = _demux(container, stream, damage)
    coming, cut = next(packets, None), object()
    while coming is not None:
        packet, coming = coming, next(packets, None)
        if coming is None and packet.is_corrupt:
            damage.truncated = True
            break
        if coming is None:
            cut = packet.pts
        try:
            frames = packet.decode()
        except FFmpegError:
            damage.lost += coming is not None
            damage.truncated |= coming is None
            continue
        if untimed is not None:
            untimed.append(packet.dts)
        yield from _place(frames, stream, untimed, cut, damage)
    try:
        frames = stream.decode(None)
    except FFmpegError:
        return
    yield from _place(frames, stream, untimed, cut, damage)


def _place(
    frames: list[VideoFrame], stream: VideoStream, untimed: deque[int | None] | None, cut: object, damage: Damage
) -> Iterator[VideoFrame]:
    for frame in frames:
        if frame.is_corrupt and frame.pts == cut:  # the last packet's, of which a part is missing
            damage.truncated = True
            continue
        damage.faulty += frame.is_corrupt
        if untimed is not None:
            frame.pts = untimed.popleft() if untimed else None
        frame.time_base = stream.time_base
        yield frame


def _demux(container: InputContainer, stream: VideoStream, damage: Damage) -> Iterator[Packet[VideoStream]]:
    from av.error import FFmpegError

    try:
        for packet in container.demux(stream):
            if packet.size:
                yield packet
    except (FFmpegError, OSError):
        damage.truncated = True


def _find_start(container: InputContainer, first: VideoFrame) -> Fraction:
    starts = [] if first.pts is None else [to_seconds(first.pts, first.time_base)]
    track = find_track(container)
    if track is not None and track.start_time is not None:
        starts.append(to_seconds(track.start_time, track.time_base))
    return min(starts, default=Fraction(0))


def _find_rate(stream: VideoStream, first: VideoFrame) -> Fraction:
    rates = [stream.average_rate, stream.guessed_rate]
    if first.pts is None:  # a bare stream: the average is that of times which FFmpeg made up
        rates.reverse()
    return next((rate for rate in rates if _bound(rate, RATES)), None) or Fraction(25)


def _find_notes(container: InputContainer, first: VideoFrame, own: Look, result: Look) -> Iterator[str]:
    pictures = len(_list_pictures(container))
    if pictures > 1:
        yield f"one of {pictures} video streams is used"
    if first.interlaced_frame:
        yield "the video is interlaced; its frames are enlarged as they are, with both fields in each"
    if own.has_alpha:
        yield "the alpha channel is dropped"
    if own.is_hdr and not result.is_hdr:
        yield "the HDR picture is tone-mapped to SDR; the codec `hevc` keeps it"
    elif own.bits > result.bits:
        yield f"{own.bits} bits a sample become {result.bits}"


def _bound(value: Fraction | None, limits: tuple[Fraction, Fraction]) -> Fraction | None:
    return value if value is not None and limits[0] <= value <= limits[1] else None
