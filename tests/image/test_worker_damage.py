"""Damaged, hostile and empty files: what can be used is used, limits hold before memory is taken, nothing else is opened."""

from __future__ import annotations

import io
import random
from fractions import Fraction

import av
import pytest
from clips import CORNERS, assert_seen, decode_file, draw, enlarge, write_clip
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from worker.contract import JobError
from worker.extent import is_cut
from worker.video import iterate_frames, load_source


def refuse(path, code):
    """Return what is said of a file that must be refused."""
    with pytest.raises(JobError) as error:
        list(iterate_frames(load_source(path)))
    assert error.value.code == code, error.value.message
    assert str(path) not in error.value.message
    return error.value.message


CUT = {
    "mp4": ("a.mp4", {"muxing": {"movflags": "faststart"}, "options": {"g": "10"}}),
    "mov": ("a.mov", {"codec": "prores_ks", "format_": "yuv422p10le", "muxing": {"movflags": "faststart"}}),
    "fragments": ("a.mp4", {"muxing": {"movflags": "frag_keyframe+empty_moov"}, "options": {"g": "10"}}),
    "mkv": ("a.mkv", {"options": {"g": "10"}}),
    "webm": ("a.webm", {"codec": "libvpx-vp9"}),
    "avi": ("a.avi", {"codec": "mpeg4"}),
    "flv": ("a.flv", {"options": {"g": "10"}}),
    "ts": ("a.ts", {"options": {"g": "10"}}),
    "mpg": ("a.mpg", {"codec": "mpeg2video"}),
    "h264": ("a.h264", {"container": "h264", "options": {"g": "10"}}),
}
AUDIO = {"mpg": "mp2", "webm": "libopus", "flv": "libmp3lame", "mov": "pcm_s16le"}


@pytest.mark.parametrize("sound", [False, True])
@pytest.mark.parametrize("part", [0.5, 0.7, 0.95])
@pytest.mark.parametrize("kind", CUT)
def test_of_a_cut_file_the_frames_before_the_cut_are_used_and_that_is_said(tmp_path, kind, part, sound):
    file, made = CUT[kind]
    audio = [AUDIO.get(kind, "aac")] if sound and kind != "h264" else []
    path = write_clip(tmp_path / file, 60, 160, 120, audio=audio, **made)
    data = path.read_bytes()
    _, said, _ = enlarge(path)
    assert (said.frames, said.truncated) == (60, False)
    path.write_bytes(data[: round(len(data) * part / 188) * 188 + 90])  # within a packet of MPEG-TS
    _, said, output = enlarge(path)
    frames = decode_file(output)
    assert 0 < said.frames == len(frames) <= 60
    assert said.truncated or kind in {"mpg", "h264"}  # which don't say how long they are
    for frame in frames[: -1 if kind == "h264" else None]:  # nothing says that the last picture is not whole
        assert_seen(frame, CORNERS, within=45)  # none is half gray


@pytest.mark.parametrize("kind", ["mp4", "mkv", "avi", "flv", "ts", "fragments"])
def test_what_stands_behind_a_whole_file_does_not_cut_it(tmp_path, kind):
    file, made = CUT[kind]
    path = write_clip(tmp_path / file, 6, **made)
    data = path.read_bytes()
    for tail in (b"\0", bytes(188)):
        path.write_bytes(data + tail)
        source = load_source(path)
        assert sum(1 for _ in iterate_frames(source)) == 6
        assert not source.damage.truncated or kind in {"ts", "flv"}


@pytest.mark.parametrize("kind", ["mp4", "mkv", "avi", "flv", "ts", "fragments"])
def test_a_file_that_lacks_its_last_byte_is_cut_and_a_whole_one_is_not(tmp_path, kind):
    file, made = CUT[kind]
    path = write_clip(tmp_path / file, 6, **made)
    assert not is_cut(path)
    path.write_bytes(path.read_bytes()[:-1])
    assert is_cut(path)


@given(st.binary(max_size=200), st.sampled_from([b"", b"RIFF", b"FLV\1\5", b"\x1aE\xdf\xa3", b"\0\0\0\x10ftyp", b"G"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_cut_or_not(tmp_path, content, head):
    path = tmp_path / "any"
    path.write_bytes(head + content)
    assert is_cut(path) in {True, False}


def test_the_frames_before_the_last_packet_are_used_where_it_is_cut(tmp_path):
    path = write_clip(tmp_path / "a.mp4", 30, 160, 120, muxing={"movflags": "faststart"}, options={"bf": "0"})
    path.write_bytes(path.read_bytes()[:-3])
    _, said, output = enlarge(path)
    assert (said.frames, said.truncated) == (29, True)
    assert len(decode_file(output)) == 29


def test_a_file_that_lost_its_index_is_refused_with_the_reason(tmp_path):
    path = write_clip(tmp_path / "a.mp4", 30)
    path.write_bytes(path.read_bytes()[:-400])
    assert "cut off" in refuse(path, "not_a_video")


def _scramble(data, start, end, seed=3):
    chance = random.Random(seed)
    return data[:start] + bytes(chance.randrange(256) for _ in range(end - start)) + data[end:]


@pytest.mark.parametrize("container", ["mkv", "mp4", "ts", "avi"])
def test_what_is_damaged_in_the_middle_is_left_out_and_the_rest_used(tmp_path, container):
    path = write_clip(
        tmp_path / f"a.{container}",
        60,
        160,
        120,
        codec="mjpeg" if container in {"avi", "mkv"} else "mpeg2video",
        format_="yuvj420p" if container in {"avi", "mkv"} else "yuv420p",
        full=container in {"avi", "mkv"},
        options={"g": "1"},
    )
    data = path.read_bytes()
    with av.open(io.BytesIO(data)) as opened:
        packets = [packet for packet in opened.demux(video=0) if packet.size]
    at = packets[30].pos
    path.write_bytes(
        _scramble(data, at + 200, at + 300)
        if container == "ts"
        else data[:at] + bytes(packets[30].size) + data[at + packets[30].size :]
    )
    _, said, output = enlarge(path)
    assert 55 <= said.frames <= 60
    assert not said.truncated
    if container == "ts":
        assert any("damaged" in note for note in said.notes)
    assert_seen(decode_file(output)[-1], CORNERS, within=45)


def test_a_clip_that_is_noise_from_the_start_fails(tmp_path):
    path = write_clip(tmp_path / "a.mp4", 30, codec="mpeg4", muxing={"movflags": "faststart"})
    data = path.read_bytes()
    start = data.index(b"mdat") + 4
    path.write_bytes(data[:start] + bytes(len(data) - start))
    refuse(path, "no_frames")
    path.write_bytes(data[:start] + b"\x55" * (len(data) - start))
    with pytest.raises(JobError):
        load_source(path)


def test_damage_never_ends_otherwise_than_in_a_result_or_a_reason(tmp_path):
    chance = random.Random(11)
    whole = [
        write_clip(tmp_path / name, 12, audio=audio, **settings)
        for name, audio, settings in (
            ("1.mp4", ["aac"], {}),
            ("2.mkv", ["libmp3lame"], {"codec": "libx265", "options": {"x265-params": "log-level=none"}}),
            ("3.ts", ["mp2"], {}),
            ("4.avi", ["pcm_s16le"], {"codec": "mpeg4"}),
            ("5.webm", ["libopus"], {"codec": "libvpx-vp9"}),
            ("6.gif", [], {"codec": "gif", "format_": "gbrp", "coded": "rgb8"}),
        )
    ]
    path = tmp_path / "damaged"
    for round_ in range(90):
        data = bytearray(whole[round_ % len(whole)].read_bytes())
        for _ in range(chance.choice([1, 3, 30, 300])):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(data[: chance.randint(len(data) // 2, len(data))])
        try:
            enlarge(path)
        except JobError as error:
            assert error.code in {"not_a_video", "no_frames", "too_large", "rotated"}


@pytest.mark.parametrize("container", ["mp4", "mkv", "avi", "mov"])
def test_a_file_without_a_frame_is_named_so(tmp_path, container):
    refuse(write_clip(tmp_path / f"a.{container}", 0, codec="mpeg4"), "no_frames")


@pytest.mark.parametrize("container", ["mp4", "mkv", "ts", "avi", "gif"])
def test_one_frame_is_a_video(tmp_path, container):
    codec = {"gif": "gif", "avi": "mpeg4"}.get(container, "libx264")
    settings = {"format_": "gbrp", "coded": "rgb8"} if container == "gif" else {}
    _, said, output = enlarge(write_clip(tmp_path / f"a.{container}", 1, codec=codec, **settings))
    assert (said.frames, said.truncated) == (1, False)
    assert len(decode_file(output)) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0",
        b"\0" * 5000,
        b"plain text, no video\n" * 50,
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"RIFF\0\0\0\0AVI ",
        b"\x1aE\xdf\xa3",
    ],
)
def test_what_is_no_video_is_refused(tmp_path, content):
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    with pytest.raises(JobError) as error:
        load_source(path)
    assert error.value.code in {"not_a_video", "no_frames"}


def test_a_cover_picture_is_no_video_and_beside_one_it_is_left_out(tmp_path):
    from av.stream import Disposition

    cover = _jpeg(tmp_path)
    for name, pictures in (("song.mp4", False), ("film.mp4", True)):
        path = tmp_path / name
        with av.open(str(path), "w") as output:
            art = output.add_stream("mjpeg", rate=1)
            art.width, art.height, art.pix_fmt = 32, 32, "yuvj420p"
            art.disposition = Disposition.attached_pic
            copied = None
            if pictures:
                clip = write_clip(tmp_path / "clip.mp4", 5)
                source = av.open(str(clip))
                copied = output.add_stream_from_template(source.streams.video[0], opaque=True)
            packet = av.Packet(cover)
            packet.pts = packet.dts = 0
            packet.stream = art
            output.mux(packet)
            if copied:
                for packet in source.demux(video=0):
                    if packet.size:
                        packet.stream = copied
                        output.mux(packet)
                source.close()
        if pictures:
            _, said, _ = enlarge(path)
            assert (said.frames, said.notes) == (5, ())
        else:
            assert "cover" in refuse(path, "not_a_video")


def test_of_two_videos_in_a_file_the_first_is_used_and_that_is_said(tmp_path):
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as output:
        streams = [output.add_stream("ffv1", rate=25, width=64, height=48, pix_fmt="yuv420p") for _ in range(2)]
        for index in range(4):
            for stream, corners in zip(streams, (CORNERS, CORNERS[::-1]), strict=True):
                frame = draw(64, 48, "yuv420p", corners=corners)
                frame.pts, frame.time_base = index, Fraction(1, 25)
                output.mux(stream.encode(frame))
        for stream in streams:
            output.mux(stream.encode(None))
    _, said, made = enlarge(path)
    assert said.notes == ("one of 2 video streams is used",)
    assert_seen(decode_file(made)[0], CORNERS)


def _jpeg(folder):
    clip = write_clip(folder / "cover.avi", 1, 32, 32, codec="mjpeg", format_="yuvj420p", full=True)
    with av.open(str(clip)) as container:
        return next(bytes(packet) for packet in container.demux(video=0) if packet.size)


def test_interlaced_pictures_are_said(tmp_path):
    path = write_clip(tmp_path / "a.mpg", 6, codec="mpeg2video", interlaced=True, options={"flags": "+ilme+ildct"})
    _, said, _ = enlarge(path)
    assert any("interlaced" in note for note in said.notes)
