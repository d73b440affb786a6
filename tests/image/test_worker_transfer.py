"""Where the worker goes and where it doesn't."""

from __future__ import annotations

import socket

import pytest
import worker_harness  # noqa: F401 (puts the image's modules on the path)
from worker import transfer
from worker.contract import JobError


@pytest.mark.parametrize(
    "url",
    [
        "ftp://93.184.216.34/v.mp4",
        "file:///etc/passwd",
        "http://93.184.216.34/v.mp4",
        "https://user:secret@93.184.216.34/v.mp4",
        "https:///v.mp4",
        "https://93.184.216.34:99999/v.mp4",
        "https://[::1/v.mp4",
        "https://93.184.216.34/v 1.mp4",
        "https://93.184.216.34/v.mp4\r\nX-Other: 1",
        "https://10.0.0.1/v.mp4",
        "https://172.16.0.1/v.mp4",
        "https://192.168.1.1/v.mp4",
        "https://169.254.169.254/latest/meta-data/",
        "https://100.64.0.1/v.mp4",
        "https://0.0.0.0/v.mp4",
        "https://224.0.0.1/v.mp4",
        "https://[fe80::1]/v.mp4",
        "https://[fd00::1]/v.mp4",
        "https://[::ffff:10.0.0.1]/v.mp4",
        "https://2130706433/v.mp4",
        "https://127.0.0.1/v.mp4",
        "https://localhost/v.mp4",
        "http://127.0.0.1/v.mp4",
    ],
)
def test_an_address_that_is_not_public_https_is_refused(url):
    with pytest.raises(JobError) as error:
        transfer.check_url(url)
    assert error.value.code == "forbidden_url"
    assert "secret" not in error.value.message


def test_a_public_address_leads_to_the_address_that_was_checked():
    place = transfer.check_url("https://93.184.216.34/a/v.mp4?X-Signature=1")
    assert (place.scheme, place.port, place.path, place.address) == (
        "https",
        443,
        "/a/v.mp4?X-Signature=1",
        "93.184.216.34",
    )


def test_loopback_is_opened_for_tests_and_nothing_else_is(monkeypatch):
    monkeypatch.setenv("CONDUCTOR_WORKER_ALLOW_LOOPBACK", "1")
    assert transfer.check_url("http://127.0.0.1:81/v.mp4").port == 81
    for url in ("http://10.0.0.1/v.mp4", "https://169.254.169.254/", "http://93.184.216.34/v.mp4"):
        with pytest.raises(JobError):
            transfer.check_url(url)


def test_a_name_with_one_private_address_is_refused(monkeypatch):
    def resolve(host, port, **_):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ("93.184.216.34", "10.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(JobError, match="not a public address"):
        transfer.check_url("https://rebinding.example/v.mp4")


def test_a_name_that_does_not_resolve_is_unreachable(monkeypatch):
    def resolve(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(JobError) as error:
        transfer.check_url("https://nowhere.example/v.mp4")
    assert error.value.code == "unreachable"
