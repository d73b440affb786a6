"""Videos are compared as FFmpeg's own filters compare them, whatever form they come in; what can't be is named."""

from __future__ import annotations

import io
import math
import sys
from fractions import Fraction

import av
import pytest
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter

from conductor.errors import MissingExtra
from conductor.ports.video import Compared, Likeness, VideoFault
from conductor.providers.video import PyAvJudge
from conductor.release.quality import LEAST_DB, LEAST_SSIM

WIDTH, HEIGHT, FRAMES = 192, 112, 6
JUDGE = PyAvJudge()


def draw(frames=FRAMES, width=WIDTH, height=HEIGHT, soft=300):
    """Return frames of a soft moving pattern, which a good filter brings back better than a bad one."""
    made = []
    for number in range(frames):
        frame = av.VideoFrame(width, height, "yuv420p")
        for plane, level in zip(frame.planes, (None, 100, 150), strict=True):
            row = bytearray(plane.buffer_size)
            for y in range(plane.height):
                for x in range(plane.width):
                    value = level or 125 + 90 * math.sin(((x + number) ** 2 + 2 * y * y) / soft)
                    row[y * plane.line_size + x] = round(value)
            plane.update(bytes(row))
        made.append(frame)
    return made


def resize(frames, width, height, how):
    scaler = VideoReformatter()
    return [scaler.reformat(frame, width, height, "yuv420p", interpolation=how) for frame in frames]


def encode(frames, codec="libx264", container="mp4", pix_fmt="yuv420p", full=False, rate=24, **options):
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream = output.add_stream(codec, rate=rate, options=options)
        stream.width, stream.height, stream.pix_fmt = frames[0].width, frames[0].height, pix_fmt
        if full:
            stream.codec_context.color_range = ColorRange.JPEG
        for number, frame in enumerate(frames):
            shaped = frame.reformat(format=pix_fmt, dst_color_range=ColorRange.JPEG if full else ColorRange.MPEG)
            shaped.pts, shaped.time_base = number, Fraction(1, rate)
            output.mux(stream.encode(shaped))
        output.mux(stream.encode(None))
    return file.getvalue()


def decode(video):
    with av.open(io.BytesIO(video)) as container:
        return list(container.decode(video=0))


REFERENCE = encode(draw(), crf="4")
SOURCE = encode(resize(decode(REFERENCE), WIDTH // 2, HEIGHT // 2, Interpolation.AREA), crf="4")


def enlarge(how, **how_encoded):
    return encode(resize(decode(SOURCE), WIDTH, HEIGHT, how), **{"crf": "4", **how_encoded})


def test_bicubic_itself_is_within_what_an_encoder_loses_and_a_worse_filter_is_below():
    bicubic = JUDGE.compare(SOURCE, enlarge(Interpolation.BICUBIC, crf="18"), REFERENCE)
    assert abs(bicubic.margin.psnr_db) < 0.1
    assert abs(bicubic.margin.ssim) < 0.005
    nearest = JUDGE.compare(SOURCE, enlarge(Interpolation.POINT), REFERENCE)
    assert nearest.bicubic == bicubic.bicubic
    assert nearest.margin.psnr_db < -1
    assert nearest.margin.ssim < -0.005
    assert nearest.frames == FRAMES


@pytest.mark.parametrize("soft", [1000, 20_000])
def test_a_clip_on_which_encoders_differ_more_than_enlargements_is_refused_beforehand(soft):
    reference = encode(draw(soft=soft), crf="4")
    source = encode(resize(decode(reference), WIDTH // 2, HEIGHT // 2, Interpolation.AREA), crf="4")
    with pytest.raises(VideoFault, match=r"too easy or too noisy to judge with: bicubic comes to .* dB") as fault:
        JUDGE.check(source, reference)
    assert fault.value.which == "reference"


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
@pytest.mark.parametrize("preset", ["ultrafast", "veryfast", "slow"])
def test_what_encoders_differ_by_is_within_what_one_costs(codec, preset):
    quiet = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    found = JUDGE.compare(
        SOURCE, enlarge(Interpolation.BICUBIC, codec=codec, crf="18", preset=preset, **quiet), REFERENCE
    )
    assert -found.margin.psnr_db < max(LEAST_DB, found.encoder.psnr_db)
    assert -found.margin.ssim < max(LEAST_SSIM, found.encoder.ssim)


def test_the_reference_itself_is_as_good_as_can_be():
    found = JUDGE.compare(SOURCE, REFERENCE, REFERENCE)
    assert found.result == Likeness(math.inf, 1.0)
    assert 0 < found.margin.psnr_db < 100
    assert Compared(found.result, found.result, found.encoder, 1).margin == Likeness(0, 0)


@pytest.mark.parametrize(
    "form",
    [
        {"full": True},
        {"pix_fmt": "yuvj420p", "full": True},
        {"pix_fmt": "yuv420p10le"},
        {"pix_fmt": "yuv444p"},
        {"codec": "libx265", "x265-params": "log-level=none"},
        {"codec": "ffv1", "container": "matroska", "pix_fmt": "bgr0"},
        {"container": "avi"},
        {"container": "mpegts"},
        {"rate": 60},
    ],
    ids=str,
)
def test_the_form_of_a_video_hardly_changes_what_is_measured(form):
    plain = JUDGE.compare(SOURCE, enlarge(Interpolation.LANCZOS), REFERENCE)
    other = JUDGE.compare(SOURCE, enlarge(Interpolation.LANCZOS, **form), REFERENCE)
    assert other.margin.psnr_db == pytest.approx(plain.margin.psnr_db, abs=0.25)
    assert other.margin.ssim == pytest.approx(plain.margin.ssim, abs=0.005)


LISTED = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"


@pytest.mark.parametrize(
    ("result", "problem"),
    [
        (lambda: enlarge(Interpolation.BICUBIC)[:600], "is no video that can be read here"),
        (lambda: b"", "is no video that can be read here"),
        (lambda: b"<!doctype html>" * 50, "is no video that can be read here"),
        (lambda: LISTED, "is no video that can be read here"),
        (lambda: encode(resize(decode(SOURCE), WIDTH, HEIGHT, "BICUBIC")[:-1]), "has 5 frames, and the reference 6"),
        (lambda: encode(draw(FRAMES + 2)), "has more frames than the reference, which has 6"),
        (lambda: SOURCE, "is 96x56, and the reference 192x112"),
    ],
)
def test_a_result_that_can_t_be_compared_is_named_with_the_reason(result, problem):
    with pytest.raises(VideoFault, match=problem) as fault:
        JUDGE.compare(SOURCE, result(), REFERENCE)
    assert fault.value.which == "result"


def test_a_result_that_is_cut_within_its_frames_is_no_crash():
    cut = encode(draw(30, 64, 48), container="mpegts")
    with pytest.raises(VideoFault):
        JUDGE.compare(SOURCE, cut[: len(cut) // 2], REFERENCE)


def test_sound_without_a_picture_holds_no_picture():
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as output:
        stream = output.add_stream("aac", rate=44100, layout="mono")
        frame = av.AudioFrame("fltp", "mono", 1024)
        frame.sample_rate = 44100
        frame.planes[0].update(bytes(frame.planes[0].buffer_size))
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    with pytest.raises(VideoFault, match="holds no picture"):
        JUDGE.compare(SOURCE, file.getvalue(), REFERENCE)


@pytest.mark.parametrize(
    ("source", "reference", "which", "problem"),
    [
        (b"x" * 500, REFERENCE, "source", "no video"),
        (SOURCE, b"x" * 500, "reference", "no video"),
        (REFERENCE, SOURCE, "reference", "is 96x56, not larger than the job's video of 192x112"),
        (REFERENCE, REFERENCE, "reference", "not larger"),
        (SOURCE, encode(draw(FRAMES - 1)), "reference", "has 5 frames, and the job's video 6"),
        (
            SOURCE,
            encode(draw(FRAMES, 193, 113), codec="ffv1", container="matroska"),
            "reference",
            "is 193x113: both sides",
        ),
        (encode(draw(2, 8, 8)), encode(draw(2, 12, 12)), "reference", "too small to be measured"),
    ],
)
def test_a_source_and_a_reference_that_don_t_belong_together_are_seen_beforehand(source, reference, which, problem):
    with pytest.raises(VideoFault, match=problem) as fault:
        JUDGE.check(source, reference)
    assert fault.value.which == which


def test_without_what_decodes_the_extra_to_install_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingExtra, match="needs the package av") as missing:
        JUDGE.check(SOURCE, REFERENCE)
    assert "install" in missing.value.hint
