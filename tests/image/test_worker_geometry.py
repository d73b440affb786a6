"""Which way is up, how wide a pixel is, and one size for all frames."""

from __future__ import annotations

import struct
from fractions import Fraction

import av
import pytest
import worker_harness  # noqa: F401 (puts the image's modules on the path)
from clips import CORNERS, assert_seen, decode_file, draw, enlarge, write_clip
from worker.contract import JobError, Size
from worker.video import iterate_frames, load_source

A, B, C, D = CORNERS  # A B
#                       C D
ONE = 1 << 16


def matrix(a, b, c, d):
    return [round(a * ONE), round(b * ONE), 0, round(c * ONE), round(d * ONE), 0, 0, 0, 1 << 30]


TURNS = {
    "upright": ((1, 0, 0, 1), (A, B, C, D)),
    "a quarter clockwise": ((0, 1, -1, 0), (C, A, D, B)),
    "a half": ((-1, 0, 0, -1), (D, C, B, A)),
    "a quarter back": ((0, -1, 1, 0), (B, D, A, C)),
    "mirrored": ((-1, 0, 0, 1), (B, A, D, C)),
    "upside down": ((1, 0, 0, -1), (C, D, A, B)),
    "mirrored and a quarter clockwise": ((0, 1, 1, 0), (A, C, B, D)),
    "mirrored and a quarter back": ((0, -1, -1, 0), (D, B, C, A)),
    "upright and doubled": ((2, 0, 0, 2), (A, B, C, D)),
    "almost a quarter": ((0.009, 1, -1, 0.009), (C, A, D, B)),
    "nothing at all": ((0, 0, 0, 0), (A, B, C, D)),
}


@pytest.mark.parametrize("container", ["mp4", "mov", "mkv"])
@pytest.mark.parametrize("format_", ["yuv420p", "yuv422p"])
@pytest.mark.parametrize("turn", TURNS)
def test_a_turned_video_comes_out_upright_and_says_no_turn(tmp_path, turn, format_, container):
    numbers, corners = TURNS[turn]
    path = write_clip(tmp_path / f"a.{container}", 3, format_=format_, turn=matrix(*numbers))
    source, said, output = enlarge(path)
    sideways = abs(numbers[1]) == 1
    assert source.size == (Size(48, 64) if sideways else Size(64, 48))
    frames = decode_file(output)
    assert said.frames == len(frames) == 3
    for frame in frames:
        assert (frame.width, frame.height, frame.rotation) == (source.size.width * 2, source.size.height * 2, 0)
    assert_seen(frames[0], corners)
    for frame in iterate_frames(source):
        assert frame.side_data.get("DISPLAYMATRIX") is None or sideways is False
        assert (frame.width, frame.height) == (source.size.width, source.size.height)


@pytest.mark.parametrize("degrees", [45, 30, 5, 100, -60])
def test_an_angle_between_is_refused_with_the_angle(tmp_path, degrees):
    import math

    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    path = write_clip(tmp_path / "a.mp4", 3, turn=matrix(cos, sin, -sin, cos))
    with pytest.raises(JobError, match=rf"turned by {degrees} degrees.*quarter turns") as error:
        load_source(path)
    assert error.value.code == "rotated"


def test_the_shape_of_pixels_turns_with_the_picture(tmp_path):
    path = write_clip(tmp_path / "a.mp4", 2, ratio=Fraction(16, 11), turn=matrix(0, 1, -1, 0))
    source, _, output = enlarge(path)
    assert source.pixel_ratio == Fraction(11, 16)
    with av.open(str(output)) as container:
        assert container.streams.video[0].sample_aspect_ratio == Fraction(11, 16)


@pytest.mark.parametrize("container", ["mp4", "mkv", "ts", "avi"])
def test_the_shape_of_pixels_is_kept_where_the_target_has_the_pictures_shape(tmp_path, container):
    path = write_clip(
        tmp_path / f"a.{container}",
        6,
        72,
        58,
        ratio=Fraction(16, 11),
        codec="mpeg4" if container == "avi" else "libx264",
    )
    _, _, output = enlarge(path)
    with av.open(str(output)) as made:
        assert made.streams.video[0].sample_aspect_ratio == Fraction(16, 11)


def test_a_target_of_another_shape_has_square_pixels(tmp_path):
    path = write_clip(tmp_path / "a.mp4", 2, 72, 58, ratio=Fraction(16, 11))
    _, _, output = enlarge(path, target=Size(204, 116))
    with av.open(str(output)) as made:
        assert made.streams.video[0].sample_aspect_ratio in {None, Fraction(1)}
    assert_seen(decode_file(output)[0], CORNERS)


def test_a_shape_of_pixels_that_can_not_be_meant_is_left_out(tmp_path):
    path = write_clip(tmp_path / "a.mp4", 2, ratio=Fraction(200, 1))
    assert load_source(path).pixel_ratio == 1


@pytest.mark.parametrize("side", [1, 2, 3, 15, 17])
def test_small_and_odd_sides_are_enlarged_to_even_ones(tmp_path, side):
    path = write_clip(tmp_path / "a.nut", 2, side, side + 2, codec="rawvideo")
    source, _, output = enlarge(path, scale=1)
    frame = decode_file(output)[0]
    assert source.size == Size(side, side + 2)
    assert (frame.width, frame.height) == (2 * -(-side // 2), 2 * -(-(side + 2) // 2))


def test_frames_of_several_sizes_and_formats_become_those_of_the_first(tmp_path):
    """As in a stream whose sender changes the resolution on the way: two parts of MPEG-TS, one behind the other."""
    parts = [
        write_clip(tmp_path / "1.ts", 4),
        write_clip(tmp_path / "2.ts", 4, 128, 64, format_="yuv422p", matrix=1),
        write_clip(tmp_path / "3.ts", 4, 32, 32, format_="yuv420p10le"),
    ]
    path = tmp_path / "a.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    source, said, output = enlarge(path)
    assert {(frame.width, frame.height, frame.format.name) for frame in iterate_frames(source)} == {(64, 48, "yuv420p")}
    frames = decode_file(output)
    assert len(frames) == said.frames == 12
    for frame in frames:
        assert_seen(frame, CORNERS, within=40)
    assert_seen(frames[5], [tuple(min(255, value + 1) for value in rgb) for rgb in CORNERS], within=6)
    times = [frame.time for frame in frames]
    assert times == sorted(times)
    assert times[-1] < 1


def test_a_picture_that_turns_on_the_way_is_upright_throughout(tmp_path):
    """A JPEG says by itself which way is up, each for itself."""
    path = write_clip(tmp_path / "a.avi", 2, codec="mjpeg", format_="yuvj420p", full=True, matrix=5)
    with av.open(str(path)) as container:
        packets = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    turned = packets[1][:2] + exif(6) + packets[1][2:]
    path = tmp_path / "b.avi"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        for index, data in enumerate((packets[0], turned, packets[0])):
            packet = av.Packet(data)
            packet.pts = packet.dts = index
            packet.time_base, packet.stream, packet.is_keyframe = Fraction(1, 25), stream, True
            output.mux(packet)
    frames = list(iterate_frames(load_source(path)))
    assert {(frame.width, frame.height) for frame in frames} == {(64, 48)}
    assert_seen(frames[0], (A, B, C, D), within=9)
    assert_seen(frames[1], (C, A, D, B), within=9)
    assert_seen(frames[2], (A, B, C, D), within=9)


def exif(orientation):
    body = b"Exif\0\0MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def test_the_visible_part_of_a_coded_picture_is_the_picture(tmp_path):
    path = write_clip(tmp_path / "a.mp4", 2, 50, 38)  # coded as 64x48
    assert load_source(path).size == Size(50, 38)
    assert draw(50, 38, "yuv420p").width == 50
