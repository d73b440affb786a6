"""The HTTP layer against servers that answer what real ones answer on bad days."""

from __future__ import annotations

import pytest

from conductor.domain.secret import Secret
from conductor.errors import OutsideRefused
from conductor.providers.answers import Answer, ServiceRefused
from conductor.providers.http import HttpClient

TOKEN = "ghp_abcdefghijklmnopqrstuvwxyz0123456789"
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def client(server, clock):
    return HttpClient("GitHub", server.url, clock, token=Secret(TOKEN), token_hint="set GITHUB_TOKEN")


def test_the_credential_goes_into_a_header_and_nowhere_else(client, server):
    server.routes["/a"] = (200, JSON, {"ok": True})
    assert client.get("/a", params={"q": "1"}).json() == {"ok": True}
    assert server.asked[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in server.asked[0].path


def test_a_proxy_in_the_environment_does_not_get_loopback_traffic(client, server, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    server.routes["/a"] = (200, JSON, [])
    assert client.get("/a").json() == []


def test_a_netrc_does_not_replace_the_credential(client, server, surroundings):
    (surroundings / ".netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    server.routes["/a"] = (200, JSON, [])
    client.get("/a")
    assert server.asked[0].headers["authorization"] == f"Bearer {TOKEN}"


def test_an_unchanged_answer_is_taken_from_before(client, server):
    def answer(asked):
        if asked.headers.get("if-none-match") == '"v1"':
            return 304, {}, b""
        return 200, {**JSON, "ETag": '"v1"'}, {"n": 1}

    server.routes["/a"] = answer
    assert client.get("/a").json() == client.get("/a").json() == {"n": 1}
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<!doctype html><html><head><title>Sign in</title></head></html>", "a page titled 'Sign in'"),
        ("<html><body>hello</body></html>", "an HTML page"),
        ("", "nothing"),
        ("upstream connect error", "'upstream connect error'"),
    ],
)
def test_an_answer_that_is_not_json_is_named(client, server, body, words):
    server.routes["/a"] = (200, {}, body)
    with pytest.raises(OutsideRefused) as refused:
        client.get("/a").json()
    assert words in refused.value.message
    assert "address" in refused.value.hint


def test_a_redirect_to_elsewhere_is_refused_and_no_credential_goes_there(client, server, open_server):
    elsewhere = open_server()
    server.routes["/a"] = (302, {"Location": "https://example.invalid/login?next=secret"}, "")
    with pytest.raises(ServiceRefused, match=r"redirects to elsewhere: https://example\.invalid/login$"):
        client.get("/a", may_leave=True)
    assert elsewhere.asked == []


def test_a_log_s_redirect_is_followed_without_the_credential(client, server, open_server):
    elsewhere = open_server()
    elsewhere.routes["/log.txt"] = (200, {}, "the log")
    server.routes["/a"] = (302, {"Location": f"{elsewhere.url}/log.txt?sig=abc"}, "")
    assert client.get("/a", may_leave=True).body == b"the log"
    assert "authorization" not in elsewhere.asked[0].headers


def test_a_redirect_on_the_same_host_keeps_the_credential(client, server):
    server.routes["/old"] = (301, {"Location": "/new"}, "")
    server.routes["/new"] = (200, JSON, {"id": 1})
    assert client.get("/old").json() == {"id": 1}
    assert server.asked[1].headers["authorization"] == f"Bearer {TOKEN}"


def test_redirects_in_a_circle_end(client, server):
    server.routes["/a"] = (302, {"Location": "/a"}, "")
    with pytest.raises(ServiceRefused, match="in a circle"):
        client.get("/a")


def test_a_change_is_never_redirected(client, server):
    server.routes["/a"] = (307, {"Location": "/b"}, "")
    with pytest.raises(ServiceRefused, match="redirects"):
        client.send("PATCH", "/a", {})
    assert [asked.path for asked in server.asked] == ["/a"]


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (429, {"Retry-After": "7"}),
        (403, {"Retry-After": "7"}),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1767607207"}),
        (429, {"RateLimit": '"minute";r=0;t=7, "hour";r=2900;t=3600'}),
        (503, {"Retry-After": "7"}),
    ],
)
def test_a_limit_is_waited_for_as_long_as_the_service_says(client, server, clock, status, headers):
    server.routes["/a"] = [(status, headers, {"message": "slow down"}), (200, JSON, {"ok": True})]
    assert client.get("/a").json() == {"ok": True}
    assert clock.slept == [7.0]


def test_a_limit_longer_than_a_person_would_wait_is_told(client, server, clock):
    server.routes["/a"] = (429, {"Retry-After": "3600"}, {"message": "limit"})
    with pytest.raises(ServiceRefused, match="429") as refused:
        client.get("/a")
    assert clock.slept == []
    assert "3600" in refused.value.hint


def test_limits_are_not_waited_for_for_ever(client, server, clock):
    server.routes["/a"] = (429, {"Retry-After": "1"}, {})
    with pytest.raises(ServiceRefused):
        client.get("/a")
    assert 570 < sum(clock.slept) <= 600


SECONDARY = {"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}


def test_a_secondary_limit_that_names_no_time_is_waited_for_by_the_minute(client, server, clock):
    server.routes["/a"] = [(403, {"X-RateLimit-Remaining": "4000"}, SECONDARY), (200, JSON, {"ok": True})]
    assert client.get("/a").json() == {"ok": True}
    assert clock.slept == [60.0]


def test_a_time_told_as_a_date_is_waited_for(client, server, clock):
    server.routes["/a"] = [(429, {"Retry-After": "Mon, 05 Jan 2026 10:00:09 GMT"}, {}), (200, JSON, {"ok": True})]
    assert client.get("/a").json() == {"ok": True}
    assert clock.slept == [9.0]


@pytest.mark.parametrize("told", ["\u00b2".encode().decode("latin-1"), "soon", "-5", "1e9", "9" * 40, ""])
def test_a_time_that_is_none_is_no_reason_to_fail(client, server, clock, told):
    server.routes["/a"] = [(429, {"Retry-After": told}, {}), (200, JSON, {"ok": True})]
    assert client.get("/a").json() == {"ok": True}
    assert clock.slept == [0.25]


NESTED = "[" * 200_000
ODD = {
    "500": (500, {}, "oops"),
    "502 with a page": (502, {"Content-Type": "text/html"}, "<html><title>Bad Gateway</title></html>"),
    "408": (408, {}, ""),
    "520": (520, {}, ""),
    "a page that claims to be JSON": (200, JSON, "<!doctype html><title>Sign in</title>"),
    "half a body": (200, JSON, '{"rows": [{"id": 1}, {"i'),
    "half a body that says how long it is": (200, {**JSON, "Content-Length": "5000"}, '{"rows": ['),
    "nothing": (200, JSON, ""),
    "JSON nested without end": (200, JSON, NESTED),
    "an object nested without end": (200, JSON, '{"a":' * 100_000),
    "another form": (200, JSON, {"message": "hello"}),
    "a list": (200, JSON, []),
    "a redirect to what is no address": (302, {"Location": "http://[::1"}, ""),
    "a redirect to a port that is none": (302, {"Location": "http://127.0.0.1:99999/"}, ""),
    "bytes that are not what they claim": (200, {**JSON, "Content-Encoding": "gzip"}, "not gzip"),
    "a length that is none": (200, {**JSON, "Content-Length": "abc"}, "{}"),
    "not UTF-8": (200, JSON, b"\xff\xfe\x00"),
}


@pytest.mark.parametrize("case", ODD)
def test_what_is_no_answer_is_asked_for_again(client, server, clock, case):
    server.routes["/a"] = [ODD[case], ODD[case], (200, JSON, {"rows": [{"id": 7}]})]
    assert client.read("/a", lambda answer: answer.rows("rows")) == [{"id": 7}]
    assert clock.slept == [0.25, 0.5]


@pytest.mark.parametrize("case", ODD)
def test_what_stays_no_answer_is_told_after_two_minutes(client, server, clock, case):
    server.routes["/a"] = ODD[case]
    with pytest.raises(ServiceRefused) as refused:
        client.read("/a", lambda answer: answer.rows("rows"))
    assert 90 < sum(clock.slept) <= 120
    assert refused.value.message.startswith("GitHub ")
    assert refused.value.hint


@pytest.mark.parametrize("status", [400, 401, 404, 409, 410, 422])
def test_a_no_is_not_asked_again(client, server, clock, status):
    server.routes["/a"] = (status, {}, {})
    with pytest.raises(ServiceRefused):
        client.get("/a")
    assert clock.slept == []


def test_half_an_answer_with_a_mark_is_not_kept_as_unchanged(client, server):
    tagged = {**JSON, "ETag": '"v1"'}

    def answer(asked):
        if asked.headers.get("if-none-match") == '"v1"':
            return 304, {}, b""
        return 200, tagged, '{"n": ' if len(server.asked) == 1 else {"n": 1}

    server.routes["/a"] = answer
    assert client.read("/a", Answer.mapping) == {"n": 1}


def test_a_compressed_answer_is_read_whole(client, server):
    import gzip

    body = gzip.compress(b'{"rows": [' + b",".join(b'{"id": %d}' % n for n in range(20_000)) + b"]}")
    server.routes["/a"] = (200, {**JSON, "Content-Encoding": "gzip"}, body)
    assert len(client.read("/a", lambda answer: answer.rows("rows"))) == 20_000


def test_a_forbidden_answer_is_not_taken_for_a_limit(client, server, clock):
    server.routes["/a"] = (403, {"X-RateLimit-Remaining": "4000"}, {"message": "Resource not accessible"})
    with pytest.raises(ServiceRefused) as refused:
        client.get("/a")
    assert clock.slept == []
    assert refused.value.hint == "set GITHUB_TOKEN"


def test_a_change_is_not_sent_again_after_a_server_error(client, server):
    server.routes["/a"] = (502, {}, "bad gateway")
    with pytest.raises(ServiceRefused, match="502"):
        client.send("PATCH", "/a", {"image": "x"})
    assert len(server.asked) == 1


def test_problem_json_is_told_with_its_details(client, server):
    body = {
        "title": "Unprocessable Entity",
        "status": 422,
        "detail": "request body failed validation",
        "errors": ["$: additional properties 'imageName' not allowed"],
    }
    server.routes["/a"] = (422, {"Content-Type": "application/problem+json"}, body)
    with pytest.raises(ServiceRefused) as refused:
        client.send("PATCH", "/a", {})
    assert refused.value.status == 422
    assert "failed validation; $: additional properties 'imageName' not allowed" in refused.value.message


def test_an_error_that_repeats_the_credential_does_not_show_it(client, server):
    server.routes["/a"] = (401, {}, {"message": f"bad token {TOKEN}"})
    with pytest.raises(ServiceRefused) as refused:
        client.get("/a")
    assert TOKEN not in str(refused.value)
    assert TOKEN not in repr(refused.value.__dict__)


def test_control_characters_from_a_service_do_not_reach_the_terminal(client, server):
    server.routes["/a"] = (400, {}, {"message": "\x1b[2Jcleared\x07"})
    with pytest.raises(ServiceRefused) as refused:
        client.get("/a")
    assert "\x1b" not in refused.value.message
    assert "cleared" in refused.value.message


def test_a_server_that_is_not_there_is_named_without_the_query(clock):
    client = HttpClient("RunPod", "http://127.0.0.1:9", clock, token=Secret(TOKEN))
    with pytest.raises(
        ServiceRefused, match=r"RunPod can't be reached at http://127\.0\.0\.1:9/a: connection refused$"
    ):
        client.get("/a", params={"signature": "geheim"})


def test_a_connection_that_breaks_is_tried_again(client, server, clock):
    tries = []

    def answer(asked):
        tries.append(asked)
        if len(tries) < 3:
            return 200, {"Content-Length": "5000"}, "short"
        return 200, JSON, {"ok": True}

    server.routes["/a"] = answer
    server.routes["/b"] = (200, JSON, {})
    client.get("/b")
    assert client.get("/a").status == 200
    assert clock.slept == [0.25, 0.5]
