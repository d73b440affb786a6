"""Damaged, hostile and empty files: what can be used is used, limits hold before memory is taken, nothing else is opened."""

from __future__ import annotations

import ctypes
import io
import os
import random
import struct
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import pytest
from clips import CORNERS, assert_seen, box, decode_file, draw, enlarge, needs_linux, write_clip
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from worker.contract import JobError
from worker.extent import is_cut
from worker.video import iterate_frames, load_source
from worker_harness import IMAGE


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
    for frame in frames:
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


def measure(code, path):
    """Run code in a process of its own; return what it printed and by how much its memory grew, in MiB (Linux counts KiB)."""
    program = (
        "import sys, resource; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "import av, av.filter\n"
        "from worker.video import *\nfrom worker.contract import JobError\n"
        "path = Path(sys.argv[2])\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        f"try:\n    {code}\n"
        "except JobError as error:\n    print(error.code)\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(IMAGE), str(path)], capture_output=True, text=True, check=True
    )
    *said, grown = done.stdout.split()
    return said, int(grown)


def _gif(width, height):
    return (
        b"GIF89a"
        + struct.pack("<HHBBB", width, height, 0x80, 0, 0)
        + b"\0\0\0\xff\xff\xff"
        + b","
        + struct.pack("<HHHHB", 0, 0, width, height, 0)
        + b"\x02\x02\x4c\x01\0;"
    )


def _huge_mp4(folder, codec, width=16384, height=16384):
    path = write_clip(
        folder / f"{codec}.mp4",
        2,
        64,
        48,
        codec=codec,
        format_="yuvj420p" if codec == "mjpeg" else "yuv420p",
        full=codec == "mjpeg",
    )
    data = path.read_bytes()
    return data.replace(struct.pack(">HH", 64, 48), struct.pack(">HH", width, height)).replace(
        struct.pack(">II", 64 << 16, 48 << 16), struct.pack(">II", width << 16, height << 16)
    )


@needs_linux
@pytest.mark.parametrize("kind", ["gif", "png", "mjpeg", "vp8", "h264"])
def test_a_small_file_that_declares_a_huge_picture_is_refused_before_memory_is_taken(tmp_path, kind):
    path = tmp_path / "bomb"
    if kind == "gif":
        path.write_bytes(_gif(16384, 16384))
    elif kind == "png":
        clip = write_clip(tmp_path / "a.mov", 1, 64, 48, codec="png", format_="gbrp", coded="rgb24").read_bytes()
        path.write_bytes(_png_size(clip, 16384, 16384))
    elif kind == "mjpeg":
        path.write_bytes(
            write_clip(tmp_path / "a.avi", 2, 64, 48, codec="mjpeg", format_="yuvj420p", full=True)
            .read_bytes()
            .replace(struct.pack(">HH", 48, 64), struct.pack(">HH", 16384, 16384))
        )
    elif kind == "vp8":
        path.write_bytes(
            write_clip(tmp_path / "a.ivf", 2, 64, 48, codec="libvpx")
            .read_bytes()
            .replace(b"\x9d\x01\x2a" + struct.pack("<HH", 64, 48), b"\x9d\x01\x2a" + struct.pack("<HH", 16383, 16383))
        )
    else:
        path.write_bytes(
            write_clip(
                tmp_path / "big.h264", 1, 16384, 64, container="h264", options={"preset": "ultrafast"}
            ).read_bytes()
        )
    said, grown = measure("list(iterate_frames(load_source(path)))", path)
    assert said in (["too_large"], ["not_a_video"], ["no_frames"]), said
    assert grown < 100  # a frame of that size has 400 MiB at least


def _png_size(data, width, height):
    import zlib

    at = data.index(b"IHDR")
    header = struct.pack(">II", width, height) + data[at + 12 : at + 17]
    return data[:at] + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header)) + data[at + 21 :]


@needs_linux
def test_a_picture_that_becomes_huge_on_the_way_is_left_out_before_memory_is_taken(tmp_path):
    small = write_clip(tmp_path / "1.ts", 12, codec="mpeg2video").read_bytes()
    huge = write_clip(tmp_path / "2.ts", 2, 12_000, 64, codec="libx264", options={"preset": "ultrafast"}).read_bytes()
    path = tmp_path / "a.ts"
    path.write_bytes(small + huge)
    said, grown = measure("print(len(list(iterate_frames(load_source(path)))))", path)
    assert said in (["12"], ["too_large"])
    assert grown < 100


@needs_linux
def test_more_frames_than_allowed_are_refused_without_being_kept(tmp_path):
    path = tmp_path / "a.avi"
    clip = write_clip(tmp_path / "1.avi", 1, 2, 2, codec="rawvideo")
    with av.open(str(clip)) as container:
        pixel = next(bytes(packet) for packet in container.demux(video=0) if packet.size)
    with av.open(str(path), "w") as output:
        stream = output.add_stream("rawvideo", rate=25)
        stream.width, stream.height, stream.pix_fmt = 2, 2, "yuv420p"
        for index in range(36_010):
            packet = av.Packet(pixel)
            packet.pts = packet.dts = index
            packet.stream = stream
            output.mux(packet)
    said, grown = measure("sum(1 for _ in iterate_frames(load_source(path)))", path)
    assert said == ["too_large"]
    assert grown < 100


IN_OPEN, IN_NONBLOCK = 0x20, 0o4000


class Watch:
    """Notice, by the kernel, whether anybody opens a file."""

    def __init__(self, path):
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._handle = self._libc.inotify_init1(IN_NONBLOCK)
        assert self._libc.inotify_add_watch(self._handle, os.fsencode(path), IN_OPEN) >= 0

    def was_opened(self):
        try:
            return bool(os.read(self._handle, 4096))
        except BlockingIOError:
            return False

    def close(self):
        os.close(self._handle)


@pytest.fixture
def secret(tmp_path):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    path = write_clip(folder / "secret.mp4", 5)
    write_clip(folder / "secret.ts", 8)
    return path


@needs_linux
def test_the_watch_notices(secret):
    watch = Watch(secret)
    assert not watch.was_opened()
    secret.read_bytes()
    assert watch.was_opened()
    watch.close()


def quicktime_with_external_data(folder, target):
    """A MOV whose pictures stand in another file: its data reference is an alias record (QuickTime File Format, dref)."""
    clip = write_clip(folder / "own.mov", 5)
    data = bytearray(clip.read_bytes())
    at = data.index(b"dref") - 4
    path = os.fsencode(target)
    name = target.name.encode()
    alias = bytes(10) + b"\x01V".ljust(28, b"\0") + bytes(12) + (bytes([len(name)]) + name).ljust(64, b"\0")
    alias += bytes(16) + struct.pack(">hh", -1, -1) + bytes(16)
    alias += struct.pack(">hH", 2, len(path)) + path + bytes(len(path) % 2) + struct.pack(">hH", -1, 0)
    new = box(b"dref", struct.pack(">II", 0, 1), box(b"alis", bytes(4), alias))
    old = struct.unpack_from(">I", data, at)[0]
    data[at : at + old] = new
    for around in (b"dinf", b"minf", b"mdia", b"trak", b"moov"):
        place = data.rindex(around, 0, at) - 4
        struct.pack_into(">I", data, place, struct.unpack_from(">I", data, place)[0] + len(new) - old)
    path = folder / "external.mov"
    path.write_bytes(data)
    return path


def listings(folder, target):
    """Files that only name another one, in every language that FFmpeg reads."""
    segment = target.with_suffix(".ts")
    yield "HLS", f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{segment}\n#EXT-X-ENDLIST\n".encode()
    yield "HLS by path", f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{segment}\n#EXT-X-ENDLIST\n".encode()
    yield "concat", f"ffconcat version 1.0\nfile '{target}'\n".encode()
    yield "concat by protocol", f"ffconcat version 1.0\nfile 'file:{target}'\n".encode()
    yield (
        "SDP",
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    )
    yield (
        "DASH",
        (
            '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011">'
            f'<Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>file://{target}</BaseURL></Representation></AdaptationSet></Period></MPD>'
        ).encode(),
    )
    yield (
        "Smooth Streaming",
        b'<?xml version="1.0"?><SmoothStreamingMedia MajorVersion="2" MinorVersion="0" Duration="0"></SmoothStreamingMedia>',
    )
    yield "ASX", f'<asx version="3.0"><entry><ref href="file://{target}"/></entry></asx>'.encode()
    yield (
        "a QuickTime reference",
        box(
            b"moov",
            box(
                b"rmra",
                box(
                    b"rmda",
                    box(b"rdrf", struct.pack(">I4sI", 0, b"url ", len(str(target)) + 1), str(target).encode() + b"\0"),
                ),
            ),
        ),
    )
    yield "AviSynth", f'AviSource("{target}")\n'.encode()
    yield "VobSub", f"# VobSub index file, v7 (do not modify this line!)\nid: en, index: 0\n{target}\n".encode()
    yield (
        "an IMF list",
        b'<?xml version="1.0"?><CompositionPlaylist xmlns="http://www.smpte-ra.org/schemas/2067-3/2016"></CompositionPlaylist>',
    )
    yield "WebM manifest", f"<x>{target}</x>".encode()
    yield (
        "SVG",
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"><image xlink:href="file://{target}"/></svg>'.encode(),
    )


@needs_linux
def test_no_list_of_files_opens_one(tmp_path, secret):
    watches = [Watch(secret), Watch(secret.with_suffix(".ts"))]
    for kind, content in listings(tmp_path, secret):
        for name in ("a.mp4", "a.m3u8", "a"):
            path = tmp_path / name
            path.write_bytes(content)
            with pytest.raises(JobError) as error:
                list(iterate_frames(load_source(path)))
            assert error.value.code in {"not_a_video", "no_frames"}, kind
    assert not any(watch.was_opened() for watch in watches)
    for watch in watches:
        watch.close()


@needs_linux
def test_data_that_a_quicktime_file_keeps_elsewhere_is_not_opened(tmp_path, secret):
    path = quicktime_with_external_data(tmp_path, secret)
    watch = Watch(secret)
    with pytest.raises(JobError):
        list(iterate_frames(load_source(path)))
    assert not watch.was_opened()
    with av.open(
        str(path), options={"enable_drefs": "1", "use_absolute_path": "1"}
    ) as container:  # the file is a real one
        list(container.demux(video=0))
    assert watch.was_opened()
    watch.close()


def test_a_name_with_a_protocol_in_it_is_a_name(tmp_path):
    folder = tmp_path / "concat:a|b"
    folder.mkdir()
    assert enlarge(write_clip(folder / "a.mp4", 3).rename(folder / "http:"))[1].frames == 3


@needs_linux
def test_the_file_is_closed_when_nobody_reads_on(tmp_path):
    path = write_clip(tmp_path / "a.mp4", 9)
    frames = iterate_frames(load_source(path))
    next(frames)
    opened = [link for link in Path("/proc/self/fd").iterdir() if link.is_symlink() and _leads_to(link, path)]
    assert len(opened) == 1
    frames.close()
    assert not any(_leads_to(link, path) for link in Path("/proc/self/fd").iterdir())


def _leads_to(link, path):
    try:
        return link.readlink() == path
    except OSError:
        return False
