import http.server
import json
import threading

import pytest

from conductor.providers.lookup import HttpLookup, split_reference


class Handler(http.server.BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.server.asked.append(self.path)
        if self.path.startswith("/v2/") and "Authorization" not in self.headers and self.server.token:
            self.send_response(401)
            self.send_header("WWW-Authenticate", f'Bearer realm="{self.server.address}/token",scope="pull"')
        else:
            self.send_response(self.server.answers.get(self.path, 404))
        self.end_headers()

    def do_GET(self):
        if self.path.startswith("/v2/"):
            self.do_HEAD()
            return
        if self.server.token == "refused":
            self.send_response(403)
            self.end_headers()
            return
        content = json.dumps({"token": "t"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    one = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    one.asked, one.answers, one.token = [], {}, False
    one.address = f"http://127.0.0.1:{one.server_port}"
    thread = threading.Thread(target=one.serve_forever, daemon=True)
    thread.start()
    yield one
    one.shutdown()
    one.server_close()


@pytest.mark.parametrize(
    ("status", "answer"), [(200, True), (404, False), (410, False), (403, None), (500, None), (429, None)]
)
def test_an_address_is_there_gone_or_not_known(server, status, answer):
    server.answers["/x.whl"] = status
    assert HttpLookup(cache=None).serves(f"{server.address}/x.whl") is answer


@pytest.mark.parametrize("token", [True, False])
def test_a_registry_is_asked_for_the_manifest(server, token):
    server.token = token
    server.answers["/v2/team/image/manifests/1"] = 200
    host = server.address.removeprefix("http://")
    lookup = HttpLookup(cache=None)
    assert lookup.has_image(f"{host}/team/image:1") is True
    assert lookup.has_image(f"{host}/team/image:2") is False


@pytest.mark.parametrize(
    ("token", "status", "public"),
    [
        (False, 200, True),
        (True, 200, True),
        (True, 401, False),  # Docker Hub: a token that opens nothing
        ("refused", 200, False),  # GHCR: no token at all
        (False, 401, False),
        (False, 403, False),
        (False, 404, False),
        (False, 500, None),
        (False, 429, None),
    ],
)
def test_an_image_is_public_where_its_tags_are_listed_without_a_login(server, tmp_path, token, status, public):
    server.token = token
    server.answers["/v2/team/image/tags/list?n=1"] = status
    host = server.address.removeprefix("http://")
    lookup = HttpLookup(cache=tmp_path / "lookup.json")
    assert lookup.is_public(f"{host}/team/image") is public
    assert not (tmp_path / "lookup.json").exists()


def test_a_registry_that_is_not_there_says_nothing_of_an_image():
    assert HttpLookup(timeout_s=0.2, cache=None).is_public("127.0.0.1:9/team/image") is None


def test_what_was_answered_is_not_asked_again(server, tmp_path):
    server.answers["/x"] = 200
    for _ in range(2):
        assert HttpLookup(cache=tmp_path / "c" / "lookup.json").serves(f"{server.address}/x")
    assert server.asked == ["/x"]


def test_what_could_not_be_asked_is_not_kept(tmp_path):
    lookup = HttpLookup(timeout_s=0.2, cache=tmp_path / "lookup.json")
    assert lookup.serves("http://127.0.0.1:9/x") is None
    assert not (tmp_path / "lookup.json").exists()


@pytest.mark.parametrize("address", ["http://example.invalid/x", "file:///etc/passwd", "ftp://x/y"])
def test_other_protocols_are_not_asked(address):
    assert HttpLookup(cache=None).serves(address) is None


def test_a_broken_cache_costs_only_time(server, tmp_path):
    (tmp_path / "lookup.json").write_text("[1, 2")
    server.answers["/x"] = 200
    assert HttpLookup(cache=tmp_path / "lookup.json").serves(f"{server.address}/x") is True


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("python:3.11-slim", ("registry-1.docker.io", "library/python", "3.11-slim")),
        ("docker.io/team/image", ("registry-1.docker.io", "team/image", "latest")),
        ("ghcr.io/a/b/c:1@sha256:00", ("ghcr.io", "a/b/c", "sha256:00")),
        ("localhost:5000/x:2", ("localhost:5000", "x", "2")),
    ],
)
def test_a_reference_is_split_into_host_repository_and_tag(reference, parts):
    assert split_reference(reference) == parts
