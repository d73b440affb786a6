"""What of the GPU path runs without a GPU: its checks, its command, and frames in and out around another program."""

from __future__ import annotations

import hashlib
import os
import sys
from fractions import Fraction

import av
import pytest
from worker.backends import seedvr2, weights
from worker.contract import JobError, Size
from worker.video import encode, load_source
from worker_harness import make_video

# Stands for the upscaler: the same arguments and files, and doubles its frames with FFmpeg.
UPSCALER = """
import pathlib, sys
import av
source, options = sys.argv[1], dict(zip(sys.argv[2::2], sys.argv[3::2]))
folder = pathlib.Path(options["--output"]) / "padded"
folder.mkdir(parents=True)
with av.open(source) as container:
    for index, frame in enumerate(container.decode(video=0)):
        with av.open(str(folder / f"padded_{index:05d}.png"), "w", format="image2", options={"update": "1"}) as picture:
            stream = picture.add_stream("png")
            stream.width, stream.height, stream.pix_fmt = frame.width * 2, frame.height * 2, "rgb24"
            picture.mux(stream.encode(frame.reformat(frame.width * 2, frame.height * 2, "rgb24")))
            picture.mux(stream.encode(None))
"""


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Return a function that puts a program where SeedVR2's stands."""

    def place(text):
        path = tmp_path / "inference_cli.py"
        path.write_text(text)
        monkeypatch.setattr(seedvr2, "PROGRAM", path)

    return place


BT709, UNSPECIFIED, BT601 = 1, 2, 6


@pytest.fixture(params=[BT709, UNSPECIFIED])
def source(request, tmp_path):
    path = tmp_path / "source.mp4"
    path.write_bytes(make_video(frames=6, width=64, height=48, colorspace=request.param))
    return load_source(path)


def _upscale(source, target, scratch):
    scratch.mkdir()
    return seedvr2.SeedVR2("NVIDIA L40", scratch).upscale(source, target, scratch)


def test_frames_are_padded_enlarged_and_trimmed_with_their_times(program, source, tmp_path):
    program(UPSCALER)
    scratch, target = tmp_path / "scratch", Size(130, 98)
    result = encode(_upscale(source, target, scratch), source, target, tmp_path / "result.mp4")
    assert result.frames == 6
    assert len(list(scratch.rglob("*.png"))) == 9
    with av.open(str(source.path)) as given, av.open(str(tmp_path / "result.mp4")) as made:
        pairs = list(zip(given.decode(video=0), made.decode(video=0), strict=True))
    for old, new in pairs:
        assert (new.width, new.height, new.time) == (130, 98, old.time)
        assert new.colorspace == (BT709 if old.colorspace == BT709 else BT601)  # what is not said is meant so
        for before, after in zip(old.planes, new.planes, strict=True):
            assert abs(bytes(before)[0] - bytes(after)[0]) <= 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("raise SystemExit('CUDA out of memory')", "CUDA out of memory"),
        ("", "ended with 0: no output"),
        (
            UPSCALER.replace("enumerate(container.decode(video=0))", "enumerate([next(container.decode(video=0))])"),
            "1 frames of 6",
        ),
    ],
)
def test_a_program_that_fails_or_writes_too_little_fails_the_job(program, source, tmp_path, text, said):
    program(text)
    with pytest.raises(JobError, match=said) as error:
        list(_upscale(source, Size(128, 96), tmp_path / "scratch"))
    assert error.value.code == "backend_failed"


def test_the_command_gives_the_short_side_and_a_batch_of_4n_plus_1(tmp_path):
    command = seedvr2.build_command(tmp_path / "in.mkv", tmp_path / "out", Size(1920, 1080), tmp_path)
    assert command[0] == sys.executable
    assert command[command.index("--resolution") + 1] == "1080"
    assert int(command[command.index("--batch_size") + 1]) % 4 == 1


def test_a_machine_without_cuda_is_named_so():
    try:
        import torch
    except ImportError:
        torch = None
    if torch is not None and torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(JobError) as error:
        seedvr2.SeedVR2.open()
    assert error.value.code == "gpu_missing"


def test_weights_are_checked_by_their_sha256_once_and_again_when_they_change(tmp_path):
    file, content = tmp_path / "model.safetensors", b"weights"
    wanted = {file.name: hashlib.sha256(content).hexdigest()}
    with pytest.raises(JobError, match="is not there"):
        weights.check_weights(tmp_path, wanted)
    file.write_bytes(b"half")
    with pytest.raises(JobError, match="is not the published file"):
        weights.check_weights(tmp_path, wanted)
    file.write_bytes(content)
    os.utime(file, ns=(1, 1))
    weights.check_weights(tmp_path, wanted)
    file.write_bytes(b"WEIGHTS")
    os.utime(file, ns=(1, 1))
    weights.check_weights(tmp_path, wanted)  # the same size and time: taken from the note, not read again
    (tmp_path / "model.safetensors.checked.json").write_text("{")
    with pytest.raises(JobError, match="is not the published file"):
        weights.check_weights(tmp_path, wanted)


def test_a_volume_that_can_not_be_written_is_checked_each_time(tmp_path):
    file = tmp_path / "model.safetensors"
    file.write_bytes(b"weights")
    (tmp_path / "model.safetensors.checked.json").mkdir()
    weights.check_weights(tmp_path, {file.name: hashlib.sha256(b"weights").hexdigest()})
    assert sorted(path.name for path in tmp_path.iterdir()) == [file.name, "model.safetensors.checked.json"]


def test_a_frame_without_a_time_keeps_the_program_going(tmp_path, source, program):
    program(UPSCALER)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    seedvr2.run_program(seedvr2.build_command(source.path, scratch / "out", Size(128, 96), tmp_path), scratch / "out")
    frames = list(seedvr2.read_frames(scratch / "out", [(None, None)] * 6, Size(128, 96), source.matrix))
    assert encode(frames, source, Size(128, 96), tmp_path / "result.mp4").frames == 6
    assert source.fps == Fraction(10)
