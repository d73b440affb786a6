"""A job's files: one folder, gone with the job, or at the next worker's start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from worker import scratch
from worker_harness import IMAGE, Worker, encode_base64, make_video

JOB = """
import sys; sys.path.insert(0, sys.argv[1])
from worker import scratch
with scratch.open_job() as folder:
    (folder / "sub").mkdir()
    (folder / "sub/frames").write_bytes(b"x" * 1000)
    print(folder, flush=True)
    {then}
"""


def _start(folder, then):
    environment = {**os.environ, "TMPDIR": str(folder)}
    code = JOB.format(then=then)
    return subprocess.Popen(
        [sys.executable, "-c", code, str(IMAGE)],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Make the temporary folder of this process one of its own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("end", [None, ValueError("a fault"), KeyboardInterrupt(), SystemExit(3)])
def test_a_jobs_files_go_however_it_ends(here, end):
    with (
        pytest.raises((ValueError, KeyboardInterrupt, SystemExit)) if end else scratch.open_job(),
        scratch.open_job() as folder,
    ):
        (folder / "sub").mkdir()
        (folder / "sub/frame").write_bytes(b"x")
        if end:
            raise end
    assert not list(here.iterdir())


def test_jobs_side_by_side_have_folders_of_their_own(here):
    with scratch.open_job() as one, scratch.open_job() as other:
        assert one != other
        (one / "input").write_bytes(b"1")
        assert not (other / "input").exists()
    threads = [threading.Thread(target=_one_job) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not list(here.iterdir())


def _one_job():
    with scratch.open_job() as folder:
        (folder / "input").write_bytes(b"1")


@pytest.mark.parametrize("then", ["pass", "raise SystemExit(1)", "1 / 0"])
def test_a_worker_that_ends_by_itself_leaves_nothing(tmp_path, then):
    process = _start(tmp_path, then)
    process.communicate()
    assert not list(tmp_path.iterdir())


def test_what_a_killed_worker_left_goes_at_the_next_start_and_what_lives_stays(here):
    living, dead = (_start(here, "sys.stdin.read()") for _ in range(2))
    folders = [Path(process.stdout.readline().strip()) for process in (living, dead)]
    dead.send_signal(signal.SIGKILL)
    dead.communicate()
    assert scratch.remove_leftovers() == [folders[1].name]
    assert folders[0].is_dir()
    assert not folders[1].exists()
    assert scratch.remove_leftovers() == []
    living.kill()
    living.communicate()
    assert scratch.remove_leftovers() == [folders[0].name]
    assert not list(here.iterdir())


def test_nothing_of_others_is_removed(here, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "kept").write_text("kept")
    (here / "conductor-job-1").mkdir()  # without a lock
    (here / "other.lock").write_text("")
    (here / "conductor-job-2.lock").symlink_to(outside / "kept")
    (here / "conductor-job-3").symlink_to(outside)
    (here / "conductor-job-3.lock").write_text("")
    scratch.remove_leftovers()
    assert (outside / "kept").read_text() == "kept"
    assert {path.name for path in here.iterdir()} >= {"conductor-job-1", "other.lock", "conductor-job-2.lock"}


def test_the_worker_starts_by_removing_leftovers_and_its_jobs_leave_none(tmp_path):
    dead = _start(tmp_path, "sys.stdin.read()")
    left = Path(dead.stdout.readline().strip())
    dead.kill()
    dead.communicate()
    worker = Worker({"TMPDIR": str(tmp_path)})
    try:
        worker.wait_until_started()
        assert not left.exists()
        video = encode_base64(make_video(frames=2))
        for data in (
            {"video": video, "target": {"scale": 2}},
            {"video": video, "target": {"scale": 1.5}},
            {"video": "AAAA", "target": {"scale": 2}},
        ):
            worker.run({**data, "backend": "cpu"})
        assert not list(tmp_path.glob("conductor-*"))
    finally:
        worker.stop()
