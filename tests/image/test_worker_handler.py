"""The handler as a process, asked as RunPod asks it, and its answers decoded."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import http.server
import itertools
import json
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.parse

import handler
import pytest
from worker_harness import CONTEXT, IMAGE, REVISION, Files, Worker, decode, encode_base64, make_video

CPU = {"backend": "cpu", "target": {"scale": 2}}


def _output(answer):
    assert answer["status"] == "COMPLETED", answer
    return answer["output"]


def _fail(worker, data, code):
    """Run a job that must fail with the code and the revision; return what it said."""
    answer = worker.run(data)
    assert answer["status"] == "FAILED", answer
    assert re.fullmatch(rf"{code}: .+ \(revision {REVISION}\)", answer["error"]), answer["error"]
    return answer["error"]


def test_the_smoke_job_comes_back_with_doubled_sides_and_all_frames(worker):
    job = json.loads((IMAGE / "smoke/input.json").read_text())
    output = _output(worker.run(job["input"]))
    frames, rate, _ = decode(base64.b64decode(output["video"]))
    assert (len(frames), rate) == (24, 24)
    assert {(frame.width, frame.height) for frame in frames} == {(320, 180)}
    assert (output["frames"], output["width"], output["height"], output["fps"]) == (24, 320, 180, 24)
    assert (output["revision"], output["context"]) == (REVISION, CONTEXT)
    assert (output["backend"], output["gpu"], output["source"]) == ("cpu", None, {"width": 160, "height": 90})
    assert output["seconds"] > 0


def test_the_example_has_the_fields_that_the_handler_really_answers(worker):
    job = json.loads((IMAGE / "smoke/input.json").read_text())
    example = json.loads((IMAGE / "smoke/example.json").read_text())
    answer = worker.run(job["input"])
    assert example["status"] == answer["status"]
    assert example["output"].keys() == answer["output"].keys()
    changing = {"video", "seconds", "revision", "context", "size_bytes", "sha256"}  # the encoder differs by machine
    for name in example["output"].keys() - changing:
        assert example["output"][name] == answer["output"][name]


def test_the_pictures_are_the_sources_pictures(worker):
    source = make_video(frames=6, width=64, height=48)
    output = _output(worker.run({"video": encode_base64(source), **CPU}))
    before, after = decode(source)[0], decode(base64.b64decode(output["video"]))[0]
    for old, new in zip(before, after, strict=True):
        assert abs(bytes(old.planes[0])[0] - bytes(new.planes[0])[0]) <= 3


def test_a_target_of_another_shape_is_met_exactly(worker):
    output = _output(
        worker.run({"video": encode_base64(make_video()), "backend": "cpu", "target": {"width": 200, "height": 66}})
    )
    frames, _, _ = decode(base64.b64decode(output["video"]))
    assert (frames[0].width, frames[0].height) == (200, 66)


@pytest.mark.parametrize(("side", "size"), [({"height": 96}, (128, 96)), ({"width": 200}, (200, 150))])
def test_one_side_alone_keeps_the_pictures_shape(worker, side, size):
    output = _output(worker.run({"video": encode_base64(make_video()), "backend": "cpu", "target": side}))
    assert (output["width"], output["height"]) == size


def test_odd_sides_are_enlarged_to_even_ones(worker):
    video = make_video(width=33, height=17, codec="ffv1", container="matroska")
    output = _output(worker.run({"video": encode_base64(video), "backend": "cpu", "target": {"scale": 1}}))
    assert (output["width"], output["height"]) == (34, 18)


def test_one_frame_is_a_video(worker):
    output = _output(worker.run({"video": encode_base64(make_video(frames=1)), **CPU}))
    assert output["frames"] == len(decode(base64.b64decode(output["video"]))[0]) == 1


@pytest.mark.parametrize("container", ["avi", "mpegts", "matroska", "flv", "mov"])
def test_a_constant_frame_rate_stays_even_in_every_container(worker, container):
    output = _output(worker.run({"video": encode_base64(make_video(container=container)), **CPU}))
    frames, rate, _ = decode(base64.b64decode(output["video"]))
    times = [float(frame.time) for frame in frames]
    assert (len(times), rate, output["fps"]) == (10, 10, 10)
    assert [later - earlier for earlier, later in itertools.pairwise(times)] == pytest.approx([0.1] * 9)


def test_a_variable_frame_rate_keeps_its_times(worker):
    times = [0, 40, 200, 210, 1000]
    video = make_video(frames=5, times=times, container="matroska")
    output = _output(worker.run({"video": encode_base64(video), **CPU}))
    frames, _, _ = decode(base64.b64decode(output["video"]))
    assert [round(float(frame.time) * 1000) for frame in frames] == times


@pytest.mark.parametrize(
    ("codec", "container", "said", "kept"),
    [("aac", "mp4", "copied", ["aac"]), ("pcm_s16le", "matroska", "encoded", ["aac"]), (None, "mp4", "none", [])],
)
def test_audio_is_copied_where_mp4_carries_it_and_else_encoded_anew(worker, codec, container, said, kept):
    video = make_video(audio=codec, container=container)
    output = _output(worker.run({"video": encode_base64(video), **CPU}))
    assert (output["audio"], decode(base64.b64decode(output["video"]))[2]) == (said, kept)


def test_a_video_is_fetched_through_a_redirect_and_its_result_put(worker, files):
    output = _output(
        worker.run({"video_url": f"{files}/redirect", "output_url": f"{files}/put?signature=s3cret", **CPU})
    )
    assert "video" not in output
    stored = Files.received["/put?signature=s3cret"]
    assert (len(stored), hashlib.sha256(stored).hexdigest()) == (output["size_bytes"], output["sha256"])
    frames, _, _ = decode(stored)
    assert (len(frames), frames[0].width, frames[0].height) == (10, 128, 96)


GOOD = encode_base64(make_video(frames=2))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"target": {"scale": 2}}, "missing_field"),
        ({"video": GOOD, "backend": "cpu"}, "missing_field"),
        ({"video": GOOD, "video_url": "https://example.com/v.mp4", **CPU}, "bad_input"),
        ({"video": 7, **CPU}, "bad_input"),
        ({"video": "", **CPU}, "bad_input"),
        ({"video": GOOD, **CPU, "backend": "gpu"}, "unknown_backend"),
        ({"video": GOOD, **CPU, "backend": ["cpu"]}, "bad_input"),
        ({"video": GOOD, **CPU, "resolution": 2}, "unknown_field"),
        ({"video": GOOD, "backend": "cpu", "target": "4k"}, "unknown_target"),
        ({"video": GOOD, "backend": "cpu", "target": {"width": 320, "scale": 2}}, "unknown_target"),
        ({"video": GOOD, **CPU, "model": "13b"}, "bad_input"),
        ({"video": GOOD, **CPU, "crf": 99}, "bad_input"),
        ({"video": GOOD, "backend": "cpu", "target": {"width": 321, "height": 180}}, "unknown_target"),
        ({"video": GOOD, "backend": "cpu", "target": {"width": "320", "height": 180}}, "unknown_target"),
        ({"video": GOOD, "backend": "cpu", "target": {"width": True, "height": 180}}, "unknown_target"),
        ({"video": GOOD, "backend": "cpu", "target": {"width": -2, "height": 180}}, "unknown_target"),
        ({"video": GOOD, "backend": "cpu", "target": {"width": 32, "height": 24}}, "unknown_target"),
        ({"video": GOOD, "backend": "cpu", "target": {"scale": 0}}, "unknown_target"),
        ({"video": GOOD, "backend": "cpu", "target": {"scale": 99}}, "unknown_target"),
        ({"video": GOOD, "backend": "cpu", "target": {"width": 100000, "height": 100000}}, "too_large"),
        ({"video": "not base64!", **CPU}, "not_a_video"),
        ({"video": encode_base64(b"plain text, no video"), **CPU}, "not_a_video"),
        ({"video": encode_base64(make_video()[:300]), **CPU}, "not_a_video"),
    ],
)
def test_a_bad_input_is_answered_with_its_code(worker, data, code):
    _fail(worker, data, code)


@pytest.mark.parametrize("container", ["mp4", "matroska", "avi"])
def test_a_video_without_frames_is_named_so(worker, container):
    _fail(worker, {"video": encode_base64(make_video(frames=0, container=container)), **CPU}, "no_frames")


def test_a_video_over_the_inline_limit_is_refused(worker):
    assert "video_url" in _fail(worker, {"video": "A" * 10_400_000, **CPU}, "too_large")


def test_a_title_in_an_unknown_encoding_does_not_matter(worker):
    video = make_video(container="avi", title="XXXXXXXX").replace(b"XXXXXXXX", b"caf\xe9\xff\xfe\xfd\xb4")
    assert b"\xe9\xff" in video
    assert _output(worker.run({"video": encode_base64(video), **CPU}))["frames"] == 10


def test_a_damaged_video_never_crashes_the_worker(worker):
    video = make_video(frames=20, audio="aac")
    chance = random.Random(7)
    for _ in range(60):
        damaged = bytearray(video)
        for _ in range(chance.randint(1, 30)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        answer = worker.run({"video": encode_base64(damaged[: chance.randint(1, 2 * len(damaged))]), **CPU})
        assert answer["status"] == "COMPLETED" or not answer["error"].startswith("internal"), answer["error"]


def test_sound_alone_is_not_a_video(worker):
    import io
    import wave

    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(8000))
    _fail(worker, {"video": encode_base64(file.getvalue()), **CPU}, "not_a_video")


def test_a_playlist_can_not_make_the_worker_open_other_files(worker, tmp_path):
    other = tmp_path / "other.ts"
    other.write_bytes(make_video(container="mpegts"))
    playlists = [
        f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{other}\n#EXT-X-ENDLIST\n",
        f"ffconcat version 1.0\nfile '{other}'\n",
    ]
    for playlist in playlists:
        _fail(worker, {"video": encode_base64(playlist.encode()), **CPU}, "not_a_video")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/missing", "unreachable"),
        ("/loop", "unreachable"),
        ("/cut", "unreachable"),
        ("/hang-up", "unreachable"),
        ("/huge", "too_large"),
        ("/html", "not_a_video"),
        ("/empty", "not_a_video"),
        ("/to-metadata", "forbidden_url"),
        ("/to-file", "forbidden_url"),
    ],
)
def test_an_address_that_gives_no_video_is_answered_with_its_code(worker, files, path, code):
    _fail(worker, {"video_url": files + path, **CPU}, code)


def test_a_port_where_nothing_listens_is_unreachable(worker):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    _fail(worker, {"video_url": f"http://127.0.0.1:{port}/v.mp4", **CPU}, "unreachable")


def test_a_refused_upload_fails_the_job_without_telling_the_signature(worker, files):
    said = _fail(worker, {"video": GOOD, "output_url": f"{files}/denied?signature=s3cret", **CPU}, "upload_failed")
    assert "403" in said
    assert "s3cret" not in said
    assert not any("s3cret" in line for line in worker.log)


def test_a_forbidden_output_address_is_refused_before_the_video_is_fetched(worker, files):
    data = {"video_url": f"{files}/missing", "output_url": "http://192.168.0.1/put", **CPU}
    _fail(worker, data, "forbidden_url")


def test_an_output_address_that_nobody_knows_is_a_failed_upload(worker, files):
    data = {"video_url": f"{files}/missing", "output_url": "https://nowhere.invalid/put", **CPU}
    _fail(worker, data, "upload_failed")


def test_an_address_is_refused_before_the_backend_is_made(worker):
    _fail(worker, {"video_url": "http://192.168.0.1/v", "target": {"scale": 2}}, "forbidden_url")


def test_the_gpu_backend_says_that_there_is_no_gpu_and_the_worker_goes_on(worker):
    for data in (
        {"video": GOOD, "target": {"scale": 2}},
        {"video": GOOD, "target": {"scale": 2}, "backend": "seedvr2"},
    ):
        answer = worker.run(data)
        assert answer["status"] == "FAILED"
        assert answer["error"].split(":")[0] in {"gpu_missing", "weights_missing", "backend_failed"}
    assert _output(worker.run({"video": GOOD, **CPU}))["frames"] == 2


def test_the_log_holds_the_identity_first_and_no_video(worker):
    worker.run({"video": GOOD, **CPU})
    first = json.loads(worker.log[0])
    assert (first["worker"], first["revision"], first["context"]) == ("starting", REVISION, CONTEXT)
    assert max(map(len, worker.log)) < 2000


def test_a_worker_that_can_not_work_logs_the_reason_first_and_ends(tmp_path):
    broken = Worker({"TMPDIR": str(tmp_path), "PYTHONPATH": str(_without_libraries(tmp_path))})
    assert broken.process.wait() == 1
    broken.stop()
    first = json.loads(broken.log[0])
    assert first["worker"] == "cannot start"
    assert "no video library here" in first["problems"][0]


def _without_libraries(folder):
    (folder / "av.py").write_text("raise ImportError('no video library here')\n")
    return folder


def test_a_cancelled_job_ends_and_leaves_no_scratch_folder(tmp_path, monkeypatch, capfd):
    """The SDK cancels the handler's task when RunPod says that nobody waits for the job any more."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    job = {"id": "1", "input": {"video": encode_base64(make_video(frames=200)), **CPU}}

    async def cancel_at_once():
        task = asyncio.create_task(handler.handler(job))
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancel_at_once())
    assert '"code": "cancelled"' in capfd.readouterr().err
    assert not list(tmp_path.iterdir())


TELL = """
import asyncio, json, sys, threading
sys.path.insert(0, sys.argv[1])
from worker import job
job.PROGRESS_INTERVAL_S = 0
import handler
asyncio.run(handler.handler({"id": "j1", "input": json.load(sys.stdin)}))
for thread in threading.enumerate():
    if thread is not threading.main_thread() and "_thread_target" in thread.name:
        thread.join()
"""


def test_the_jobs_progress_is_told_to_runpod(tmp_path):
    """By the SDK's own call, to the address that RunPod gives its workers; here a server on this machine."""
    told = []

    class RunPod(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            told.append((self.path, self.rfile.read(int(self.headers["Content-Length"])).decode()))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), RunPod)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_address[1]}/done/$RUNPOD_POD_ID/$ID"
    done = subprocess.run(
        [sys.executable, "-c", TELL, str(IMAGE)],
        input=json.dumps({"video": encode_base64(make_video(frames=250)), **CPU}),
        text=True,
        capture_output=True,
        check=False,
        env={**os.environ, "RUNPOD_WEBHOOK_POST_OUTPUT": address, "RUNPOD_POD_ID": "w1"},
    )
    server.shutdown()
    server.server_close()
    thread.join()
    assert done.returncode == 0, done.stderr
    bodies = [urllib.parse.unquote(body) for _, body in told]
    assert {path for path, _ in told} == {"/done/w1/j1&isStream=false"}
    assert sorted(body.count("frames enlarged") for body in bodies) == [1, 1]
    assert any("200 frames enlarged" in body for body in bodies)
