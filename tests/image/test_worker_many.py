"""Many jobs in one process, one after the other and side by side: nothing is left behind and nothing mixed up."""

from __future__ import annotations

import base64
import json
import subprocess
import sys

from clips import needs_linux, write_clip
from worker_harness import IMAGE, encode_base64

# Run in a process of its own: what a test runner has loaded before says nothing about a worker.
PROGRAM = """
import ctypes, gc, json, os, sys
sys.path.insert(0, sys.argv[1])
from worker.job import answer_job

jobs = [json.loads(line) for line in sys.stdin]

def take_stock():
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what is free goes back, so that what stays is held by somebody
    with open("/proc/self/status") as file:
        status = dict(line.split(":", 1) for line in file)
    children = open(f"/proc/self/task/{os.getpid()}/children").read().split()
    return {
        "rss_kib": int(status["VmRSS"].split()[0]), "threads": int(status["Threads"]), "children": len(children),
        "files": sorted(os.readlink(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{number}")),
        "left": os.listdir(os.environ["TMPDIR"]),
    }

def work(count):
    answers = (answer_job(jobs[index % len(jobs)]) for index in range(count))
    return [{name: answer.get(name) for name in ("sha256", "code")} for answer in answers]

first = work(64)
before = take_stock()
rest = work(136)
print(json.dumps({"answers": first + rest, "before": before, "after": take_stock()}))
"""


def _jobs(folder):
    clips = {
        "plain.mp4": ({"audio": ["aac"]}, "h264"),
        "turned.mp4": ({"turn": [0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30]}, "h264"),
        "deep.mkv": ({"codec": "ffv1", "format_": "yuv422p10le", "audio": ["pcm_s16le"]}, "h264"),
        "a.gif": ({"codec": "gif", "format_": "gbrp", "coded": "rgb8"}, "h264"),
        "a.webm": ({"codec": "libvpx-vp9", "audio": ["libopus"]}, "h264"),
    }
    for name, (settings, _) in clips.items():
        yield {
            "video": encode_base64(write_clip(folder / name, 8, 320, 240, **settings).read_bytes()),
            "backend": "cpu",
            "target": {"scale": 2},
        }
    whole = (folder / "plain.mp4").read_bytes()
    yield {"video": encode_base64(whole[: len(whole) // 2]), "backend": "cpu", "target": {"scale": 2}}
    yield {"video": encode_base64(whole[:100] + bytes(len(whole) - 100)), "backend": "cpu", "target": {"scale": 2}}
    yield {"video": "AAAA", "backend": "cpu", "target": {"scale": 2}}


def _run(program, jobs, folder):
    scratch = folder / "scratch"
    scratch.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", program, str(IMAGE)],
        input="\n".join(json.dumps(job) for job in jobs),
        capture_output=True,
        text=True,
        check=False,
        env={"TMPDIR": str(scratch), "PATH": ""},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@needs_linux
def test_two_hundred_jobs_leave_no_file_process_thread_or_memory_behind(tmp_path):
    jobs = list(_jobs(tmp_path))
    said = _run(PROGRAM, jobs, tmp_path)
    answers = said["answers"]
    assert [answer["code"] is None for answer in answers[: len(jobs)]] == [True] * 5 + [False] * 3
    assert all(answer == answers[index % len(jobs)] for index, answer in enumerate(answers))
    before, after = said["before"], said["after"]
    assert before["left"] == after["left"] == []
    assert before["files"] == after["files"]
    assert (after["children"], after["threads"]) == (before["children"], before["threads"])
    # One frame of the result has 450 KiB: 136 jobs that each forget one would keep 60 MiB.
    assert after["rss_kib"] - before["rss_kib"] < 16 * 1024


SIDE_BY_SIDE = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
sys.path.insert(0, sys.argv[1])
from worker.job import answer_job

jobs = [json.loads(line) for line in sys.stdin]
alone = [answer_job(job) for job in jobs]
with ThreadPoolExecutor(6) as pool:
    together = list(pool.map(answer_job, jobs * 4))
print(json.dumps([alone, together]))
"""


def test_jobs_side_by_side_are_answered_as_if_each_were_alone(tmp_path):
    jobs = list(_jobs(tmp_path))
    alone, together = _run(SIDE_BY_SIDE, jobs, tmp_path)
    for index, answer in enumerate(together):
        expected = alone[index % len(jobs)]
        for name in expected.keys() - {"seconds"}:
            assert answer[name] == expected[name], (index, name)
    assert any(base64.b64decode(answer["video"])[4:8] == b"ftyp" for answer in alone if "video" in answer)
