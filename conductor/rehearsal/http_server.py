"""A small HTTP/1.1 server on an ephemeral loopback port: routes in, replies out, every exchange recorded."""

from __future__ import annotations

import json
import re
import socketserver
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from conductor.rehearsal.recorder import Recorder, readable_body, readable_headers

_LARGEST_BODY = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """One request; header names are lower case, a query parameter's last value counts."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    groups: dict[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        """Return the body as JSON, None where it is empty; raises ValueError where it is something else."""
        return json.loads(self.body) if self.body else None


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer; `chunks`, where given, is streamed after the headers until it ends or the client goes."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    chunks: Iterator[bytes] | None = None


def json_reply(value: Any, status: int = 200, *, media_type: str = "application/json", **headers: str) -> Reply:
    """Return the value as a JSON answer; underscores in further header names become dashes."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(status, json.dumps(value).encode(), {"Content-Type": media_type, **named})


Answer = Callable[[Request], Reply]
# Sees a request with what would answer it, and returns what goes out instead; None closes the connection unanswered.
Fault = Callable[[Request, Callable[[], Reply]], Reply | None]


class LoopbackServer:
    """Serves its routes from threads of this process until `close()`.

    A route is a method, a pattern of the whole path, and what answers it. `before` sees each request first and may
    answer in the route's place (credentials, faults); `after` may add headers. Sub-classes fill `routes()`.
    """

    name = "http"

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.fault: Fault | None = None
        self._compiled = [(method, re.compile(pattern), answer) for method, pattern, answer in self.routes()]
        self._server = _Server(recorder, _handler_for(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def port(self) -> int:
        """Return the port the system gave."""
        return int(self._server.server_address[1])

    @property
    def base_url(self) -> str:
        """Return the address, without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Self:
        """Begin to answer."""
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop answering; safe to call twice, and before `start()`."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join(timeout=2)
        self._server.server_close()

    def routes(self) -> list[tuple[str, str, Answer]]:
        """Return the method, path pattern and answer of every route, first match wins."""
        return []

    def before(self, request: Request) -> Reply | None:
        """Answer in the route's place, or return None to let it answer."""
        return None

    def after(self, request: Request, reply: Reply) -> Reply:
        """Return the reply as it goes out."""
        return reply

    def not_found(self, request: Request) -> Reply:
        """Answer for a path without a route."""
        return json_reply({"message": "Not Found"}, 404)

    def answer(self, request: Request) -> Reply | None:
        """Return what `before`, the route and `after` make of the request, and a fault, where one is set, of that."""
        if self.fault is not None:
            return self.fault(request, lambda: self._answer(request))
        return self._answer(request)

    def _answer(self, request: Request) -> Reply:
        reply = self.before(request)
        if reply is None:
            reply = self._route(request)
        return self.after(request, reply)

    def _route(self, request: Request) -> Reply:
        for method, pattern, answer in self._compiled:
            if method == request.method and (match := pattern.fullmatch(request.path)):
                found = Request(request.method, request.path, request.query, request.headers, request.body)
                found.groups.update(match.groupdict())
                return answer(found)
        return self.not_found(request)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, recorder: Recorder, handler: type[BaseHTTPRequestHandler]) -> None:
        self.recorder = recorder
        super().__init__(("127.0.0.1", 0), handler)

    def server_bind(self) -> None:
        # HTTPServer.server_bind asks the name service for this host's name; nothing here may leave the machine.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Drop a connection whose client went away; anything else is a fault of the stand-in, and is said."""
        problem = sys.exc_info()[1]
        if not isinstance(problem, ConnectionError):
            told = "".join(traceback.format_exception(problem))
            self.recorder.note("stand-ins.log", f"connection of {client_address}: {told}")


def _handler_for(owner: LoopbackServer) -> type[BaseHTTPRequestHandler]:
    return type("Handler", (_Handler,), {"owner": owner})


class _Handler(BaseHTTPRequestHandler):
    owner: LoopbackServer
    protocol_version = "HTTP/1.1"
    # A reply is two small writes; without this the second waits for the client's delayed ACK (40 ms).
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        request = self._read()
        try:
            reply = self.owner.answer(request)
            if reply is None:
                self.close_connection = True
                return
        except Exception as error:  # noqa: BLE001 - a server answers 500, it does not die
            reply = json_reply({"message": f"stand-in failed: {type(error).__name__}: {error}"}, 500)
        self.owner.recorder.record(
            self.owner.name,
            method=request.method,
            path=self.path,
            request_headers=readable_headers(request.headers),
            request_body=readable_body(request.body),
            status=reply.status,
            headers=readable_headers(reply.headers),
            body="<stream>" if reply.chunks else readable_body(reply.body),
        )
        self._write(reply)

    def _read(self) -> Request:
        url = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = {name: values[-1] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
        return Request(self.command, url.path, query, headers, self._read_body(headers))

    def _read_body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return b"".join(iter(self._read_chunk, b""))
        length = int(headers.get("content-length") or 0)
        if not 0 <= length <= _LARGEST_BODY:
            raise ValueError("a body of that size is not taken")
        return self.rfile.read(length)

    def _read_chunk(self) -> bytes:
        size = int(self.rfile.readline().split(b";")[0], 16)
        content = self.rfile.read(size)
        self.rfile.readline()
        return content

    def _write(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.chunks is not None:
            self.send_header("Connection", "close")
            self.end_headers()
            self._stream(reply.chunks)
            return
        if "Content-Length" not in reply.headers:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)

    def _stream(self, chunks: Iterator[bytes]) -> None:
        self.close_connection = True
        try:
            for chunk in chunks:
                self.wfile.write(chunk)
                self.wfile.flush()
        except OSError:
            return

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - http.server's names

    def log_message(self, *_: Any) -> None:
        """Keep standard error for people; exchanges are recorded."""
