"""The worker process and the server that it fetches from; one of each for all tests."""

from __future__ import annotations

import http.server
import threading

import pytest
from worker_harness import Files, Worker


@pytest.fixture(scope="session")
def worker():
    running = Worker({"CONDUCTOR_WORKER_ALLOW_LOOPBACK": "1"})
    try:
        yield running.wait_until_started()
    finally:
        running.stop()


@pytest.fixture(scope="session")
def files():
    """Return the address of the server; what it was given stands in `Files.received`."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def loopback(monkeypatch):
    monkeypatch.setenv("CONDUCTOR_WORKER_ALLOW_LOOPBACK", "1")
