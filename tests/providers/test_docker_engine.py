"""The engine through its own SDK, against a small engine on a socket of this machine."""

from __future__ import annotations

import json
import socketserver
import threading
from http.server import BaseHTTPRequestHandler

import pytest

from conductor.providers.docker_engine import open_engine

ID = "sha256:" + "d" * 64
ANSWERS = {
    "/_ping": "OK",
    "/version": {"ApiVersion": "1.44", "MinAPIVersion": "1.24", "Version": "25"},
    "/images/json": [
        {
            "Id": ID,
            "RepoTags": ["owner/worker:dev", "<none>:<none>"],
            "RepoDigests": None,
            "Labels": {"org.opencontainers.image.source": "https://github.com/owner/worker"},
            "Created": 1,
        }
    ],
    f"/images/{ID}/history": [{"CreatedBy": "RUN /bin/sh -c pip install einops # buildkit"}, {"CreatedBy": None}],
    "/system/df": {"BuildCache": [{"Description": "mount / from exec /bin/sh -c pip install einops"}, {}]},
}


class Engine(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Answers what is in the table."""

    daemon_threads = True


class Handler(BaseHTTPRequestHandler):
    def address_string(self):
        return "socket"

    def log_message(self, *arguments):
        """Say nothing."""

    def do_GET(self):
        path = self.path.partition("?")[0]
        path = path if path in ANSWERS else "/" + path.lstrip("/").partition("/")[2]
        answer = ANSWERS.get(path.replace("%3A", ":"))
        body = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        self.send_response(200 if answer is not None else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 - the name that http.server calls


@pytest.fixture
def socket(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    server = Engine("engine.sock", Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"unix://{tmp_path}/engine.sock"
    server.shutdown()
    server.server_close()
    thread.join()


def test_images_and_build_steps_are_read(socket):
    pytest.importorskip("docker")
    access = open_engine({"DOCKER_HOST": socket})
    assert access.engine is not None, access.reason
    (image,) = access.engine.images()
    assert (image.id, image.tags, image.pulled_as) == (ID, ("owner/worker:dev",), ())
    assert dict(image.labels)["org.opencontainers.image.source"] == "https://github.com/owner/worker"
    assert image.steps == ("RUN /bin/sh -c pip install einops # buildkit", "")
    assert access.engine.build_steps() == ["mount / from exec /bin/sh -c pip install einops", ""]


def test_a_socket_that_nobody_answers_is_a_reason_not_a_crash(tmp_path):
    access = open_engine({"DOCKER_HOST": f"unix://{tmp_path}/nobody.sock"})
    assert (access.engine, access.absent) == (None, False)
    assert access.remedy
