"""The worker as a pod: a real process, asked over real HTTP by good, bad and slow callers."""

from __future__ import annotations

import base64
import http.client
import http.server
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from worker import pod as pod_module
from worker.line import KEEP_ANSWERS, Line, LineClosed, LineFull
from worker.routes import CONNECTIONS
from worker_harness import CONTEXT, IMAGE, REVISION, _die_with_parent, decode, encode_base64, make_video

from tests.waiting import wait_until

SECRET = "0123456789abcdef0123456789abcdef-pod"
AUTHORIZED = {"Authorization": f"Bearer {SECRET}"}
VIDEO = encode_base64(make_video(frames=2))
JOB = {"input": {"video": VIDEO, "backend": "cpu", "target": {"scale": 2}}}

LONG, TICK = 60, 0.05  # of the line's own waiting, not of the test's


class Pod:
    """`python -m worker.pod` on a free port."""

    def __init__(self, *arguments, token=SECRET, temporary=None):
        environment = {
            **os.environ,
            "CONDUCTOR_REVISION": REVISION,
            "CONDUCTOR_CONTEXT": CONTEXT,
            "CONDUCTOR_WORKER_ALLOW_LOOPBACK": "1",
            "CONDUCTOR_POD_TOKEN": token,
        }
        if temporary:
            environment["TMPDIR"] = str(temporary)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "worker.pod", "--host", "127.0.0.1", "--port", "0", *arguments],
            cwd=IMAGE,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 (nothing else makes it die with a killed parent)
        )
        self.log = []
        for line in self.process.stderr:
            self.log.append(json.loads(line))
            if self.log[-1].get("pod") == "listening":
                self.port = self.log[-1]["port"]
                break

    def ask(self, method, path, body=None, headers=AUTHORIZED):
        """Return status, headers and the answer in JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        try:
            connection.request(method, path, body if isinstance(body, bytes | None) else json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, json.loads(answer.read())
        finally:
            connection.close()

    def send(self, text):
        """Send bytes as they are; return the status and the answer."""
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.sendall(text)
            received = b"".join(iter(lambda: connection.recv(1 << 16), b""))
        head, _, body = received.partition(b"\r\n\r\n")
        return int(head.split()[1]), json.loads(body)

    def stop(self, number=signal.SIGTERM):
        """Send the signal; return the exit code after all of the log is read."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self):
        self.log += [json.loads(line) for line in self.process.stderr]
        self.process.stderr.close()
        return self.process.wait()


@pytest.fixture(scope="module")
def pod():
    running = Pod()
    try:
        yield running
    finally:
        running.stop()


class Held:
    """A server that gives a video only when it is told to: the job that fetches it runs until then."""

    def __init__(self):
        held = self
        self.asked, self.release = threading.Semaphore(0), threading.Event()

        class Slow(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                held.asked.release()
                held.release.wait()
                self.send_response(200)
                self.send_header("Content-Length", str(len(base64.b64decode(VIDEO))))
                self.end_headers()
                self.wfile.write(base64.b64decode(VIDEO))

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        url = f"http://127.0.0.1:{self.server.server_address[1]}/video"
        self.job = {"input": {"video_url": url, "backend": "cpu", "target": {"scale": 2}}}

    def close(self):
        self.release.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def held():
    server = Held()
    try:
        yield server
    finally:
        server.close()


def test_health_says_what_the_pod_is_without_a_token(pod):
    status, _, health = pod.ask("GET", "/health", headers={})
    assert status == 200
    assert health == {
        "ready": True, "busy": False, "waiting": 0, "serves": ["cpu"], "gpu": None, "revision": REVISION, "context": CONTEXT,
    }  # fmt: skip


def test_a_job_is_answered_as_the_endpoints_queue_answers_it(pod):
    status, headers, answer = pod.ask("POST", "/upscale", JOB)
    assert (status, headers["Content-Type"]) == (200, "application/json")
    frames, _, _ = decode(base64.b64decode(answer["video"]))
    assert (len(frames), frames[0].width, frames[0].height) == (2, 128, 96)
    assert (answer["backend"], answer["revision"]) == ("cpu", REVISION)


def test_a_job_that_fails_is_answered_with_its_code(pod):
    status, _, answer = pod.ask(
        "POST", "/upscale", {"input": {"video": "AAAA", "target": {"scale": 2}, "backend": "cpu"}}
    )
    assert (status, answer["code"]) == (422, "not_a_video")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": f"Bearer {SECRET}x"},
        {"Authorization": f"Bearer {SECRET[:-1]}"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer"},
        {"Authorization": SECRET},
        {"Authorization": f"Basic {SECRET}"},
        {"Authorization": f"Bearer {SECRET.upper()}"},
        {"Authorization": "Bearer \xe9\xff"},
        {"X-Token": SECRET},
    ],
)
@pytest.mark.parametrize(("method", "path"), [("POST", "/upscale"), ("GET", "/upscale/0"), ("POST", "/elsewhere")])
def test_without_the_token_nothing_is_served(pod, headers, method, path):
    status, answered, answer = pod.ask(method, path, JOB if method == "POST" else None, headers)
    assert (status, answered["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.keys() == {"error"}
    assert SECRET not in json.dumps(answer)


def test_a_large_body_without_the_token_still_gets_its_answer(pod):
    """The caller sends on while it is refused; closing at once would reset the connection before it reads why."""
    status, _, _ = pod.ask("POST", "/upscale", b"x" * 9_000_000, {"Authorization": "Bearer no"})
    assert status == 401


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        (b"", 400, "not JSON"),
        (b"{", 400, "not JSON"),
        (b"\xff\xfe", 400, "not JSON"),
        (b"[" * 100_000, 400, "not JSON"),
        (b"1" * 5000, 400, "not JSON"),
        (b"[]", 400, "input"),
        (b"null", 400, "input"),
        (b'{"video": "AAAA"}', 400, "input"),
        (b'{"input": {}, "webhook": "https://example.com"}', 400, "nothing else"),
        (b'{"input": null}', 422, "input"),
        (b'{"input": []}', 422, "input"),
    ],
)
def test_a_body_that_is_no_job_is_refused_with_the_reason(pod, body, status, word):
    got, _, answer = pod.ask("POST", "/upscale", body)
    assert got == status
    assert word in answer["error"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ("Content-Length: 99999999", 413),
        ("Content-Length: -1", 400),
        ("Content-Length: 1e3", 400),
        ("Content-Length: 4, 4", 400),
        ("Content-Length: 4\r\nContent-Length: 5", 400),
        ("Content-Length: \xb2", 400),
        (f"Content-Length: {'9' * 5000}", 400),
        ("Transfer-Encoding: chunked", 411),
        ("Transfer-Encoding: chunked\r\nContent-Length: 4", 411),
        ("X-Nothing: 1", 411),
    ],
)
def test_a_body_of_no_good_length_is_refused_before_it_is_read(pod, headers, status):
    request = (
        f"POST /upscale HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {SECRET}\r\n{headers}\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", pod.port)) as connection:
        connection.sendall(request.encode("latin-1"))
        assert int(connection.recv(1 << 16).split()[1]) == status


def test_who_asks_first_is_refused_before_the_body_is_sent(pod):
    for headers, status in (("Authorization: Bearer no", 401), (f"Authorization: Bearer {SECRET}", 413)):
        request = f"POST /upscale HTTP/1.1\r\nExpect: 100-continue\r\n{headers}\r\nContent-Length: 99999999\r\n\r\n"
        assert pod.send(request.encode())[0] == status


def test_health_needs_no_token_however_it_is_asked_for(pod):
    with socket.create_connection(("127.0.0.1", pod.port)) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nExpect: 100-continue\r\n\r\n")
        assert b"200 OK" in b"".join(iter(lambda: connection.recv(1 << 16), b""))
    assert pod.send(b"GET /health HTTP/1.0\r\n\r\n")[0] == 200


def test_a_line_that_is_too_long_is_refused(pod):
    assert pod.send(b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n")[0] == 414
    assert pod.send(b"GET /health HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n")[0] == 431


def test_who_asks_first_and_may_is_told_to_go_on(pod):
    body = json.dumps(JOB).encode()
    head = f"POST /upscale HTTP/1.1\r\nExpect: 100-continue\r\nAuthorization: Bearer {SECRET}\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", pod.port)) as connection:
        connection.sendall(head.encode())
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 100 ")
        connection.sendall(body)
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/upscale", 404),
        ("GET", "/upscale/", 404),
        ("GET", "/upscale/0", 404),
        ("GET", "/../health", 404),
        ("POST", "/health", 404),
        ("POST", "/upscale/0", 404),
        ("DELETE", "/upscale/0", 404),
        ("DELETE", "/health", 404),
        ("PATCH", "/upscale", 501),
        ("GET", "/health?token=x", 200),
    ],
)
def test_other_routes_are_none(pod, method, path, status):
    assert pod.ask(method, path, b"{}" if method == "POST" else None)[0] == status


@pytest.mark.parametrize(
    "text", [b"\r\n\r\n", b"GET\r\n\r\n", b"GET /health HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\n\r\n"]
)
def test_what_is_no_http_does_not_stop_the_pod(pod, text):
    with socket.create_connection(("127.0.0.1", pod.port)) as connection:
        connection.sendall(text)
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1 << 16)
    assert pod.ask("GET", "/health")[0] == 200


def test_a_slow_caller_is_given_up_and_keeps_nobody_waiting():
    slow = Pod("--read-s", "0.3")
    with socket.create_connection(("127.0.0.1", slow.port)) as silent:
        head = f"POST /upscale HTTP/1.1\r\nAuthorization: Bearer {SECRET}\r\nContent-Length: 500\r\n\r\n{{"
        status, answer = slow.send(head.encode())
        assert (status, "0.3 s" in answer["error"]) == (408, True)
        assert silent.recv(1) == b""  # who sends no request at all is closed
    assert slow.ask("GET", "/health")[0] == 200
    assert slow.stop() == 0


def test_a_caller_that_sends_a_byte_at_a_time_gets_no_more_time_than_another():
    slow = Pod("--read-s", "0.4")
    stop = threading.Event()
    with socket.create_connection(("127.0.0.1", slow.port)) as connection:

        def drip():
            try:
                connection.sendall(b"POST /upscale HTTP/1.1\r\nX-Slow: ")
                while not stop.wait(TICK):
                    connection.sendall(b"x")
            except OSError:
                return

        dripping = threading.Thread(target=drip, daemon=True)
        dripping.start()
        try:
            ended = connection.recv(1)
        except ConnectionResetError:
            ended = b""
        assert ended == b""
        stop.set()
        dripping.join()
    assert slow.stop() == 0


def test_more_connections_than_are_served_are_closed_at_once():
    full = Pod()
    waiting = [socket.create_connection(("127.0.0.1", full.port)) for _ in range(CONNECTIONS + 1)]
    closed, _, _ = select.select(waiting, [], [], 60)
    assert [connection.recv(1) for connection in closed] == [b""] * len(closed)
    for connection in waiting:
        connection.close()
    wait_until(lambda: _answers(full))
    assert full.stop() == 0


def _answers(pod):
    try:
        return pod.ask("GET", "/health")[0] == 200
    except OSError:
        return False


def test_a_caller_that_goes_away_does_not_stop_the_pod(pod):
    body = json.dumps(JOB).encode()
    head = f"POST /upscale HTTP/1.1\r\nAuthorization: Bearer {SECRET}\r\nContent-Length: {len(body)}\r\n\r\n"
    for text in (head.encode(), head.encode() + body[:100], head.encode() + body):
        with socket.create_connection(("127.0.0.1", pod.port)) as connection:
            connection.sendall(text)
    assert pod.ask("POST", "/upscale", JOB)[0] == 200


def test_two_at_once_are_done_one_after_the_other_and_the_next_is_sent_away(held):
    one = Pod("--places", "1")
    with ThreadPoolExecutor(2) as callers:
        first = callers.submit(one.ask, "POST", "/upscale", held.job)
        held.asked.acquire()
        second = callers.submit(one.ask, "POST", "/upscale", JOB)
        wait_until(lambda: one.ask("GET", "/health")[2]["waiting"])
        status, headers, answer = one.ask("POST", "/upscale", JOB)
        assert (status, headers["Retry-After"]) == (429, "10")
        assert "later" in answer["error"]
        busy = one.ask("GET", "/health")[2]
        assert (busy["ready"], busy["busy"], busy["waiting"]) == (True, True, 1)
        assert not second.done()
        held.release.set()
        assert [first.result()[0], second.result()[0]] == [200, 200]
    assert one.ask("POST", "/upscale", JOB)[0] == 200
    assert one.stop() == 0


def test_a_long_job_is_answered_with_an_id_and_its_answer_fetched_later(held):
    quick = Pod("--wait-s", "0.05")
    status, headers, ticket = quick.ask("POST", "/upscale", held.job)
    assert status == 202
    assert headers["Location"] == f"/upscale/{ticket['id']}"
    held.asked.acquire()
    status, _, again = quick.ask("GET", headers["Location"])
    assert (status, again) == (202, {"id": ticket["id"], "status": "IN_PROGRESS", "progress": ""})
    assert quick.ask("GET", headers["Location"], headers={})[0] == 401
    held.release.set()
    answered = wait_until(lambda: (asked := quick.ask("GET", headers["Location"]))[0] != 202 and asked)
    assert (answered[0], answered[2]["frames"]) == (200, 2)
    assert quick.ask("GET", headers["Location"])[2] == answered[2]  # a caller may lose the first one
    assert quick.stop() == 0


def test_a_job_that_runs_and_one_that_waits_are_cancelled(held):
    quick = Pod("--wait-s", "0.05")
    running = quick.ask("POST", "/upscale", held.job)[2]["id"]
    held.asked.acquire()
    waiting = quick.ask("POST", "/upscale", JOB)[2]["id"]
    assert quick.ask("DELETE", f"/upscale/{waiting}", headers={})[0] == 401
    status, _, answer = quick.ask("DELETE", f"/upscale/{waiting}")
    assert (status, answer["code"]) == (422, "cancelled")
    assert quick.ask("DELETE", f"/upscale/{running}")[0] == 202
    held.release.set()
    answered = wait_until(lambda: (asked := quick.ask("GET", f"/upscale/{running}"))[0] != 202 and asked)
    assert (answered[0], answered[2]["code"]) == (422, "cancelled")
    assert quick.ask("DELETE", f"/upscale/{running}")[2] == answered[2]
    assert quick.stop() == 0


def test_how_far_a_job_is_can_be_asked():
    go, told = threading.Event(), threading.Event()

    def answer(data, progress, cancelled):
        progress("3 of 9 frames")
        told.set()
        return {"went": go.wait()}

    line = Line(answer, places=1)
    job = line.submit(None)
    assert told.wait()
    assert (job.status, job.progress) == ("IN_PROGRESS", "3 of 9 frames")
    assert not line.close(0)
    assert job.cancelled.is_set()  # who doesn't end in time is told to
    go.set()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_pod_without_work_ends_at_once(number):
    idle = Pod()
    assert idle.stop(number) == 0
    assert idle.log[-1] == {"pod": "stopped", "running_job": "none"}


def test_at_sigterm_the_running_job_ends_and_the_waiting_one_is_sent_away(held, tmp_path):
    stopping = Pod("--grace-s", "60", temporary=tmp_path)
    with ThreadPoolExecutor(2) as callers:
        running = callers.submit(stopping.ask, "POST", "/upscale", held.job)
        held.asked.acquire()
        waiting = callers.submit(stopping.ask, "POST", "/upscale", JOB)
        wait_until(lambda: stopping.ask("GET", "/health")[2]["waiting"])
        stopping.process.send_signal(signal.SIGTERM)
        status, headers, answer = waiting.result()
        assert (status, headers["Retry-After"]) == (503, "10")
        assert "again" in answer["error"]
        assert stopping.ask("GET", "/health")[:1] == (503,)
        assert stopping.ask("POST", "/upscale", JOB)[0] == 503
        held.release.set()
        assert running.result()[0] == 200
    assert stopping.wait() == 0
    assert stopping.log[-1] == {"pod": "stopped", "running_job": "ended"}
    assert list(tmp_path.iterdir()) == []


def test_a_job_that_does_not_end_in_time_is_given_up_and_its_caller_told(held, tmp_path):
    stopping = Pod("--grace-s", "0.2", temporary=tmp_path)
    with ThreadPoolExecutor(1) as callers:
        running = callers.submit(stopping.ask, "POST", "/upscale", held.job)
        held.asked.acquire()
        code = stopping.stop()
        assert running.result()[0] == 503
    assert code == 1
    assert stopping.log[-1] == {"pod": "stopped", "running_job": "given up"}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("token", "word"),
    [
        ("", "is not set"),
        ("   ", "is not set"),
        ("short", "has 5 characters"),
        ("é" * 40, "header"),
        ("a b" * 20, "header"),
    ],
)
def test_a_pod_without_a_good_token_does_not_start(token, word):
    refused = Pod(token=token)
    assert refused.wait() == 1
    (line,) = refused.log
    assert line["worker"] == "cannot start"
    assert "CONDUCTOR_POD_TOKEN" in line["problems"][0]
    assert word in line["problems"][0]
    assert not token.strip() or token not in line["problems"][0]


def test_a_port_that_is_taken_is_named(pod):
    refused = Pod("--port", str(pod.port))
    assert refused.wait() == 1
    assert str(pod.port) in refused.log[-1]["problems"][0]


def test_the_token_is_in_no_log_and_in_no_process_that_is_started(monkeypatch):
    monkeypatch.setenv("CONDUCTOR_POD_TOKEN", SECRET)
    assert pod_module.read_token() == SECRET
    assert SECRET not in os.environ.values()
    logged = Pod()
    for path in ("/upscale", f"/upscale/{SECRET}", f"/{SECRET}?token={SECRET}"):
        logged.ask("GET", path)
        logged.ask("POST", path, {"input": {"video": SECRET}})
        logged.send(f"{SECRET} {path} HTTP/1.1\r\n\r\n".encode())
    assert logged.stop() == 0
    assert SECRET not in json.dumps(logged.log)
    assert len(logged.log) > 6


def test_the_folder_of_the_image_is_all_that_a_pod_needs(tmp_path):
    """Nothing is written beside the code: the image's file system may be read-only."""
    before = sorted(path for path in Path(IMAGE).rglob("*") if "__pycache__" not in path.parts)
    running = Pod(temporary=tmp_path)
    assert running.ask("POST", "/upscale", JOB)[0] == 200
    assert running.stop() == 0
    assert sorted(path for path in Path(IMAGE).rglob("*") if "__pycache__" not in path.parts) == before


def test_a_line_keeps_the_last_answers_and_the_order():
    done = []
    line = Line(lambda data, *_: {"did": done.append(data) or data}, places=100)
    jobs = [line.submit(number) for number in range(3 * KEEP_ANSWERS)]
    assert [job.wait(LONG)["did"] for job in jobs] == done == list(range(3 * KEEP_ANSWERS))
    last = line.submit("last")
    assert last.wait(LONG) == {"did": "last"}
    line.submit("forgets").wait(LONG)
    assert line.find(jobs[0].id) is None
    assert line.find(last.id) is last
    assert line.close(0)
    with pytest.raises(LineClosed):
        line.submit("late")


def test_a_job_whose_library_ends_the_thread_does_not_end_the_line(capsys):
    def answer(data, *_):
        if data is None:
            return {"went": True}
        raise data

    line = Line(answer, places=4)
    jobs = [line.submit(data) for data in (SystemExit(3), KeyboardInterrupt(), RecursionError(), None)]
    assert [job.wait(LONG).get("code") for job in jobs] == ["internal", "internal", "internal", None]
    assert "SystemExit" in capsys.readouterr().err
    assert line.close(60)


def test_a_line_holds_one_job_and_as_many_as_have_a_place():
    go = threading.Event()
    line = Line(lambda *_: {"went": go.wait()}, places=2)
    jobs = [line.submit(number) for number in range(3)]
    with pytest.raises(LineFull):
        line.submit(3)
    go.set()
    assert all(job.wait(LONG) for job in jobs)
    assert line.close(60)
