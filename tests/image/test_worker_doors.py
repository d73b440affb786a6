"""Hostile files: limits hold before memory is taken, and nothing that a file names is opened."""

from __future__ import annotations

import ctypes
import os
import struct
import subprocess
import sys
from pathlib import Path

import av
import pytest
from clips import box, enlarge, needs_linux, write_clip
from worker.contract import JobError
from worker.video import iterate_frames, load_source
from worker_harness import IMAGE


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
