"""A result on its way out: taken, refused, tried again, and never longer than its deadline."""

from __future__ import annotations

import pytest
from worker import transfer
from worker.contract import JobError
from worker_servers import Server


def _upload(server, path, deadline_s=20):
    try:
        transfer.upload(f"http://127.0.0.1:{server.port}/put?signature=s3cret", path, deadline_s)
    except JobError as error:
        assert "s3cret" not in error.message
        return error.code, error.message
    return None


@pytest.fixture
def result(tmp_path):
    path = tmp_path / "result.mp4"
    path.write_bytes(bytes(32 << 20))  # more than the buffers of a connection hold
    return path


def _read_then(answer, expected):
    """Return a behaviour that reads a body of the expected size and answers then."""

    def behave(connection, body):
        left = expected - len(body)
        while left:
            left -= len(connection.recv(min(left, 1 << 20)))
        connection.sendall(answer)

    return behave


@pytest.mark.parametrize("status", [b"200 OK", b"201 Created", b"204 No Content"])
def test_a_result_is_put_whole(loopback, result, status):
    with Server(_read_then(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n", 32 << 20)) as server:
        assert _upload(server, result) is None
    assert f"Content-Length: {32 << 20}" in server.heads[0]
    assert "Content-Type: video/mp4" in server.heads[0]


def _refuse_early(answer):
    def behave(connection, _body):
        connection.recv(1 << 16)
        connection.sendall(answer)

    return behave


@pytest.mark.parametrize("polite", [True, False])
def test_an_upload_that_is_refused_midway_says_what_was_answered(loopback, result, polite):
    answer = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with Server(answer if polite else _refuse_early(answer)) as server:
        code, message = _upload(server, result)
    assert code == "upload_failed"
    assert message in {
        "127.0.0.1 answered 403 to the PUT",
        "127.0.0.1: Connection reset by peer",
        "127.0.0.1: Broken pipe",
    }
    assert not polite or "403" in message


def test_a_yes_before_the_whole_was_sent_is_a_no(loopback, result, monkeypatch):
    monkeypatch.setattr(transfer, "BACKOFF_S", 0)
    with Server(_refuse_early(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")) as server:
        assert _upload(server, result)[0] == "upload_failed"


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n\r\n", b"no HTTP"])
def test_an_upload_is_tried_again_where_the_fault_may_pass(loopback, tmp_path, monkeypatch, first):
    monkeypatch.setattr(transfer, "BACKOFF_S", 0)
    (tmp_path / "small").write_bytes(b"video")
    good = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    with Server(first, first, _read_then(good, 5)) as server:
        assert _upload(server, tmp_path / "small") is None
    assert len(server.heads) == 3


def test_an_upload_that_never_works_ends_after_three_tries(loopback, tmp_path, monkeypatch):
    monkeypatch.setattr(transfer, "BACKOFF_S", 0)
    (tmp_path / "small").write_bytes(b"video")
    with Server(b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n") as server:
        assert _upload(server, tmp_path / "small") == ("upload_failed", "127.0.0.1 answered 500 to the PUT")
    assert len(server.heads) == 3


def test_an_upload_follows_no_redirect(loopback, tmp_path):
    (tmp_path / "small").write_bytes(b"video")
    with Server(b"HTTP/1.1 307 X\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n") as server:
        code, message = _upload(server, tmp_path / "small")
    assert (code, len(server.heads)) == ("upload_failed", 1)
    assert "follows no redirect" in message


def test_nothing_that_an_upload_waits_for_outlasts_its_deadline(loopback, result):
    with Server(b"") as server:
        waits = lambda *_: server.stopped.wait()  # noqa: E731
        for behaviour in (waits, server.drip(b"HTTP/1.1 200 ", b"O")):
            server.behaviours[0] = behaviour
            code, message = _upload(server, result, 0.3)
            assert code == "upload_failed"
            assert message in {"127.0.0.1: took longer than 0.3 s", "127.0.0.1: Connection reset by peer"}
            server.stopped.set()
            server.stopped.clear()
