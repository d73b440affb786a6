"""What a picture's samples mean, which way is up, and how to bring it to another size and meaning.

Everything that changes pixels goes through `Shaper`, so that matrices and ranges are converted once and by one set of
rules. Numbers for matrix, primaries and transfer are those of ISO/IEC 23091-2, as FFmpeg uses them.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from worker.contract import JobError, Size

if TYPE_CHECKING:
    from av.filter import Graph
    from av.video.format import VideoFormat
    from av.video.frame import VideoFrame

RGB, BT709, UNSPECIFIED, BT601, BT2020 = 0, 1, 2, 6, 9
MATRICES = frozenset({BT709, 4, 5, BT601, 7, BT2020})  # those that swscale converts by
PQ, HLG = 16, 18
LIMITED, FULL = 1, 2
SD = Size(1279, 576)  # a larger picture that says no matrix is meant as BT.709 (what mpv assumes, and most encoders do)
GRAYS = ("gray", "mono", "ya")  # without colour, with or without alpha
MPEG_FAMILY = frozenset({"h264", "hevc"})  # their gray is of limited range unless it says otherwise
SCALING = "flags=lanczos+accurate_rnd+full_chroma_int+full_chroma_inp"
THREADS = 8

Turn: TypeAlias = tuple[int, int, int, int]
# The eight ways to hold a picture, by the signs of a display matrix' a, b, c, d: x' = ax + cy, y' = bx + dy, y down.
TURNS: dict[Turn, tuple[tuple[str, str], ...]] = {
    (1, 0, 0, 1): (),
    (-1, 0, 0, 1): (("hflip", ""),),
    (1, 0, 0, -1): (("vflip", ""),),
    (-1, 0, 0, -1): (("hflip", ""), ("vflip", "")),
    (0, 1, -1, 0): (("transpose", "clock"),),
    (0, -1, 1, 0): (("transpose", "cclock"),),
    (0, 1, 1, 0): (("transpose", "cclock_flip"),),
    (0, -1, -1, 0): (("transpose", "clock_flip"),),
}
UPRIGHT: Turn = (1, 0, 0, 1)


@dataclass(frozen=True, slots=True)
class Look:
    """How a picture's samples are stored (FFmpeg's pixel format) and what they mean."""

    format: str
    matrix: int
    full: bool
    primaries: int
    transfer: int

    @property
    def is_hdr(self) -> bool:
        """Whether the transfer is PQ or HLG."""
        return self.transfer in {PQ, HLG}

    @property
    def bits(self) -> int:
        """Bits of the deepest component."""
        return max(component.bits for component in _format(self.format).components)

    @property
    def is_rgb(self) -> bool:
        """Whether samples are red, green and blue (or a palette of them)."""
        return bool(_format(self.format).is_rgb or _format(self.format).has_palette)

    @property
    def has_alpha(self) -> bool:
        """Whether a component says how much shows through."""
        return any(component.is_alpha for component in _format(self.format).components)


def read_look(frame: VideoFrame, codec: str = "") -> Look:
    """Return what a decoded frame says of itself, with what it leaves out filled in as it is meant."""
    format_, matrix, range_ = frame.format.name, int(frame.colorspace), int(frame.color_range)
    look = Look(format_, matrix, range_ == FULL, int(frame.color_primaries), int(frame.color_trc))
    if look.is_rgb:
        return replace(look, matrix=RGB, full=True)
    if format_.startswith("yuvj"):
        look = replace(look, full=True)
    elif format_.startswith(GRAYS) and not range_:
        look = replace(look, full=codec not in MPEG_FAMILY)
    if matrix in {UNSPECIFIED, RGB}:
        large = frame.width > SD.width or frame.height > SD.height
        look = replace(look, matrix=BT709 if large else BT601)
    return look


def settle_working(look: Look, *, keep_hdr: bool) -> Look:
    """Return the look in which frames are worked on: one that swscale converts rightly, SDR unless HDR is kept.

    swscale takes every gray for full range, so gray becomes YUV.
    """
    if look.is_hdr and not keep_hdr:
        return Look("yuv444p", BT709, full=False, primaries=BT709, transfer=BT709)
    look = _stand_in(look)
    if look.format.startswith(GRAYS):
        look = replace(look, format="yuv420p" if look.bits <= 8 else "yuv420p10le", full=False)
    return look


def settle_result(working: Look, codec: str) -> Look:
    """Return the look that the result is encoded in: 4:2:0 and limited range, ten bits where the codec carries them."""
    deep = codec == "hevc" and working.bits > 8
    matrix = BT709 if working.matrix == RGB else working.matrix
    return replace(working, format="yuv420p10le" if deep else "yuv420p", matrix=matrix, full=False)


def as_rgb(look: Look, bits: int) -> Look:
    """Return the look of the same picture in RGB, of eight bits where that is enough, else of sixteen."""
    return replace(look, format="rgb24" if bits <= 8 else "rgb48le", matrix=RGB, full=True)


def read_turn(frame: VideoFrame) -> Turn:
    """Return the key in TURNS by which a frame is to be turned; raises JobError for an angle between."""
    a, b, c, d = _read_matrix(frame)
    length = max(abs(value) for value in (a, b, c, d))
    if not length:
        return UPRIGHT  # it says nothing
    signs = (round(a / length), round(b / length), round(c / length), round(d / length))
    skew = max(abs(value / length - sign) for value, sign in zip((a, b, c, d), signs, strict=True))
    if signs not in TURNS or skew > 0.02:  # one degree
        angle = round(math.degrees(math.atan2(b, a)))
        raise JobError(
            "rotated", f"the video is turned by {angle} degrees by its metadata; only quarter turns can be applied"
        )
    return signs


def _read_matrix(frame: VideoFrame) -> tuple[float, float, float, float]:
    data = _find_side_data(frame, "DISPLAYMATRIX")
    if data is not None:
        a, b, _, c, d = struct.unpack_from("=5i", data)
        return a, b, c, d
    angle = math.radians(-frame.rotation)
    return math.cos(angle), math.sin(angle), -math.sin(angle), math.cos(angle)


def is_sideways(turn: Turn) -> bool:
    """Whether the turn swaps width and height."""
    return turn[0] == 0


def read_light(frame: VideoFrame) -> str:
    """Return x265's parameters for an HDR frame's mastering display and light level; empty where it says none.

    The layouts are AVMasteringDisplayMetadata's and AVContentLightMetadata's (libavutil/mastering_display_metadata.h).
    """
    parts = []
    display = _find_side_data(frame, "MASTERING_DISPLAY_METADATA")
    if display is not None:
        *numbers, has_primaries, has_luminance = struct.unpack_from("=22i", display)
        red, green, blue, white, (least, most) = zip(*[iter(_divide(numbers))] * 2, strict=True)
        if has_primaries and has_luminance:
            points = zip(("G", "B", "R", "WP"), (green, blue, red, white), strict=True)
            placed = "".join(f"{name}({round(x * 50_000)},{round(y * 50_000)})" for name, (x, y) in points)
            parts.append(f"master-display={placed}L({round(most * 10_000)},{round(least * 10_000)})")
    level = _find_side_data(frame, "CONTENT_LIGHT_LEVEL")
    if level is not None:
        parts.append("max-cll={},{}".format(*struct.unpack_from("=2I", level)))
    return ":".join(parts)


class Shaper:
    """Bring frames, upright, to one size and look; whatever they are, and also where that changes on the way."""

    def __init__(self, size: Size, look: Look, codec: str = "") -> None:
        self._size = size
        self._look = look
        self._codec = codec  # of the frames that come in: it says what their gray means
        self._made_for: tuple[object, ...] | None = None
        self._graph: Graph | None = None

    def shape(self, frame: VideoFrame) -> VideoFrame:
        """Return the frame as wanted, with its time; the same one where nothing is to be done; raises JobError."""
        from av.error import FFmpegError

        own, turn = _stand_in(read_look(frame, self._codec)), read_turn(frame)
        if (own, turn, frame.width, frame.height) == (self._look, UPRIGHT, self._size.width, self._size.height):
            return _tag(frame, own)
        try:
            graph = self._prepare(own, turn, Size(frame.width, frame.height))
            # swscale refuses primaries and transfers that it doesn't know, so it sees them for tone mapping only.
            maps_tones = own.is_hdr and not self._look.is_hdr
            graph.push(_tag(frame, own if maps_tones else replace(own, primaries=UNSPECIFIED, transfer=UNSPECIFIED)))
            shaped = graph.vpull()
        except FFmpegError as error:
            raise JobError("not_a_video", f"pictures of the kind {own.format} can't be converted") from error
        shaped.pts, shaped.duration = frame.pts, frame.duration
        if frame.time_base is not None:
            shaped.time_base = frame.time_base
        return _tag(shaped, self._look)

    def _prepare(self, own: Look, turn: Turn, size: Size) -> Graph:
        if self._graph is None or self._made_for != (own, turn, size):
            self._graph, self._made_for = _build_graph(own, turn, size, self._look, self._size), (own, turn, size)
        return self._graph


def _build_graph(own: Look, turn: Turn, size: Size, wanted: Look, target: Size) -> Graph:
    import av.filter

    # swscale takes gray for full range. Full to full leaves the samples as they are, and gray has no colour to convert.
    is_plain_gray = own.format.startswith(GRAYS) and not own.full and not wanted.is_rgb
    scale = [f"w={target.width}:h={target.height}:{SCALING}"]
    scale.append(f"out_range={'full' if wanted.full or is_plain_gray else 'limited'}")
    if not wanted.is_rgb:
        scale.append(f"out_color_matrix={wanted.matrix}")
    if own.is_hdr and not wanted.is_hdr:
        scale.append(f"out_primaries={wanted.primaries}:out_transfer={wanted.transfer}:intent=perceptual")
    graph = av.filter.Graph()
    graph.threads = THREADS
    source = graph.add(
        "buffer",
        f"video_size={size}:pix_fmt={own.format}:time_base=1/1000:pixel_aspect=1/1"
        f":colorspace={own.matrix}:range={FULL if own.full else LIMITED}",
    )
    turns = [graph.add(name, value) for name, value in TURNS[turn]]
    if turns:
        turns.append(graph.add("sidedata", "mode=delete:type=DISPLAYMATRIX"))
    end = [graph.add("scale", ":".join(scale)), graph.add("format", wanted.format), graph.add("buffersink")]
    graph.link_nodes(source, *turns, *end).configure()
    return graph


def _stand_in(look: Look) -> Look:
    # Worked on as if it were BT.709, both ways: exact where the result says the true matrix again.
    return look if look.matrix in MATRICES | {RGB} else replace(look, matrix=BT709)


def _tag(frame: VideoFrame, look: Look) -> VideoFrame:
    frame.colorspace, frame.color_range = look.matrix, FULL if look.full else LIMITED
    frame.color_primaries, frame.color_trc = look.primaries, look.transfer
    return frame


def _find_side_data(frame: VideoFrame, name: str) -> bytes | None:
    try:
        data = frame.side_data.get(name)
    except ValueError:  # PyAV lists none where there is one of a kind that it doesn't know, as Exif in a JPEG
        return None
    return None if data is None else bytes(cast("Any", data))


def _divide(numbers: list[int]) -> list[float]:
    return [top / bottom if bottom else 0.0 for top, bottom in zip(numbers[::2], numbers[1::2], strict=True)]


def _format(name: str) -> VideoFormat:
    from av.video.format import VideoFormat

    return VideoFormat(name)
