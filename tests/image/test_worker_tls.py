"""Transfers over TLS: the certificate is that of the name, the connection that of the address that was checked."""

from __future__ import annotations

import certifi
import pytest
from worker import transfer
from worker.contract import JobError
from worker_servers import NAME, Server, make_certificate, make_context, name_leads_to

OK = b"HTTP/1.1 200 OK\r\n"
BODY = OK + b"Content-Length: 5\r\n\r\nvideo"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("tls"))


def _https(monkeypatch, server, tmp_path, trusted, name=NAME):
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    name_leads_to(monkeypatch, ["127.0.0.1"])
    try:
        transfer.download(f"https://{name}:{server.port}/v", tmp_path / "v")
    except JobError as error:
        return error.code, error.message
    return (tmp_path / "v").read_bytes()


def test_over_tls_the_certificate_and_the_servers_name_are_those_of_the_host(
    loopback, monkeypatch, tmp_path, certificate
):
    with Server(BODY, context=make_context(*certificate)) as server:
        assert _https(monkeypatch, server, tmp_path, certificate[0], f"{NAME.upper()}.") == b"video"
    assert server.names == [NAME]


def test_a_certificate_of_another_name_is_refused(loopback, monkeypatch, tmp_path, certificate):
    with Server(BODY, context=make_context(*certificate)) as server:
        code, message = _https(monkeypatch, server, tmp_path, certificate[0], "other.example")
    assert (code, server.heads) == ("unreachable", [])
    assert "certificate is not valid" in message


def test_a_certificate_that_nobody_signed_is_refused(loopback, monkeypatch, tmp_path, certificate):
    with Server(BODY, context=make_context(*certificate)) as server:
        assert "certificate is not valid" in _https(monkeypatch, server, tmp_path, certifi.where())[1]
    assert not server.heads


def test_a_certificate_of_the_past_is_refused(loopback, monkeypatch, tmp_path):
    old = make_certificate(tmp_path, days=-1)
    with Server(BODY, context=make_context(*old)) as server:
        assert "certificate is not valid" in _https(monkeypatch, server, tmp_path, old[0])[1]


def test_a_video_cut_short_under_tls_is_no_video(loopback, monkeypatch, tmp_path, certificate):
    cut = OK + b"Content-Length: 9\r\n\r\nvideo"
    with Server(lambda connection, _: connection.sendall(cut), context=make_context(*certificate)) as server:
        assert _https(monkeypatch, server, tmp_path, certificate[0])[0] == "unreachable"


@pytest.mark.parametrize("silent", [True, False])
def test_a_server_that_drags_tls_out_is_given_up(loopback, monkeypatch, tmp_path, certificate, silent):
    monkeypatch.setattr(transfer, "DOWNLOAD_S", 0.5)
    with Server(b"", context=None if silent else make_context(*certificate)) as server:
        server.behaviours[0] = server.drip(OK + b"\r\n", b"v")
        code, message = _https(monkeypatch, server, tmp_path, certificate[0])
    assert (code, message) == ("unreachable", f"{NAME}: took longer than 0.5 s")


def test_an_upload_over_tls_outlasts_no_deadline(loopback, monkeypatch, tmp_path, certificate):
    result = tmp_path / "result.mp4"
    result.write_bytes(bytes(32 << 20))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    name_leads_to(monkeypatch, ["127.0.0.1"], ["127.0.0.1"], ["127.0.0.1"])
    with Server(b"", context=make_context(*certificate)) as server:
        server.behaviours[0] = lambda *_: server.stopped.wait()
        with pytest.raises(JobError, match=r"took longer than 0\.5 s") as error:
            transfer.upload(f"https://{NAME}:{server.port}/put", result, 0.5)
    assert error.value.code == "upload_failed"
