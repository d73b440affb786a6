"""Fetch a video from an https address and put the result to one, without being led elsewhere.

Each name is resolved once, every address of it must be a public one, and the connection goes to the address that was
checked: a name that resolves differently the second time leads nowhere. Redirects are followed for downloads only, each
checked like the first. `CONDUCTOR_WORKER_ALLOW_LOOPBACK=1` also opens http addresses of this machine, for tests. An
address may carry a signature, so errors name its host only.
"""

from __future__ import annotations

import http.client
import ipaddress
import os
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

from worker.contract import URL_INPUT_BYTES, JobError

TIMEOUT_S = 30  # to connect, and for each read
DEADLINE_S = 600  # for a whole transfer
MAX_REDIRECTS = 5
CHUNK = 1 << 18
REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Place:
    """Where an allowed address leads: the parts of a request, and the IP address to connect to."""

    scheme: str
    host: str
    port: int
    path: str
    address: str


def check_url(url: str) -> Place:
    """Return where the address leads; raises JobError where this worker may not go there or the name is unknown."""
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise JobError("forbidden_url", "the address is malformed") from None
    if not url.isascii() or any(character <= " " for character in url.strip()):
        raise JobError("forbidden_url", "the address must be plain ASCII, percent-encoded")
    if not host or parts.username is not None or parts.scheme not in {"https", "http"}:
        raise JobError("forbidden_url", "give an https address with a host and without a user name")
    addresses = _resolve(host, port or (443 if parts.scheme == "https" else 80))
    loopback = os.environ.get("CONDUCTOR_WORKER_ALLOW_LOOPBACK") == "1" and all(ip.is_loopback for ip in addresses)
    if parts.scheme == "http" and not loopback:
        raise JobError("forbidden_url", f"{host}: the address must be https")
    if not loopback and not all(_is_public(ip) for ip in addresses):
        raise JobError("forbidden_url", f"{host}: not a public address")
    return Place(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), _path(parts), str(addresses[0]))


def download(url: str, path: Path) -> None:
    """Write what the address serves to a file; raises JobError."""
    deadline = time.monotonic() + DEADLINE_S
    for _ in range(MAX_REDIRECTS + 1):
        place = check_url(url)
        connection = _connect(place)
        try:
            connection.request("GET", place.path, headers={"Accept": "*/*", "Accept-Encoding": "identity"})
            response = connection.getresponse()
            location = response.getheader("Location")
            if response.status in REDIRECTS and location:
                url = urljoin(url, location)
                continue
            if response.status != http.client.OK:
                raise JobError("unreachable", f"{place.host} answered {response.status}")
            _save(response, path, place.host, deadline)
        except (OSError, http.client.HTTPException) as error:
            raise JobError("unreachable", f"{place.host}: {_reason(error)}") from error
        else:
            return
        finally:
            connection.close()
    raise JobError("unreachable", f"more than {MAX_REDIRECTS} redirects")


def upload(url: str, path: Path) -> None:
    """PUT a file to the address; raises JobError unless the answer is 2xx."""
    place = check_url(url)
    connection = _connect(place)
    headers = {"Content-Length": str(path.stat().st_size), "Content-Type": "video/mp4"}
    try:
        with path.open("rb") as content:
            connection.request("PUT", place.path, body=content, headers=headers)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise JobError("upload_failed", f"{place.host}: {_reason(error)}") from error
    finally:
        connection.close()
    if status // 100 != 2:
        raise JobError("upload_failed", f"{place.host} answered {status} to the PUT")


def _resolve(host: str, port: int) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return [ipaddress.ip_address(str(entry[4][0]).split("%", 1)[0]) for entry in found]
    except (OSError, UnicodeError, ValueError) as error:
        raise JobError("unreachable", f"{host}: the name does not resolve ({_reason(error)})") from error


def _is_public(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    mapped = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
    return ip.is_global and not ip.is_multicast and (mapped is None or mapped.is_global)


def _path(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _connect(place: Place) -> http.client.HTTPConnection:
    connection: http.client.HTTPConnection
    if place.scheme == "https":
        import ssl

        import certifi

        context = ssl.create_default_context(cafile=certifi.where())
        connection = http.client.HTTPSConnection(place.host, place.port, timeout=TIMEOUT_S, context=context)
    else:
        connection = http.client.HTTPConnection(place.host, place.port, timeout=TIMEOUT_S)

    def connect_to_checked(_: Any, timeout: float = TIMEOUT_S, source_address: Any = None) -> socket.socket:
        return socket.create_connection((place.address, place.port), timeout, source_address)

    connection._create_connection = connect_to_checked  # type: ignore[attr-defined]  # noqa: SLF001 (its only seam for this)
    return connection


def _save(response: http.client.HTTPResponse, path: Path, host: str, deadline: float) -> None:
    too_large = JobError("too_large", f"{host} serves over {URL_INPUT_BYTES} bytes")
    if (response.length or 0) > URL_INPUT_BYTES:
        raise too_large
    received = 0
    with path.open("wb") as file:
        while chunk := response.read1(CHUNK):  # what is there: a slow sender must not outwait the deadline
            received += len(chunk)
            if received > URL_INPUT_BYTES:
                raise too_large
            if time.monotonic() > deadline:
                raise JobError("unreachable", f"{host} took longer than {DEADLINE_S} s")
            file.write(chunk)
    if response.length:
        raise JobError("unreachable", f"{host} ended before the whole video was sent")


def _reason(error: BaseException) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).strip()
