"""Clips of every odd kind, enlarged by the CPU backend: seen the right way up, in the right colours, all of them."""

from __future__ import annotations

import itertools
import os
from fractions import Fraction

import pytest
import worker_harness  # noqa: F401 (puts the image's modules on the path)
from clips import CORNERS, assert_seen, decode_file, enlarge, see_corners, write_clip
from worker.contract import JobError
from worker.video import iterate_frames, load_source

KINDS = {
    "H.264 in MP4": ("a.mp4", {}),
    "H.264 in MOV": ("a.mov", {}),
    "H.264 in Matroska": ("a.mkv", {}),
    "H.264 in MPEG-TS": ("a.ts", {}),
    "H.264 in FLV": ("a.flv", {}),
    "H.264 in AVI": ("a.avi", {}),
    "H.264 in nothing": ("a.h264", {"container": "h264"}),
    "H.264 in fragments": ("a.mp4", {"muxing": {"movflags": "frag_keyframe+empty_moov"}}),
    "H.264 4:2:2": ("a.mp4", {"format_": "yuv422p"}),
    "H.264 4:4:4": ("a.mp4", {"format_": "yuv444p"}),
    "H.264 of ten bits": ("a.mp4", {"format_": "yuv420p10le"}),
    "H.264 of full range": ("a.mp4", {"format_": "yuvj420p", "full": True}),
    "H.264 RGB": ("a.mp4", {"codec": "libx264rgb", "format_": "gbrp", "coded": "rgb24"}),
    "HEVC": ("a.mp4", {"codec": "libx265", "options": {"x265-params": "log-level=none"}}),
    "HEVC of twelve bits": (
        "a.mp4",
        {"codec": "libx265", "format_": "yuv422p12le", "options": {"x265-params": "log-level=none"}},
    ),
    "VP8": ("a.webm", {"codec": "libvpx"}),
    "VP9": ("a.webm", {"codec": "libvpx-vp9"}),
    "VP9 of odd sides": ("a.webm", {"codec": "libvpx-vp9", "width": 63, "height": 47}),
    "VP9 in IVF": ("a.ivf", {"codec": "libvpx-vp9"}),
    "AV1": ("a.mp4", {"codec": "libsvtav1", "width": 128, "height": 96}),
    "MPEG-2": ("a.mpg", {"codec": "mpeg2video"}),
    "MPEG-4 with B-frames": ("a.avi", {"codec": "mpeg4", "options": {"bf": "2"}}),
    "WMV": ("a.asf", {"codec": "wmv2"}),
    "ProRes": ("a.mov", {"codec": "prores_ks", "format_": "yuv422p10le"}),
    "ProRes with alpha": ("a.mov", {"codec": "prores_ks", "format_": "yuva444p10le", "options": {"profile": "4444"}}),
    "Motion JPEG": ("a.avi", {"codec": "mjpeg", "format_": "yuvj422p", "full": True, "matrix": 5}),
    "FFV1 4:1:1": ("a.mkv", {"codec": "ffv1", "format_": "yuv411p"}),
    "FFV1 4:1:0 of odd sides": ("a.mkv", {"codec": "ffv1", "format_": "yuv410p", "width": 65, "height": 49}),
    "FFV1 with alpha": ("a.mkv", {"codec": "ffv1", "format_": "yuva420p"}),
    "FFV1 RGB of ten bits": ("a.nut", {"codec": "ffv1", "format_": "gbrp10le"}),
    "QuickTime Animation with alpha": ("a.mov", {"codec": "qtrle", "format_": "gbrp", "coded": "argb"}),
    "PNG in MOV": ("a.mov", {"codec": "png", "format_": "gbrp", "coded": "rgb24"}),
    "raw NV12": ("a.nut", {"codec": "rawvideo", "coded": "nv12"}),
    "raw BGR": ("a.avi", {"codec": "rawvideo", "format_": "gbrp", "coded": "bgr24"}),
    "DV of 4:1:1": (
        "a.dv.avi",
        {"codec": "dvvideo", "format_": "yuv411p", "width": 720, "height": 480, "rate": Fraction(30000, 1001)},
    ),
    "DV of 4:2:0": ("a.mov", {"codec": "dvvideo", "width": 720, "height": 576}),
    "bare DV": ("a.dv", {"codec": "dvvideo", "width": 720, "height": 576}),
    "YUV4MPEG2": ("a.y4m", {"codec": "wrapped_avframe"}),
    "APNG": ("a.apng", {"codec": "apng", "format_": "gbrp", "coded": "rgb24"}),
    "Cinepak": ("a.avi", {"codec": "cinepak", "format_": "gbrp", "coded": "rgb24"}),
    "FLV's own": ("a.flv", {"codec": "flv"}),
    "H.263 in 3GP": ("a.3gp", {"codec": "h263", "width": 176, "height": 144}),
    "HuffYUV": ("a.avi", {"codec": "huffyuv", "format_": "yuv422p"}),
    "MPEG-2 in MXF": ("a.mxf", {"codec": "mpeg2video"}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_usual_codec_and_container_is_enlarged_with_all_frames_in_its_colours(tmp_path, kind):
    file, settings = KINDS[kind]
    path = write_clip(tmp_path / file, **settings)
    source, said, output = enlarge(path)
    frames = decode_file(output)
    assert len(frames) == said.frames == 6
    assert {(frame.width, frame.height) for frame in frames} == {(source.size.width * 2, source.size.height * 2)}
    assert not said.truncated
    assert_seen(frames[0], CORNERS, within=9)
    assert (frames[0].format.name, frames[0].color_range) == ("yuv420p", 1)


@pytest.mark.skipif(not hasattr(os, "sched_getscheduler"), reason="it asks Linux")
def test_writing_a_clip_leaves_the_tests_process_at_its_own_priority(tmp_path):
    before = os.sched_getscheduler(0), os.sched_getparam(0)
    file, settings = KINDS["AV1"]
    write_clip(tmp_path / file, **settings)
    assert (os.sched_getscheduler(0), os.sched_getparam(0)) == before


@pytest.mark.parametrize("size", [(64, 48), (1280, 720)])
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("matrix", [1, 4, 5, 6, 7, 9])
def test_every_matrix_and_range_comes_out_in_the_same_colours(tmp_path, matrix, full, size):
    path = write_clip(tmp_path / "a.mkv", 2, *size, codec="ffv1", format_="yuv444p", matrix=matrix, full=full)
    _, _, output = enlarge(path, scale=1)
    frame = decode_file(output)[0]
    assert frame.colorspace == matrix
    assert_seen(frame, CORNERS)


@pytest.mark.parametrize(("size", "meant"), [((64, 48), 6), ((720, 576), 6), ((1280, 720), 1), ((640, 720), 1)])
def test_a_matrix_that_is_not_said_is_the_one_of_the_sources_size_and_then_said(tmp_path, size, meant):
    path = write_clip(tmp_path / "a.mkv", 2, *size, codec="ffv1", format_="yuv444p", matrix=meant, tag=2)
    _, _, output = enlarge(path, scale=1 if size[0] > 64 else 8)
    frame = decode_file(output)[0]
    assert frame.colorspace == meant
    assert_seen(frame, CORNERS)


@pytest.mark.parametrize("tag", [8, 10])
def test_a_matrix_that_nothing_here_converts_by_is_carried_over_with_its_samples(tmp_path, tag):
    path = write_clip(tmp_path / "a.mkv", 2, codec="ffv1", format_="yuv444p", matrix=1, tag=tag)
    _, _, output = enlarge(path)
    frame = decode_file(output)[0]
    assert frame.colorspace == tag
    frame.colorspace = 1
    assert_seen(frame, CORNERS)


def test_the_frames_that_a_backend_gets_convert_to_rgb_rightly(tmp_path):
    for number, settings in enumerate(
        (
            {"matrix": 1},
            {"matrix": 6, "full": True},
            {"matrix": 9, "format_": "yuv444p10le"},
            {"matrix": 1, "tag": 2, "width": 1280, "height": 720},
            {"format_": "gbrp10le"},
        )
    ):
        path = write_clip(tmp_path / f"{number}.mkv", 1, codec="ffv1", **{"format_": "yuv444p", **settings})
        frame = next(iterate_frames(load_source(path))).reformat(format="gbrp")
        for found, wanted in zip(_sample_rgb(frame), CORNERS, strict=True):
            assert all(abs(a - b) <= 3 for a, b in zip(found, wanted, strict=True)), (settings, found, wanted)


def _sample_rgb(frame):
    found = []
    for v, h in itertools.product((0.25, 0.75), repeat=2):
        g, b, r = (
            bytes(plane)[int(plane.height * v) * plane.line_size + int(plane.width * h)] for plane in frame.planes
        )
        found.append((r, g, b))
    return found


@pytest.mark.parametrize(
    ("codec", "format_", "full", "container"),
    [
        ("ffv1", "gray", True, "mkv"),
        ("ffv1", "gray", False, "mkv"),
        ("ffv1", "gray10le", True, "mkv"),
        ("libx264", "gray", False, "mp4"),
        ("libx264", "gray10le", False, "mp4"),
        ("libx264", "gray", True, "mp4"),
    ],
)
def test_gray_keeps_its_brightness_in_either_range(tmp_path, codec, format_, full, container):
    grays = tuple((value, value, value) for value in (40, 110, 170, 220))
    path = write_clip(tmp_path / f"a.{container}", 2, codec=codec, format_=format_, full=full, corners=grays)
    _, _, output = enlarge(path)
    assert_seen(decode_file(output)[0], grays)


def test_a_gif_is_enlarged_with_its_palette(tmp_path):
    strong = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0))
    path = write_clip(tmp_path / "a.gif", 4, 64, 48, 10, codec="gif", format_="gbrp", coded="rgb8", corners=strong)
    _, said, output = enlarge(path)
    frames = decode_file(output)
    assert len(frames) == 4
    assert [round(float(frame.time), 2) for frame in frames] == [0, 0.1, 0.2, 0.3]
    assert_seen(frames[0], strong, within=6)
    assert any("alpha" in note for note in said.notes)


def test_samples_that_nothing_here_converts_are_refused_by_their_name(tmp_path):
    path = write_clip(tmp_path / "a.nut", 2, codec="rawvideo", format_="gbrp", coded="bgr4")
    with pytest.raises(JobError, match="bgr4") as error:
        enlarge(path)
    assert error.value.code == "not_a_video"


@pytest.mark.parametrize(("codec", "bits"), [("h264", "yuv420p"), ("hevc", "yuv420p10le")])
def test_ten_bits_stay_ten_with_hevc_and_become_eight_with_h264(tmp_path, codec, bits):
    path = write_clip(tmp_path / "a.mp4", 3, format_="yuv420p10le", matrix=1)
    _, said, output = enlarge(path, codec=codec)
    frame = decode_file(output)[0]
    assert frame.format.name == bits
    assert_seen(frame, CORNERS)
    assert any("10 bits" in note for note in said.notes) == (codec == "h264")


def test_eight_bits_stay_eight_with_hevc(tmp_path):
    _, _, output = enlarge(write_clip(tmp_path / "a.mp4", 3), codec="hevc")
    frame = decode_file(output)[0]
    assert frame.format.name == "yuv420p"
    assert_seen(frame, CORNERS)


PQ, HLG = 16, 18
LIGHT = "master-display=G(8500,39850)B(6550,2300)R(35400,14600)WP(15635,16450)L(10000000,50):max-cll=1000,400"


def write_hdr(path, transfer, light=LIGHT):
    return write_clip(
        path,
        3,
        codec="libx265",
        format_="yuv420p10le",
        matrix=9,
        primaries=9,
        transfer=transfer,
        options={"x265-params": f"log-level=none:{light}"},
    )


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_hdr_is_kept_by_hevc_with_its_tags_and_its_light(tmp_path, transfer):
    _, said, output = enlarge(write_hdr(tmp_path / "a.mp4", transfer), codec="hevc")
    frame = decode_file(output)[0]
    assert (frame.format.name, frame.colorspace, frame.color_primaries, frame.color_trc) == (
        "yuv420p10le",
        9,
        9,
        transfer,
    )
    original = decode_file(tmp_path / "a.mp4")[0]
    for kind in ("MASTERING_DISPLAY_METADATA", "CONTENT_LIGHT_LEVEL"):
        assert bytes(frame.side_data.get(kind)) == bytes(original.side_data.get(kind))
    assert_seen(frame, CORNERS)
    assert said.notes == ()


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_hdr_is_mapped_to_sdr_by_h264_and_that_is_said(tmp_path, transfer):
    source, said, output = enlarge(write_hdr(tmp_path / "a.mp4", transfer))
    frame = decode_file(output)[0]
    assert (frame.format.name, frame.colorspace, frame.color_primaries, frame.color_trc) == ("yuv420p", 1, 1, 1)
    assert next(iterate_frames(source)).color_trc != transfer
    assert any("tone-mapped" in note for note in said.notes)
    for found, coded in zip(see_corners(frame), CORNERS, strict=True):
        assert found.index(max(found)) == coded.index(max(coded))  # the same hue
