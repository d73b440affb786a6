"""Where the worker goes and where it doesn't, and what it makes of whatever is served there."""

from __future__ import annotations

import socket
import tempfile
from pathlib import Path

import pytest
import worker_harness  # noqa: F401 (puts the image's modules on the path)
from hypothesis import given, settings
from hypothesis import strategies as st
from worker import transfer
from worker.contract import JobError
from worker_servers import Server, name_leads_to

OK = b"HTTP/1.1 200 OK\r\n"
BODY = OK + b"Content-Length: 5\r\n\r\nvideo"


def _refused(url, code="forbidden_url"):
    with pytest.raises(JobError) as error:
        transfer.check_url(url)
    assert error.value.code == code
    return error.value.message


@pytest.mark.parametrize(
    "url",
    [
        "ftp://93.184.216.34/v.mp4",
        "file:///etc/passwd",
        "http://93.184.216.34/v.mp4",
        "https://93.184.216.34:8443/v.mp4",
        "https://93.184.216.34:80/v.mp4",
        "https://93.184.216.34:22/v.mp4",
        "https://user:secret@93.184.216.34/v.mp4",
        "https:///v.mp4",
        "https://[::1/v.mp4",
        "https://93.184.216.34/v.mp4\r\nX-Other: 1",
        "https://10.0.0.1/v.mp4",
        "https://169.254.169.254/latest/meta-data/",
        "https://[fe80::1]/v.mp4",
        "https://[::ffff:10.0.0.1]/v.mp4",
        "https://[64:ff9b::a9fe:a9fe]/latest/meta-data/",
        "https://[64:ff9b:1::a9fe:a9fe]/",
        "https://[::a9fe:a9fe]/",
        "https://[5f00::1]/",
        "https://192.0.0.8/",
        "https://2130706433/v.mp4",
        "https://127.0.0.1/v.mp4",
        "https://localhost/v.mp4",
        "https://localhost./v.mp4",
        "http://127.0.0.1/v.mp4",
    ],
)
def test_an_address_that_is_not_public_https_is_refused(url):
    assert "secret" not in _refused(url)


def test_a_refused_scheme_or_port_is_refused_before_the_name_is_looked_up(monkeypatch):
    asked = name_leads_to(monkeypatch)
    assert "https" in _refused("http://internal.example/v.mp4")
    assert "only port 443" in _refused("https://internal.example:8443/v.mp4")
    assert not asked


def test_a_public_address_leads_to_the_address_that_was_checked():
    place = transfer.check_url("https://93.184.216.34/a/v.mp4?X-Signature=1")
    assert (place.scheme, place.port, place.path) == ("https", 443, "/a/v.mp4?X-Signature=1")
    assert place.addresses == ("93.184.216.34",)


def test_loopback_is_opened_for_tests_and_nothing_else_is(loopback):
    assert transfer.check_url("http://127.0.0.1:81/v.mp4").port == 81
    for url in (
        "http://10.0.0.1/v.mp4",
        "https://169.254.169.254/",
        "http://93.184.216.34/v.mp4",
        "https://93.184.216.34:81/v.mp4",
    ):
        _refused(url)


@pytest.mark.parametrize("other", ["10.0.0.1", "127.0.0.1", "169.254.169.254"])
def test_a_name_with_one_private_address_is_refused(monkeypatch, other):
    name_leads_to(monkeypatch, ["93.184.216.34", other])
    assert _refused("https://rebinding.example/v.mp4") == "rebinding.example: not a public address"


def test_a_name_that_does_not_resolve_is_unreachable(monkeypatch):
    def resolve(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    _refused("https://nowhere.example/v.mp4", "unreachable")


def test_a_name_that_changes_its_address_after_the_check_leads_nowhere_else(loopback, monkeypatch, tmp_path):
    with Server(BODY) as server:
        asked = name_leads_to(monkeypatch, ["127.0.0.1"], ["93.184.216.34"])
        transfer.download(f"http://rebinding.example:{server.port}/v", tmp_path / "v")
    assert (tmp_path / "v").read_bytes() == b"video"
    assert asked == ["rebinding.example"]
    assert f"Host: rebinding.example:{server.port}" in server.heads[0]


def test_an_address_that_does_not_answer_is_passed_over_for_the_next_one(loopback, monkeypatch, tmp_path):
    with Server(BODY) as server:
        name_leads_to(monkeypatch, ["127.0.0.2", "127.0.0.1"])
        transfer.download(f"http://two.example:{server.port}/v", tmp_path / "v")
    assert (tmp_path / "v").read_bytes() == b"video"


def _download(server, tmp_path, path="/v?signature=s3cret"):
    """Download what the server answers; return the bytes, or the error's code and message."""
    try:
        transfer.download(f"http://127.0.0.1:{server.port}{path}", tmp_path / "v")
    except JobError as error:
        assert "s3cret" not in error.message
        assert error.message.isprintable()
        return error.code, error.message
    return (tmp_path / "v").read_bytes()


@pytest.mark.parametrize(
    "answer",
    [
        BODY,
        BODY + b" and more than was said",
        OK + b"\r\nvideo",
        OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nvi\r\n3;x=y\r\ndeo\r\n0\r\nTrailer: 1\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" + BODY,
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" + BODY,
        b"HTTP/1.0 200 OK\r\n\r\nvideo",
        OK + b"Content-Encoding: identity\r\n\r\nvideo",
        OK + b"X-Title: caf\xe9\r\n\r\nvideo",
    ],
)
def test_a_video_is_what_the_answer_holds(loopback, tmp_path, answer):
    with Server(answer) as server:
        assert _download(server, tmp_path) == b"video"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (OK + b"Content-Length: 9\r\n\r\nvideo", "ended before the whole was sent"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n9\r\nvideo", "ended before the whole was sent"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nvideo\r\n", "ended before the whole was sent"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\nvideo\r\n", ""),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 70000, ""),
        (OK + b"Content-Encoding: gzip\r\n\r\n\x1f\x8b", "compressed once more ('gzip')"),
        (OK + b"Content-Encoding: br\r\nContent-Length: 5\r\n\r\nvideo", "compressed once more ('br')"),
        (OK + b"Content-Encoding: \x1b[2J\xe9\r\n\r\nvideo", "compressed once more ('\\x1b[2j\\xe9')"),
        (b"", "hung up without an answer"),
        (b"video", "no HTTP"),
        (b"HTTP/2 200 OK\r\n\r\nvideo", "no HTTP"),
        (b"HTTP/1.1 xyz\r\n\r\nvideo", "no HTTP"),
        (b"HTTP/1.1 200 " + b"O" * 70000 + b"\r\n\r\nvideo", "no HTTP"),
        (OK + b"X: " + b"y" * 70000 + b"\r\n\r\nvideo", "no HTTP"),
        (OK + b"X: y\r\n" * 1000 + b"\r\nvideo", "no HTTP"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "answered 101"),
        *(
            (f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode(), f"answered {status}")
            for status in (204, 206)
        ),
        *(
            (f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode(), f"answered {status}")
            for status in (300, 304)
        ),
        *(
            (f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode(), f"answered {status}")
            for status in (403, 503)
        ),
    ],
)
def test_an_answer_that_is_no_video_is_unreachable_and_says_why(loopback, tmp_path, answer, said):
    with Server(answer) as server:
        code, message = _download(server, tmp_path)
    assert code == "unreachable"
    assert said in message


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"Content-Length: 999999\r\n\r\n",
        OK + b"\r\n" + bytes(2000),
        OK + b"Transfer-Encoding: chunked\r\n\r\nffffffff\r\n" + bytes(2000),
        OK + b"Content-Length: -1\r\n\r\n" + bytes(2000),
    ],
)
def test_a_body_over_the_limit_is_too_large_whatever_it_says(loopback, tmp_path, monkeypatch, answer):
    monkeypatch.setattr(transfer, "URL_INPUT_BYTES", 1000)
    with Server(answer) as server:
        assert _download(server, tmp_path)[0] == "too_large"


LOCATIONS = [
    *(
        "",
        " ",
        "https://[",
        "https://[::1",
        "//",
        "///",
        "http://",
        "https:",
        "https://:80",
        "https://example.com:port/",
    ),
    *(
        "https://exa mple.com/",
        "/a b",
        "https://example.com/\tb",
        "https://bücher.example/",
        "https://\xff\xfe/",
        "\x00",
        "\x7f",
    ),
    *(
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "javascript:alert(1)",
        "data:,video",
        "http://169.254.169.254/latest",
    ),
    *(
        "https://10.0.0.1/",
        "https://[::ffff:169.254.169.254]/",
        "https://[64:ff9b::a9fe:a9fe]/",
        "https://user:pw@10.0.0.1/",
    ),
    *(
        "https://93.184.216.34:8443/",
        "http://93.184.216.34/",
        "https://2130706433/",
        "https://%31%30.0.0.1/",
        "http://127.0.0.1:0/",
    ),
    *("https://example.com/\r\nSet-Cookie: a=b", "?" * 60000, "https://" + "a" * 60000),
]


@pytest.mark.parametrize("location", LOCATIONS, ids=range(len(LOCATIONS)))
def test_a_location_that_leads_nowhere_is_an_answer(loopback, tmp_path, location):
    head = (
        b"HTTP/1.1 302 Found\r\nLocation: " + location.encode("utf-8" if "ü" in location else "latin-1") + b"\r\n\r\n"
    )
    with Server(head) as server:
        code, message = _download(server, tmp_path)
    assert code in {"forbidden_url", "unreachable"}
    assert len(message) < 300


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_without_a_location_says_so(loopback, tmp_path, status):
    with Server(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode()) as server:
        assert _download(server, tmp_path) == (
            "unreachable",
            f"127.0.0.1 answered {status} without an address to go to",
        )


def test_two_locations_are_none(loopback, tmp_path):
    with Server(b"HTTP/1.1 302 Found\r\nLocation: /a\r\nLocation: /b\r\n\r\n") as server:
        assert _download(server, tmp_path)[0] == "forbidden_url"


@pytest.mark.parametrize(
    "location", ["/видео.mp4", "other", "?x=1", "//127.0.0.1:{port}/b", "http://127.0.0.1:{port}#x"]
)
def test_a_redirect_is_followed_as_browsers_do(loopback, tmp_path, location):
    with Server(BODY) as server:
        head = f"HTTP/1.1 302 Found\r\nLocation: {location.format(port=server.port)}\r\nContent-Length: 0\r\n\r\n"
        server.behaviours.insert(0, head.encode())
        assert _download(server, tmp_path, "/a/b") == b"video"
    assert "s3cret" not in server.heads[1]


def test_what_refuses_a_redirect_names_where_it_came_from(loopback, tmp_path):
    with Server(b"HTTP/1.1 302 Found\r\nLocation: https://10.0.0.1/?key=pw\r\n\r\n") as server:
        code, message = _download(server, tmp_path)
    assert (code, message) == ("forbidden_url", "127.0.0.1 redirects: 10.0.0.1: not a public address")


def test_redirects_end(loopback, tmp_path):
    with Server(b"HTTP/1.1 302 Found\r\nLocation: /again\r\n\r\n") as server:
        assert _download(server, tmp_path) == ("unreachable", "more than 5 redirects")
    assert len(server.heads) == 6


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=200),
    st.sampled_from([b"", OK, OK + b"Transfer-Encoding: chunked\r\n\r\n", b"HTTP/1.1 302 X\r\nLocation: "]),
)
def test_any_bytes_are_a_video_or_an_answer(rest, start):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONDUCTOR_WORKER_ALLOW_LOOPBACK", "1")
        patch.setattr(transfer, "DOWNLOAD_S", 5)
        with Server(start + rest) as server, tempfile.TemporaryDirectory() as folder:
            result = _download(server, Path(folder))
    assert isinstance(result, bytes) or result[0] in {"unreachable", "forbidden_url"}


@pytest.mark.parametrize(
    ("start", "byte"),
    [
        (b"HTTP/1.1 200 ", b"O"),
        (OK, b"X: y\r\n"),
        (OK + b"X: ", b"y"),
        (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (OK + b"\r\n", b"v"),
        (OK + b"Content-Length: 100000\r\n\r\n", b"v"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nv\r\n"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n1", b";"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n"),
    ],
)
def test_a_sender_of_a_byte_now_and_then_can_not_outwait_the_deadline(loopback, tmp_path, monkeypatch, start, byte):
    monkeypatch.setattr(transfer, "DOWNLOAD_S", 0.3)
    with Server(b"") as server:
        server.behaviours[0] = server.drip(start, byte)
        code, message = _download(server, tmp_path)
    assert code == "unreachable"
    assert "took longer than 0.3 s" in message or "no HTTP" in message  # 100 headers are enough for it before


def test_a_server_that_says_nothing_is_given_up(loopback, tmp_path, monkeypatch):
    monkeypatch.setattr(transfer, "DOWNLOAD_S", 0.2)
    with Server(b"") as server:
        server.behaviours[0] = lambda *_: server.stopped.wait()
        assert _download(server, tmp_path) == ("unreachable", "127.0.0.1: took longer than 0.2 s")


def test_a_full_disk_is_not_the_senders_fault(loopback, tmp_path):
    (tmp_path / "v").symlink_to("/dev/full")
    with Server(OK + b"\r\n" + bytes(1 << 20)) as server:
        assert _download(server, tmp_path) == ("internal", "the video can't be stored: No space left on device")
