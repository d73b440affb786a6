"""Real clips of every odd kind, made with FFmpeg's own sources and encoders, and what is seen in a picture.

Pictures are four patches, so that a turn, a mirror, a matrix or a range that went wrong shows in a corner.
"""

from __future__ import annotations

import contextlib
import os
import struct
import sys
from fractions import Fraction

import av
import av.filter
import pytest
import worker_harness  # noqa: F401 (puts the image's modules on the path)
from av.codec.context import Flags
from worker.backends import Task
from worker.backends.cpu import Lanczos
from worker.contract import Size
from worker.video import encode, load_source

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="it asks Linux: /proc, /dev/full, inotify, KiB")

# The corners in RGB: left above, right above, left below, right below. No two are a turn of each other.
CORNERS = ((200, 60, 40), (40, 180, 60), (50, 70, 190), (190, 180, 60))
COEFFICIENTS = {
    1: (0.2126, 0.0722),
    4: (0.30, 0.11),
    5: (0.299, 0.114),
    6: (0.299, 0.114),
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
}


def to_yuv(rgb, matrix, full, bits=8):
    """Return Y, Cb and Cr of an 8-bit RGB colour by the definitions of ITU-R BT.601, BT.709 and BT.2020."""
    kr, kb = COEFFICIENTS[matrix]
    r, g, b = (value / 255 for value in rgb)
    y = kr * r + (1 - kr - kb) * g + kb * b
    cb, cr = (b - y) / (2 * (1 - kb)), (r - y) / (2 * (1 - kr))
    peak, unit = (1 << bits) - 1, 1 << (bits - 8)
    if full:
        return round(y * peak), round(cb * peak + (peak + 1) / 2), round(cr * peak + (peak + 1) / 2)
    return round((16 + 219 * y) * unit), round((128 + 224 * cb) * unit), round((128 + 224 * cr) * unit)


def to_rgb(yuv, matrix, full, bits=8):
    """Return the 8-bit RGB colour of Y, Cb and Cr."""
    kr, kb = COEFFICIENTS[matrix]
    peak, unit = (1 << bits) - 1, 1 << (bits - 8)
    if full:
        y, cb, cr = yuv[0] / peak, (yuv[1] - (peak + 1) / 2) / peak, (yuv[2] - (peak + 1) / 2) / peak
    else:
        y, cb, cr = (yuv[0] / unit - 16) / 219, (yuv[1] / unit - 128) / 224, (yuv[2] / unit - 128) / 224
    r, b = y + 2 * (1 - kr) * cr, y + 2 * (1 - kb) * cb
    g = (y - kr * r - kb * b) / (1 - kr - kb)
    return tuple(round(255 * min(1, max(0, value))) for value in (r, g, b))


def draw(width, height, format_, *, matrix=6, full=False, corners=CORNERS, shade=0):
    """Return a frame of four patches in a planar format; the samples are set by hand, none by swscale."""
    frame = av.VideoFrame(width, height, format_)
    bits = frame.format.components[0].bits
    size = (bits + 7) // 8
    for number, plane in enumerate(frame.planes):
        middle, rows = (plane.width + 1) // 2, []
        for below in (False, True):
            left, right = (
                _sample(
                    number, tuple(min(255, value + shade) for value in rgb), frame.format.is_rgb, matrix, full, bits
                )
                for rgb in corners[2 * below : 2 * below + 2]
            )
            row = left.to_bytes(size, "little") * middle + right.to_bytes(size, "little") * (plane.width - middle)
            rows.append(row.ljust(plane.line_size, b"\0"))
        upper = (plane.height + 1) // 2
        plane.update(rows[0] * upper + rows[1] * (plane.height - upper))
    frame.colorspace, frame.color_range = (
        (0 if frame.format.is_rgb else matrix),
        2 if full or frame.format.is_rgb else 1,
    )
    return frame


def _sample(plane, rgb, is_rgb, matrix, full, bits):
    if plane == 3:  # alpha: all of it is seen
        return (1 << bits) - 1
    return rgb[(1, 2, 0)[plane]] << (bits - 8) if is_rgb else to_yuv(rgb, matrix, full, bits)[plane]


@contextlib.contextmanager
def _own_scheduling():
    """Put back what SVT-AV1 does as root: it makes the thread that opens it real-time, FIFO at 99, for good.

    Everything that this process starts later would be so too, and on few cores a busy wait for a child of the same
    priority (py-cpuinfo's, in each worker that RunPod's package starts) never lets that child run.
    """
    if not hasattr(os, "sched_getscheduler"):
        yield
        return
    policy, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, parameters)


@_own_scheduling()
def write_clip(
    path,
    frames=6,
    width=64,
    height=48,
    rate=25,
    *,
    codec="libx264",
    container=None,
    format_="yuv420p",
    coded=None,
    matrix=6,
    tag=None,
    full=False,
    times=None,
    placed=None,
    durations=None,
    time_base=None,
    options=None,
    audio=(),
    ratio=None,
    turn=None,
    corners=CORNERS,
    interlaced=False,
    primaries=2,
    transfer=2,
    muxing=None,
    pictures=None,
    seconds=None,
    sound_start=Fraction(0),
):
    """Write a clip; `times` are in ticks of `time_base`, and so are `placed`, which packets get, `tag` is the matrix that the file says, `turn` a display
    matrix, `coded` the format in which it is encoded where `draw` can't make that one."""
    with av.open(str(path), "w", format=container, options=muxing or {}) as output:
        stream = output.add_stream(codec, rate=rate, options=options or {})
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = width, height, coded or format_
        is_rgb = av.VideoFormat(coded or format_).is_rgb
        context.colorspace = tag if tag is not None else 0 if is_rgb else matrix
        context.color_range = 2 if full else 1
        context.color_primaries, context.color_trc = primaries, transfer
        context.time_base = time_base or 1 / Fraction(rate)
        context.flags |= Flags.frame_duration
        if interlaced:
            context.flags |= Flags.interlaced_dct | Flags.interlaced_me
        if ratio is not None:
            context.sample_aspect_ratio = ratio
        if turn is not None:
            stream.set_display_matrix(turn)
        tracks = [_add_track(output, codec_) for codec_ in audio]
        if not frames:
            output.start_encoding()
        made = pictures or (
            draw(width, height, format_, matrix=matrix, full=full, corners=corners, shade=index % 30)
            for index in range(frames)
        )
        for index, frame in enumerate(made):
            frame.pts = times[index] if times else round(index / Fraction(rate) / context.time_base)
            frame.time_base = context.time_base
            if durations:
                frame.duration = durations[index]
            packets = stream.encode(frame)
            if placed:
                packets[0].pts = packets[0].dts = placed[index]
            output.mux(packets)
        output.mux(stream.encode(None))
        for number, track in enumerate(tracks):
            for packet in make_sound(
                track,
                Fraction(frames) / Fraction(rate) if seconds is None else seconds,
                sound_start,
                300 * (number + 1),
            ):
                output.mux(packet)
    return path


def _add_track(output, codec):
    return output.add_stream(
        codec,
        rate=48_000 if "opus" in codec else 44_100,
        layout="stereo" if codec == "vorbis" else "mono",
        bit_rate=128_000,
        options={"strict": "-2"},  # FFmpeg's own Vorbis encoder is an experiment
    )


def make_sound(track, seconds, start=Fraction(0), pitch=300, *, flush=True):
    """Yield the packets of a tone."""
    rate = track.rate
    if not seconds:
        return
    graph = av.filter.Graph()
    graph.link_nodes(
        graph.add("sine", f"frequency={pitch}:sample_rate={rate}:duration={float(seconds)}"),
        graph.add("aformat", f"sample_fmts={track.format.name}:channel_layouts={track.layout.name}"),
        graph.add("abuffersink"),
    ).configure()
    while True:
        try:
            frame = graph.pull()
        except EOFError:
            break
        frame.pts, frame.time_base = frame.pts + round(start * rate), Fraction(1, rate)
        yield from track.encode(frame)
    if flush:
        yield from track.encode(None)


def see_corners(frame):
    """Return the RGB colours in the middle of the four patches, computed here from the samples and what the frame says."""
    bits, size = frame.format.components[0].bits, (frame.format.components[0].bits + 7) // 8
    full, found = frame.color_range == 2, []
    for v in (0.25, 0.75):
        for h in (0.25, 0.75):
            samples = []
            for plane in frame.planes[:3]:
                place = int(plane.height * v) * plane.line_size + int(plane.width * h) * size
                samples.append(int.from_bytes(bytes(plane)[place : place + size], "little"))
            found.append(to_rgb(samples, frame.colorspace, full, bits))
    return found


def decode_file(path):
    """Return a file's frames."""
    with av.open(str(path)) as container:
        return list(container.decode(video=0))


def patch(data, old, new, count=1):
    """Replace bytes of a file in place."""
    assert data.count(old) >= 1, old
    return data.replace(old, new, count)


def box(kind, *parts):
    """Return a box of an MP4 file."""
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def enlarge(path, *, scale=2, target=None, codec="h264", **options):
    """Return the source, what was said, and the path of the result."""
    source = load_source(path, codec)
    target = target or Size(*(2 * -(-side * scale // 2) for side in (source.size.width, source.size.height)))
    output = path.with_name("result.mp4")
    return source, encode(Lanczos().upscale(Task(source, target)), source, target, output, **options), output


def assert_seen(frame, corners, within=4):
    for found, wanted in zip(see_corners(frame), corners, strict=True):
        assert all(abs(a - b) <= within for a, b in zip(found, wanted, strict=True)), (see_corners(frame), corners)
