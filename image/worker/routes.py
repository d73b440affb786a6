"""The routes of a pod: who is let in, what is read, and how an answer goes out (see `worker/pod.py`)."""

from __future__ import annotations

import argparse
import hashlib
import hmac
import http.server
import io
import json
import socket
import sys
import threading
import time
from http import HTTPStatus
from typing import Any

from worker import selftest
from worker.contract import INLINE_INPUT_BYTES, load_identity
from worker.job import answer_job
from worker.line import Job, Line, LineClosed, LineFull

TOKEN = "CONDUCTOR_POD_TOKEN"  # noqa: S105 (the variable's name)
BODY_BYTES = INLINE_INPUT_BYTES * 4 // 3 + (64 << 10)
CONNECTIONS = 128
HEADER_S = 10
DRAIN_S = 2
SEND_S = 300
RETRY_S = 10


class Refusal(Exception):
    """A request that is not served: its status, the reason, and headers that belong to it."""

    def __init__(self, status: HTTPStatus, reason: str, *headers: tuple[str, str]) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.headers = headers


class Server(http.server.ThreadingHTTPServer):
    """The listening socket and what every request needs."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, options: argparse.Namespace, token: str, facts: selftest.Facts) -> None:
        super().__init__((options.host, options.port), Handler)
        self.options = options
        self.token = hashlib.sha256(token.encode()).digest()
        self.facts = facts
        self.line = Line(answer_job, options.places)
        self.stopping = threading.Event()
        self._free = threading.BoundedSemaphore(CONNECTIONS)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection; there are at most CONNECTIONS of them, and more are closed at once."""
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def finish(self, seconds: float) -> None:
        """Wait until every open connection has its answer, or the time is over."""
        until = time.monotonic() + seconds
        for _ in range(CONNECTIONS):
            self._free.acquire(timeout=max(0.0, until - time.monotonic()))

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log what went wrong with a connection in one line: mostly a caller that went away."""
        error = sys.exc_info()[1]
        log(request="broken", error=type(error).__name__)


class TimedReader(io.RawIOBase):
    """A socket's bytes until a deadline for all of them: a caller that sends a byte at a time gets no more time."""

    def __init__(self, connection: socket.socket, seconds: float) -> None:
        self._connection = connection
        self.allow(seconds)

    def allow(self, seconds: float) -> None:
        """Set the deadline: so long from now."""
        self._until = time.monotonic() + seconds

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what has come; raises TimeoutError after the deadline."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        return self._connection.recv_into(buffer)


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection, one request, one answer in JSON."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "worker"
    sys_version = ""

    def setup(self) -> None:
        """Read with a deadline."""
        super().setup()
        self._reader = TimedReader(self.connection, min(HEADER_S, self.server.options.read_s))
        self.rfile = io.BufferedReader(self._reader)
        self._started = time.monotonic()
        self._route = "?"
        self._unread = BODY_BYTES

    def do_GET(self) -> None:
        """Answer /health and /upscale/ID."""
        self._serve(self._get)

    def do_POST(self) -> None:
        """Answer /upscale."""
        self._serve(self._post)

    def do_DELETE(self) -> None:
        """Cancel the job of /upscale/ID, and answer as for GET."""
        self._serve(self._delete)

    def handle_expect_100(self) -> bool:
        """Refuse what will be refused before the caller sends its body."""
        try:
            if self.command == "POST":
                self._check_request()
        except Refusal as refusal:
            self._unread = 0  # the caller waits with its body
            self._refuse(refusal)
            return False
        return super().handle_expect_100()

    def _serve(self, answer: Any) -> None:
        try:
            answer()
        except Refusal as refusal:
            self._refuse(refusal)
        except LineClosed:
            self._refuse(_stopping("this worker was stopped before the job ended; send it again"))

    def _get(self) -> None:
        if self.path.partition("?")[0] == "/health":
            self._route = "/health"
            self._answer_health()
            return
        self._answer_job(self._find_job())

    def _delete(self) -> None:
        job = self._find_job()
        self.server.line.cancel(job)
        self._answer_job(job)

    def _find_job(self) -> Job:
        self._check_request()
        path = self.path.partition("?")[0]
        job = self.server.line.find(path.removeprefix("/upscale/")) if path.startswith("/upscale/") else None
        if job is None:
            raise Refusal(HTTPStatus.NOT_FOUND, "no such job; the last answers are kept for half an hour")
        self._route = "/upscale/ID"
        return job

    def _post(self) -> None:
        data = self._read_input(self._check_request())
        try:
            job = self.server.line.submit(data)
        except LineFull:
            reason = "one job runs and as many wait as may wait; try again later"
            raise Refusal(HTTPStatus.TOO_MANY_REQUESTS, reason, ("Retry-After", str(RETRY_S))) from None
        self._answer_job(job)

    def _answer_health(self) -> None:
        identity, (running, waiting) = load_identity(), self.server.line.count()
        ready = not self.server.stopping.is_set()
        gpu = (self.server.facts.probe or {}).get("gpu") or {}
        health = {
            "ready": ready,
            "busy": bool(running),
            "waiting": waiting,
            "serves": selftest.list_backends(self.server.facts),
            "gpu": gpu.get("name"),
            "revision": identity.revision,
            "context": identity.context,
        }
        self._send(HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE, health)

    def _answer_job(self, job: Job) -> None:
        answer = job.wait(self.server.options.wait_s)
        if answer is None:
            where = (("Location", f"/upscale/{job.id}"), ("Retry-After", "0"))
            state = {"id": job.id, "status": job.status, "progress": job.progress}
            self._send(HTTPStatus.ACCEPTED, state, where)
        elif "error" not in answer:
            self._send(HTTPStatus.OK, answer)
        elif answer.get("code") == "internal":
            self._send(HTTPStatus.INTERNAL_SERVER_ERROR, answer)
        else:
            self._send(HTTPStatus.UNPROCESSABLE_ENTITY, answer)

    def _check_request(self) -> int:
        """Check token, route and length, in this order: who has no token learns nothing. Return the body's bytes."""
        self._check_token()
        if self.command != "POST":
            return 0
        if self.path.partition("?")[0] != "/upscale":
            raise Refusal(HTTPStatus.NOT_FOUND, "the routes are POST /upscale, GET /upscale/ID and GET /health")
        self._route = "/upscale"
        if self.server.stopping.is_set():
            raise _stopping("this worker is being stopped; send the job again")
        length = self._read_length()
        if length is None:
            raise Refusal(HTTPStatus.LENGTH_REQUIRED, "give the body's Content-Length; chunks are not read")
        if length > BODY_BYTES:
            reason = f"the body has {length} bytes, over {BODY_BYTES}; give a large video as `video_url`"
            raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, reason)
        return length

    def _check_token(self) -> None:
        scheme, _, given = self.headers.get("Authorization", "").partition(" ")
        digest = hashlib.sha256(given.strip().encode("utf-8", "surrogateescape")).digest()
        if scheme.lower() != "bearer" or not hmac.compare_digest(digest, self.server.token):
            reason = f"send `Authorization: Bearer TOKEN` with the token in this worker's {TOKEN}"
            raise Refusal(HTTPStatus.UNAUTHORIZED, reason, ("WWW-Authenticate", "Bearer"))

    def _read_length(self) -> int | None:
        if "Transfer-Encoding" in self.headers:
            return None
        given = set(self.headers.get_all("Content-Length", []))
        if not given:
            return None
        text = given.pop()
        if given or not (text.isascii() and text.isdigit() and len(text) < 20):
            raise Refusal(HTTPStatus.BAD_REQUEST, "Content-Length must be one whole number")
        return int(text)

    def _read_input(self, length: int) -> Any:
        self._reader.allow(self.server.options.read_s)
        try:
            body = self.rfile.read(length)
        except TimeoutError:
            body = b""
        self._unread = 0
        if len(body) < length:
            seconds = self.server.options.read_s
            raise Refusal(HTTPStatus.REQUEST_TIMEOUT, f"the body did not come whole within {seconds} s")
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            raise Refusal(HTTPStatus.BAD_REQUEST, "the body is not JSON") from None
        if not isinstance(data, dict) or set(data) != {"input"}:
            raise Refusal(HTTPStatus.BAD_REQUEST, 'the body must be {"input": …}, and nothing else')
        return data["input"]

    def _refuse(self, refusal: Refusal) -> None:
        self._send(refusal.status, {"error": refusal.reason}, refusal.headers)
        self._drain()

    def _drain(self) -> None:
        """Take what the caller still sends: closing before would take the answer from it."""
        if self._unread <= 0:
            return
        self.connection.shutdown(socket.SHUT_WR)
        self._reader.allow(DRAIN_S)
        try:
            while self._unread > 0 and (size := self._reader.readinto(bytearray(1 << 16))):
                self._unread -= size
        except OSError:
            return

    def _send(self, status: HTTPStatus, answer: dict[str, Any], headers: tuple[tuple[str, str], ...] = ()) -> None:
        body = json.dumps(answer).encode()
        self.connection.settimeout(SEND_S)
        self.send_response(status)
        for name, value in (("Content-Type", "application/json"), ("Content-Length", str(len(body))), *headers):
            self.send_header(name, value)
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.close_connection = True
        self.end_headers()
        self.wfile.write(body)
        # A caller's own words stay out of the log: a token may be among them.
        method = self.command if self._route != "?" else "?"
        log(request=f"{method} {self._route}", status=status, seconds=round(time.monotonic() - self._started, 3))

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what is no HTTP that this server reads, in JSON and without what was sent."""
        status = HTTPStatus(code)
        self._send(status, {"error": status.phrase})

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the library's name)
        """Say nothing: a path may hold what is secret."""


def _stopping(reason: str) -> Refusal:
    return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, reason, ("Retry-After", str(RETRY_S)))


def log(**said: Any) -> None:
    """Print one line of JSON to stderr."""
    print(json.dumps(said), file=sys.stderr, flush=True)
