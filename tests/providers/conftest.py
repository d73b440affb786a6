"""A loopback HTTP server that answers what a test tells it to, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Asked:
    """One request as it came."""

    def __init__(self, method, path, headers, body):
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body


class Server:
    """Answers from `routes`: path (without query) -> a reply, a list of replies in turn, or a function of the request.

    A reply is (status, headers, body); the body may be bytes, text or something JSON.
    """

    def __init__(self):
        self.routes = {}
        self.asked = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self):
                length = int(self.headers.get("content-length") or 0)
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(self.command, self.path, headers, self.rfile.read(length))
                owner.asked.append(asked)
                status, named, body = owner.reply(asked)
                content = (
                    body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
                )
                self.send_response(status)
                for name, value in {"Content-Length": str(len(content)), **named}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PATCH = answer  # noqa: N815 - the names http.server calls

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def reply(self, asked):
        route = self.routes.get(asked.path.partition("?")[0], (404, {}, {"message": "Not Found"}))
        if callable(route):
            return route(asked)
        if isinstance(route, list):
            return route.pop(0) if len(route) > 1 else route[0]
        return route

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class FastClock:
    """A clock whose sleeps take no time and are remembered."""

    def __init__(self):
        self.slept = []
        self.at = 0.0

    def now(self):
        return datetime(2026, 1, 5, 10, 0, tzinfo=UTC)

    def monotonic(self):
        return self.at

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.at += seconds


@pytest.fixture
def open_server():
    """Return a function that starts another server."""
    opened = []

    def open_one():
        opened.append(Server())
        return opened[-1]

    yield open_one
    for server in opened:
        server.close()


@pytest.fixture
def server(open_server):
    return open_server()


@pytest.fixture
def clock():
    return FastClock()
