from __future__ import annotations

import asyncio
import os
import socket

import pytest

from conductor.rehearsal.boot import is_loopback
from conductor.rehearsal.guard import environment, loopback_only


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", "::ffff:127.0.0.1", b"127.0.0.1", None])
def test_loopback_and_no_host_at_all_stay_here(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["192.0.2.1", "api.github.com", "::2", "10.0.0.1", "localhost.example", b"example"])
def test_everything_else_leaves(host):
    assert not is_loopback(host)


def test_a_connection_that_would_leave_is_refused_inside_the_guard():
    # The tests' own fence wraps socket.socket.connect; the C method below it is what every library ends at.
    with loopback_only(), socket.socket() as client, pytest.raises(PermissionError, match="loopback only"):
        super(socket.socket, client).connect(("192.0.2.1", 80))


def test_a_datagram_and_a_name_look_up_are_refused_too():
    with loopback_only(), socket.socket(type=socket.SOCK_DGRAM) as client:
        with pytest.raises(PermissionError):
            client.sendto(b"x", ("192.0.2.1", 53))
        with pytest.raises(PermissionError):
            socket.getaddrinfo("example.invalid", 80)


def test_an_asynchronous_look_up_is_refused_too():
    async def reach():
        await asyncio.open_connection("example.invalid", 80)

    with loopback_only(), pytest.raises(PermissionError):
        asyncio.run(reach())


def test_loopback_is_let_through_and_after_the_guard_all_is_as_before():
    with loopback_only(), socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
    assert socket.getaddrinfo("127.0.0.1", 80)
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.settimeout(0.1)
        try:
            client.sendto(b"x", ("192.0.2.1", 9))
        except PermissionError as error:
            raise AssertionError("the guard outlived its block") from error
        except OSError:
            pass


def test_variables_are_set_and_removed_and_come_back(monkeypatch):
    monkeypatch.setenv("STAYS", "before")
    monkeypatch.setenv("GOES", "before")
    monkeypatch.delenv("COMES", raising=False)
    with environment({"STAYS": "after", "GOES": None, "COMES": "after"}):
        assert (os.environ["STAYS"], os.environ["COMES"]) == ("after", "after")
        assert "GOES" not in os.environ
    assert (os.environ["STAYS"], os.environ["GOES"]) == ("before", "before")
    assert "COMES" not in os.environ
