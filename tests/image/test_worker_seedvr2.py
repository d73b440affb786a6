"""The GPU path without a GPU: a real engine process around a program that stands in for SeedVR2's.

The real program runs where `CONDUCTOR_TEST_SEEDVR2` names its folder with a small configuration (docs/worker.md).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import av
import pytest
from worker.backends import Task
from worker.backends.seedvr2 import SeedVR2, process, run, settings
from worker.contract import JobError, Size
from worker.video import encode, load_source
from worker_harness import IMAGE, make_video

STANDIN = Path(__file__).with_name("standin")
BT709, UNSPECIFIED, BT601 = 1, 2, 6
DOUBLE = Size(128, 96)


class Program:
    """The stand-in: what it was asked, and how it is to fail."""

    def __init__(self, folder, monkeypatch):
        self._calls, self._faults = folder / "calls.jsonl", folder / "faults.json"
        monkeypatch.setenv("STANDIN_CALLS", str(self._calls))
        monkeypatch.setenv("STANDIN_FAULTS", str(self._faults))

    def fail(self, *faults):
        self._faults.write_text(json.dumps(faults))

    @property
    def calls(self):
        return [json.loads(line) for line in self._calls.read_text().splitlines()]


@pytest.fixture
def program(tmp_path, monkeypatch):
    yield Program(tmp_path, monkeypatch)
    process.close()


@pytest.fixture
def small_batches(monkeypatch):
    """Make chunks of 13 frames, so that short clips have several."""
    monkeypatch.setattr(settings, "BATCHES", (13, 9, 5))
    monkeypatch.setattr(settings, "CHUNK_BATCHES", 1)


def make_source(folder, frames=6, **options):
    path = folder / f"source-{frames}.mp4"
    path.write_bytes(make_video(frames=frames, width=64, height=48, **options))
    return load_source(path)


def backend(dit="seedvr2_ema_3b_fp16.safetensors"):
    return SeedVR2(STANDIN, Path("/weights"), dit, "3b")


def enlarge(source, folder, target=DOUBLE, made=None, **options):
    made = made or backend()
    encoded = encode(made.upscale(Task(source, target, **options)), source, target, folder / "result.mp4")
    return encoded, made


def decode_both(source, folder):
    with av.open(str(source.path)) as given, av.open(str(folder / "result.mp4")) as made:
        return list(zip(given.decode(video=0), made.decode(video=0), strict=True))


@pytest.mark.parametrize("colorspace", [BT709, UNSPECIFIED])
@pytest.mark.parametrize("frames", [1, 2, 6, 12, 13, 14, 23, 24, 40])
def test_every_frame_comes_back_at_its_time_with_its_colours(program, small_batches, tmp_path, frames, colorspace):
    source = make_source(tmp_path, frames, colorspace=colorspace)
    encoded, _ = enlarge(source, tmp_path, Size(130, 98))
    assert encoded.frames == frames
    for old, new in decode_both(source, tmp_path):
        assert (new.width, new.height, new.time) == (130, 98, old.time)
        assert new.colorspace == (BT709 if old.colorspace == BT709 else BT601)  # what is not said is meant so
        if not 100 <= bytes(old.planes[0])[0] <= 160:
            continue  # no colour of RGB
        for before, after in zip(old.planes, new.planes, strict=True):
            assert abs(bytes(before)[0] - bytes(after)[0]) <= 2


def test_a_variable_frame_rate_stays_one(program, small_batches, tmp_path):
    source = make_source(tmp_path, 20, times=[index * index for index in range(20)])
    enlarge(source, tmp_path)
    assert all(old.time == new.time for old, new in decode_both(source, tmp_path))


def test_the_program_is_loaded_once_and_kept_between_jobs(program, tmp_path):
    source = make_source(tmp_path)
    first, second = enlarge(source, tmp_path)[1], enlarge(source, tmp_path)[1]
    assert (first.warm(), second.warm()) == (False, True)
    assert len({call["pid"] for call in program.calls}) == 1
    assert [call["reused"] for call in program.calls] == [False, True]


def test_other_weights_bring_another_process(program, tmp_path):
    source = make_source(tmp_path)
    enlarge(source, tmp_path)
    _, other = enlarge(source, tmp_path, made=backend("seedvr2_ema_7b_fp16.safetensors"))
    assert not other.warm()
    assert len({call["pid"] for call in program.calls}) == 2
    assert [call["dit_model"] for call in program.calls][1] == "seedvr2_ema_7b_fp16.safetensors"


def test_the_options_follow_from_the_job_and_the_answer_says_them(program, small_batches, tmp_path):
    _, made = enlarge(make_source(tmp_path, 30), tmp_path, seed=7)
    first = program.calls[0]
    assert (first["batch_size"], first["temporal_overlap"], first["resolution"], first["seed"]) == (13, 0, 96, 7)
    assert (first["attention_mode"], first["uniform_batch_size"], first["model_dir"]) == ("sdpa", True, "/weights")
    report = made.report()
    assert made.gpu() == "NVIDIA L40 (stand-in)"
    assert report.items() >= {
        "model": "3b", "attention": "sdpa", "batch_frames": 13, "overlap_frames": 3, "chunk_frames": 13, "chunks": 3,
        "retries": 0, "tiled": False, "peak_vram_gib": 3.0, "free_vram_gib": 44.5,
    }.items()  # fmt: skip


def test_flash_attention_is_used_where_it_loads(program, tmp_path, monkeypatch):
    monkeypatch.setenv("STANDIN_FLASH", "1")
    _, made = enlarge(make_source(tmp_path), tmp_path)
    assert program.calls[0]["attention_mode"] == made.report()["attention"] == "flash_attn_2"


def test_weights_leave_the_gpu_between_their_turns_only_where_they_must(program, tmp_path, monkeypatch):
    enlarge(make_source(tmp_path), tmp_path)
    process.close()
    monkeypatch.setenv("STANDIN_FREE_GIB", "9.5")
    enlarge(make_source(tmp_path), tmp_path)
    assert [call["dit_offload_device"] for call in program.calls] == ["cuda:0", "cpu"]


def test_memory_that_runs_out_is_met_once_with_smaller_settings_and_no_frame_is_lost(program, small_batches, tmp_path):
    source = make_source(tmp_path, 30)
    program.fail(None, "oom", None, None)
    encoded, made = enlarge(source, tmp_path)
    assert encoded.frames == 30
    assert [(call["vae_decode_tiled"], call["frames"]) for call in program.calls] == [
        (False, 13), (False, 13), (True, 13), (True, 13),
    ]  # fmt: skip
    assert program.calls[1]["pid"] != program.calls[2]["pid"]
    assert (made.report()["retries"], made.report()["tiled"]) == (1, True)
    assert all(old.time == new.time for old, new in decode_both(source, tmp_path))


def test_memory_that_runs_out_twice_is_said_with_what_was_asked_for_and_what_was_free(program, tmp_path):
    program.fail("oom", "oom")
    with pytest.raises(
        JobError, match=r"9\.89 GiB asked for and 44\.5 GiB free, at 128x96 in batches of 33 with"
    ) as error:
        enlarge(make_source(tmp_path), tmp_path)
    assert error.value.code == "gpu_out_of_memory"


def test_a_target_that_no_setting_fits_is_refused_before_the_program_is_asked(program, tmp_path, monkeypatch):
    monkeypatch.setenv("STANDIN_FREE_GIB", "8")
    with pytest.raises(JobError, match=r"needs about \d+\.\d GiB of GPU memory, and 8\.0 GiB are free") as error:
        enlarge(make_source(tmp_path), tmp_path)
    assert error.value.code == "gpu_out_of_memory"


@pytest.mark.parametrize(
    ("fault", "said"), [("die", "a driver's last words"), ("kill", "SIGKILL; the container's memory")]
)
def test_an_engine_that_dies_is_replaced_once(program, small_batches, tmp_path, fault, said):
    source = make_source(tmp_path, 20)
    program.fail(None, fault)
    assert enlarge(source, tmp_path)[0].frames == 20
    program.fail(fault, fault)
    with pytest.raises(JobError, match=said) as error:
        enlarge(source, tmp_path)
    assert error.value.code == "backend_failed"
    assert enlarge(source, tmp_path)[0].frames == 20  # the next job finds a worker


def test_an_engine_that_hangs_is_replaced(program, tmp_path, monkeypatch):
    monkeypatch.setattr(run, "limit_seconds", lambda *_: 0.5)
    program.fail("hang", "hang")
    with pytest.raises(JobError, match=r"no answer within 0 s"):
        enlarge(make_source(tmp_path), tmp_path)


@pytest.mark.parametrize(
    ("fault", "said"),
    [("fail", r"SeedVR2: ValueError: a tensor of the wrong shape$"), ("short", r"made 5 frames of 6")],
)
def test_a_program_that_fails_or_makes_too_little_fails_the_job(program, tmp_path, fault, said):
    program.fail(fault)
    with pytest.raises(JobError, match=said) as error:
        enlarge(make_source(tmp_path), tmp_path)
    assert error.value.code == "backend_failed"


def test_a_program_that_can_not_be_imported_is_named(program, tmp_path, monkeypatch):
    monkeypatch.setenv("STANDIN_IMPORT", "libcudart.so.12: cannot open shared object file")
    with pytest.raises(JobError, match=r"ImportError: libcudart\.so\.12") as error:
        enlarge(make_source(tmp_path), tmp_path)
    assert error.value.code == "backend_failed"


def test_a_machine_without_a_gpu_is_named_so(program, tmp_path, monkeypatch):
    monkeypatch.setenv("STANDIN_GPU", "none")
    with pytest.raises(JobError) as error:
        enlarge(make_source(tmp_path), tmp_path)
    assert error.value.code == "gpu_missing"


def test_an_image_without_the_program_is_named_so(tmp_path, monkeypatch):
    monkeypatch.setenv("CONDUCTOR_SEEDVR2", str(tmp_path))
    with pytest.raises(JobError, match="is not in this image"):
        SeedVR2.open("3b")


def test_a_job_is_cancelled_between_two_chunks_and_the_engine_goes_on(program, small_batches, tmp_path):
    source, cancelled = make_source(tmp_path, 40), threading.Event()
    with pytest.raises(JobError) as error:
        enlarge(source, tmp_path, progress=lambda _: cancelled.set(), cancelled=cancelled.is_set)
    assert error.value.code == "cancelled"
    assert len(program.calls) == 1
    assert enlarge(make_source(tmp_path), tmp_path)[1].warm()


def test_a_job_that_is_given_up_frees_the_engine(program, small_batches, tmp_path):
    with closing(backend().upscale(Task(make_source(tmp_path, 40), DOUBLE))) as frames:
        next(frames)
    assert enlarge(make_source(tmp_path), tmp_path)[1].warm()


def test_progress_counts_each_frame_once(program, small_batches, tmp_path):
    told = []
    enlarge(make_source(tmp_path, 30), tmp_path, progress=told.append)
    assert told == [13, 10, 7]


def test_a_job_too_long_for_its_endpoint_is_refused_before_the_program_is_asked(program, tmp_path):
    with pytest.raises(
        JobError, match=r"on the fastest GPU measured, and the endpoint's executionTimeout leaves 0 s"
    ) as error:
        enlarge(make_source(tmp_path, 100), tmp_path, limit_s=0.01)
    assert error.value.code == "too_long"
    assert enlarge(make_source(tmp_path), tmp_path, limit_s=600)[0].frames == 6


def test_what_is_done_already_is_not_forecast_again(tmp_path, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(run, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    monkeypatch.setattr(run, "least_seconds", lambda frames, _: float(frames))
    forecast = run.Forecast(Task(make_source(tmp_path, 30), DOUBLE, limit_s=31), DOUBLE)
    forecast.check()
    clock[0] = 14.0
    forecast.note(13)
    forecast.check()  # 14 s, and 17 frames of a second each
    clock[0] = 34.0
    forecast.note(10)
    with pytest.raises(JobError, match="it takes 48 s at the pace of this job"):
        forecast.check()


def test_jobs_side_by_side_take_turns(program, small_batches, tmp_path):
    results, folders = [], [tmp_path / str(number) for number in range(4)]
    for folder in folders:
        folder.mkdir()
    threads = [
        threading.Thread(
            target=lambda folder=folder: results.append(enlarge(make_source(folder, 20), folder)[0].frames)
        )
        for folder in folders
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [20] * 4
    assert len({call["pid"] for call in program.calls}) == 1


def test_the_engine_ends_with_a_worker_that_was_killed(program, tmp_path):
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from worker.backends.seedvr2 import process\n"
        "with process.borrow(Path(sys.argv[2]), 'weights') as lease:\n"
        "    lease.facts(); print(process._running[0]._process.pid, flush=True); sys.stdin.read()\n"
    )
    worker = subprocess.Popen(
        [sys.executable, "-c", code, str(IMAGE), str(STANDIN)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    engine = int(worker.stdout.readline())
    descriptor = os.pidfd_open(engine)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    for stream in (worker.stdin, worker.stdout):
        stream.close()
    assert select_readable(descriptor)
    os.close(descriptor)


def select_readable(descriptor):
    import select

    return bool(select.select([descriptor], [], [], 60)[0])


@pytest.mark.skipif(
    "CONDUCTOR_TEST_SEEDVR2" not in os.environ,
    reason="the real program is not at hand: docs/worker.md says how to give its folder and a Python with torch",
)
def test_the_real_program_enlarges_clips_of_every_length(small_batches, tmp_path, monkeypatch):
    """CONDUCTOR_TEST_SEEDVR2: a folder with `program` and `weights`, made by tests/image/small_seedvr2.py."""
    folder = Path(os.environ["CONDUCTOR_TEST_SEEDVR2"])
    monkeypatch.setenv("CONDUCTOR_ENGINE_CPU", "1")
    try:
        for frames in (1, 2, 6, 13, 14, 30):
            source = make_source(tmp_path, frames)
            made = SeedVR2(folder / "program", folder / "weights", "seedvr2_ema_3b_fp16.safetensors", "3b")
            encoded, _ = enlarge(source, tmp_path, made=made)
            assert encoded.frames == frames
            assert all(old.time == new.time for old, new in decode_both(source, tmp_path))
            assert made.report()["attention"] == "sdpa"
    finally:
        process.close()
