"""The quality harness measures what it says: against other people's figures, FFmpeg's filter, and laws."""

from __future__ import annotations

import json
import math
import subprocess
import sys

import av.filter
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays
from quality.clips import CLIPS
from quality.harness import (
    enlarge,
    enlarge_with_swscale,
    make_frame,
    measure_backend,
    read_luma,
    write_lossless,
)
from quality.measure import mean_squared_error, measure_clip, measure_ssim, to_db
from quality.shrink import SHRINKERS
from worker_harness import IMAGE

# structural_similarity(a, b, data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False) of
# scikit-image 0.26.0, on the planes that `make_pair` returns.
SCIKIT_IMAGE = {1: 0.9974468102703962, 2: 0.9899920353468525, 3: 0.9772931235148614}


def make_pair(number):
    """Return two 48x64 planes of integer arithmetic alone, so that any program can make them."""
    y, x = np.mgrid[0:48, 0:64]
    one = (x * x * number + 3 * y * y + x * y) % 220 + 16
    return one.astype(np.uint8), (one + (x * 7 + y * 13 * number) % (12 * number)).clip(0, 255).astype(np.uint8)


def ffmpeg(name, one, two):
    """Return the figures that FFmpeg's filter of that name gives a frame pair."""
    graph = av.filter.Graph()
    first, second = (
        graph.add_buffer(width=one.shape[1], height=one.shape[0], format="yuv420p", time_base="1/24") for _ in range(2)
    )
    judge, sink = graph.add(name), graph.add("buffersink")
    first.link_to(judge, 0, 0)
    second.link_to(judge, 0, 1)
    judge.link_to(sink)
    graph.configure()
    for buffer, plane in ((first, one), (second, two)):
        frame = make_frame(plane)
        frame.pts = 0
        buffer.push(frame)
        buffer.push(None)
    return graph.pull().metadata


@pytest.mark.parametrize("number", SCIKIT_IMAGE)
def test_ssim_is_scikit_image_s(number):
    assert measure_ssim(*make_pair(number)) == pytest.approx(SCIKIT_IMAGE[number], abs=1e-9)


@pytest.mark.parametrize("name", CLIPS)
def test_psnr_is_ffmpeg_s_and_ssim_close_to_its_other_window(name):
    plane = next(iter(CLIPS[name](1, 96, 64)))
    other = plane // 8 * 8
    assert to_db(mean_squared_error(plane, other)) == pytest.approx(
        float(ffmpeg("psnr", plane, other)["lavfi.psnr.psnr.y"]), abs=0.01
    )
    assert measure_ssim(plane, other) == pytest.approx(float(ffmpeg("ssim", plane, other)["lavfi.ssim.Y"]), abs=0.03)


planes = arrays(np.uint8, (16, 14))


@given(planes, planes)
@settings(max_examples=50)
def test_likeness_is_symmetric_at_most_one_and_one_only_for_equals(one, two):
    assert measure_ssim(one, two) == pytest.approx(measure_ssim(two, one), abs=1e-12)
    assert measure_ssim(one, two) <= 1 + 1e-12
    assert measure_ssim(one, one) == pytest.approx(1, abs=1e-12)
    assert math.isinf(to_db(mean_squared_error(one, one)))
    assert mean_squared_error(one, two) == mean_squared_error(two, one)


def test_a_clip_s_psnr_is_that_of_its_mean_error_and_its_worst_frame_is_named():
    black, gray, light = (np.full((16, 16), level, np.uint8) for level in (16, 26, 36))
    found = measure_clip([black, black], [gray, light])
    assert (found.frames, found.psnr_db) == (2, pytest.approx(10 * math.log10(255**2 / 250)))
    assert found.worst_psnr_db == pytest.approx(10 * math.log10(255**2 / 400))
    assert found.worst_ssim == measure_ssim(black, light) < found.ssim


@pytest.mark.parametrize(("reference", "other"), [(1, 2), (0, 0)])
def test_clips_of_other_lengths_or_without_frames_are_not_measured(reference, other):
    plane = np.zeros((16, 16), np.uint8)
    with pytest.raises(ValueError, match=r"argument 2 is longer|without frames"):
        measure_clip([plane] * reference, [plane] * other)


def test_planes_of_other_sizes_are_not_measured():
    with pytest.raises(ValueError, match=r"\(16, 16\) and \(16, 18\)"):
        measure_clip([np.zeros((16, 16), np.uint8)], [np.zeros((16, 18), np.uint8)])


@pytest.mark.parametrize("name", CLIPS)
def test_a_clip_is_the_same_each_time_moves_and_stays_within_limited_range(name):
    first, again = (list(CLIPS[name](3, 96, 64)) for _ in range(2))
    assert all(np.array_equal(one, two) for one, two in zip(first, again, strict=True))
    assert [plane.shape for plane in first] == [(64, 96)] * 3
    assert not np.array_equal(first[0], first[1])
    assert 16 <= min(plane.min() for plane in first) < max(plane.max() for plane in first) <= 235


def test_the_noise_has_the_spectrum_that_it_says():
    plane = next(iter(CLIPS["noise"](1, 256, 256))).astype(float)
    power = np.abs(np.fft.fft2(plane - plane.mean())) ** 2
    radius = np.hypot(*np.meshgrid(np.fft.fftfreq(256), np.fft.fftfreq(256)))
    bands = [power[(radius > low) & (radius < 2 * low)].mean() for low in (0.02, 0.04, 0.08, 0.16)]
    assert np.allclose(-np.diff(np.log2(bands)), 2, atol=0.3)  # twice the frequency, a quarter of the power


@pytest.mark.parametrize("factor", [2, 4])
@pytest.mark.parametrize("name", SHRINKERS)
def test_making_smaller_keeps_what_is_flat_and_where_it_is(name, factor):
    flat = np.full((32, 48), 77, np.uint8)
    assert np.array_equal(SHRINKERS[name](flat, factor), np.full((32 // factor, 48 // factor), 77))
    ramp = np.tile(np.arange(48, dtype=np.uint8) * 4, (32, 1))
    middle = SHRINKERS[name](ramp, factor)[4, 4:-4].astype(float)
    expected = ((np.arange(48 // factor) + 0.5) * factor - 0.5)[4:-4] * 4
    assert np.abs(middle - expected).max() <= 0.5


def test_bicubic_is_what_pillow_makes():
    # Image.resize((12, 4), Image.BICUBIC) of Pillow 13.0.0 on `make_pair(1)[0][:8, :24]`; Pillow rounds its kernel.
    pillow = np.array(
        [
            [18, 25, 40, 63, 94, 133, 195, 120, 68, 164, 114, 85],
            [36, 47, 66, 93, 131, 184, 156, 71, 135, 137, 80, 151],
            [81, 95, 120, 156, 169, 126, 80, 141, 138, 71, 140, 95],
            [145, 165, 185, 124, 68, 91, 150, 124, 90, 157, 107, 119],
        ]
    )
    assert np.abs(SHRINKERS["bicubic"](make_pair(1)[0][:8, :24], 2).astype(int) - pillow).max() <= 1


def test_the_backend_is_given_the_very_planes(tmp_path):
    planes = list(CLIPS["text"](3, 96, 64))
    write_lossless(planes, tmp_path / "small.mkv")
    with av.open(str(tmp_path / "small.mkv")) as container:
        decoded = [read_luma(frame) for frame in container.decode(video=0)]
    assert all(np.array_equal(one, two) for one, two in zip(planes, decoded, strict=True))


def test_the_cpu_backend_is_at_least_as_good_as_bicubic_on_average():
    rows = list(measure_backend("cpu", frames=2, size=(192, 112)))
    assert {(row.clip, row.shrunk, row.scale) for row in rows} == {
        (clip, shrunk, scale) for clip in CLIPS for shrunk in SHRINKERS for scale in (2, 4)
    }
    assert np.mean([row.margin[0] for row in rows]) > 0
    assert np.mean([row.margin[1] for row in rows]) > 0
    assert min(row.margin[0] for row in rows) > -0.5


def test_a_worse_enlargement_is_measured_as_worse(tmp_path):
    reference = list(CLIPS["scene"](2, 192, 112))
    small = [SHRINKERS["area"](plane, 2) for plane in reference]
    repeated = measure_clip(reference, [np.kron(plane, np.ones((2, 2), np.uint8)) for plane in small])
    bicubic = measure_clip(reference, enlarge_with_swscale(small, (192, 112)))
    lanczos = measure_clip(reference, enlarge("cpu", small, (192, 112), tmp_path))
    assert repeated.ssim < bicubic.ssim < lanczos.ssim
    assert repeated.psnr_db < bicubic.psnr_db < lanczos.psnr_db


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "quality", *arguments], cwd=IMAGE, capture_output=True, text=True, check=False
    )


def test_the_command_prints_one_object_a_line():
    done = run("--frames", "1", "--scale", "4", "--json")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rows) == len(CLIPS) * len(SHRINKERS)
    assert {row["backend"]["frames"] for row in rows} == {1}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--backend", "gpu"], "invalid choice: 'gpu'"),
        (["--frames", "0"], "--frames must be at least 1"),
        (["--scale", "3"], "invalid choice: 3"),
    ],
)
def test_a_wrong_argument_is_a_usage_error(arguments, said):
    done = run(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
