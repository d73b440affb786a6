from __future__ import annotations

import json

import pytest

from conductor.rehearsal.http_server import LoopbackServer, json_reply
from tests.rehearsal.conftest import call, call_json


class Sample(LoopbackServer):
    name = "sample"

    def routes(self):
        return [
            ("GET", r"/things/(?P<id>\d+)", lambda request: json_reply({"id": request.groups["id"]})),
            ("POST", "/echo", lambda request: json_reply({"got": request.json()})),
            ("GET", "/broken", lambda _: json_reply(1 / 0)),
        ]


@pytest.fixture
def server(recorder):
    opened = Sample(recorder).start()
    yield opened
    opened.close()


def test_a_route_s_groups_reach_its_answer(server):
    assert call_json("GET", f"{server.base_url}/things/7") == (200, {"id": "7"})


def test_another_method_is_not_found(server):
    assert call("POST", f"{server.base_url}/things/7", {})[0] == 404


def test_a_broken_answer_is_500_and_the_server_goes_on(server):
    assert call("GET", f"{server.base_url}/broken")[0] == 500
    assert call("GET", f"{server.base_url}/things/1")[0] == 200


def test_an_exchange_is_recorded_without_its_credential(server, recorder):
    secret = recorder.hide("8c1f0a6d5e3b")
    call("POST", f"{server.base_url}/echo", {"value": secret}, token=secret)
    line = (recorder.folder / "exchanges.jsonl").read_text()
    assert secret not in line
    recorded = json.loads(line)
    assert recorded["status"] == 200
    assert recorded["request_headers"]["authorization"] == "***"
    assert recorded["request_body"] == '{"value": "***"}'


def test_a_long_body_is_recorded_as_its_size_and_digest(server, recorder):
    call("POST", f"{server.base_url}/echo", {"value": "x" * 20_000})
    assert recorder.exchanges[-1]["request_body"].startswith("<20013 bytes, sha256:")


def test_closing_twice_is_fine(recorder):
    opened = Sample(recorder).start()
    opened.close()
    opened.close()


def test_it_listens_on_loopback_only(server):
    assert server._server.server_address[0] == "127.0.0.1"
