"""Fetch a video from an https address and put the result to one, without being led elsewhere.

What may be opened stands in `addresses.py`. Each name is resolved once, every address of it must be a global one, and
the connection goes to one that was checked: a name that resolves differently the second time leads nowhere. Redirects
are followed for downloads only, each checked like the first. Every transfer has one deadline, which a sender of a byte
now and then can't outwait. `CONDUCTOR_WORKER_ALLOW_LOOPBACK=1` also opens http and any port of this machine, for tests;
SSL_CERT_FILE names other certificates than certifi's. An address may carry a signature, so errors name its host only.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from worker.addresses import HTTPS_PORT, is_global, join_url, parse_url
from worker.contract import URL_INPUT_BYTES, JobError

TIMEOUT_S = 30  # to connect to one address, and for each read and write
DOWNLOAD_S = 600  # for a whole video
MAX_REDIRECTS = 5
UPLOAD_TRIES = 3
BACKOFF_S = 0.5  # before the second try of an upload; doubles
CHUNK = 1 << 18
REDIRECTS = frozenset({301, 302, 303, 307, 308})
RETRIED = frozenset({408, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Place:
    """Where an allowed address leads: the parts of a request, and the IP addresses to connect to, best first."""

    scheme: str
    host: str
    port: int
    path: str
    addresses: tuple[str, ...]


class Deadline:
    """A span of time that began when this was made."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left, at least 0."""
        return max(0.0, self._end - time.monotonic())


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's answer to a GET, its body not read yet."""

    host: str
    response: http.client.HTTPResponse
    deadline: Deadline

    def iterate_chunks(self) -> Iterator[bytes]:
        """Yield the body as it comes; raises JobError `unreachable` where it ends early or takes too long."""
        with _explained("unreachable", self.host, self.deadline):
            while chunk := self.response.read1(CHUNK):  # what is there: a slow sender must not outwait the deadline
                yield chunk
            if not self.deadline.left():  # the connection was shut down, which looks like an end
                raise TimeoutError
            if self.response.length:
                raise http.client.IncompleteRead(b"")


def check_url(url: str) -> Place:
    """Return where the address leads; raises JobError where this worker may not go there or the name is unknown."""
    parsed = parse_url(url)
    loopback = os.environ.get("CONDUCTOR_WORKER_ALLOW_LOOPBACK") == "1"
    if not loopback:
        _refuse_other_services(parsed.scheme, parsed.host, parsed.port)
    addresses = _resolve(parsed.host, parsed.port)
    if not (loopback and all(ip.is_loopback for ip in addresses)):
        _refuse_other_services(parsed.scheme, parsed.host, parsed.port)
        if not all(is_global(ip) for ip in addresses):
            raise JobError("forbidden_url", f"{parsed.host}: not a public address")
    return Place(parsed.scheme, parsed.host, parsed.port, parsed.path, tuple(map(str, addresses)))


def check_output_url(url: str) -> Place:
    """Do the same for where a result goes: what can't be found there is an upload that fails."""
    try:
        return check_url(url)
    except JobError as error:
        raise JobError("upload_failed" if error.code == "unreachable" else error.code, error.message) from error


@contextlib.contextmanager
def fetch(url: str, deadline: Deadline, headers: dict[str, str] | None = None) -> Iterator[Answer]:
    """Ask an address with GET and follow its redirects; raises JobError."""
    asked = {"Accept": "*/*", "Accept-Encoding": "identity", **(headers or {})}
    came_from = ""
    for _ in range(MAX_REDIRECTS + 1):
        try:
            place = check_url(url)
        except JobError as error:
            raise JobError(error.code, f"{came_from}{error.message}") from error
        with _open(place, deadline, "unreachable") as connection:
            with _explained("unreachable", place.host, deadline):
                connection.request("GET", place.path, headers=asked)
                response = connection.getresponse()
            with response:  # it holds the socket, also when the connection is closed
                if response.status not in REDIRECTS:
                    yield Answer(place.host, response, deadline)
                    return
                url, came_from = _redirected(url, place.host, response), f"{place.host} redirects: "
    raise JobError("unreachable", f"more than {MAX_REDIRECTS} redirects")


def download(url: str, path: Path) -> None:
    """Write what the address serves to a file; raises JobError."""
    with fetch(url, Deadline(DOWNLOAD_S)) as answer:
        response = answer.response
        if response.status != http.client.OK:
            raise JobError("unreachable", f"{answer.host} answered {response.status}")
        encoding = (response.getheader("Content-Encoding") or "identity").strip().lower()
        if encoding != "identity":  # it was asked not to; what is small here may be huge unpacked
            raise JobError("unreachable", f"{answer.host} sends the video compressed once more ({encoding[:20]!a})")
        _save(answer, path)


def upload(url: str, path: Path, deadline_s: float) -> None:
    """PUT a file to the address, again after a fault that may pass; raises JobError unless the answer is 2xx."""
    deadline = Deadline(deadline_s)
    for tries in range(1, UPLOAD_TRIES + 1):
        try:
            status, place = _put(url, path, deadline)
        except JobError as error:
            if error.code != "upload_failed" or tries == UPLOAD_TRIES or not deadline.left():
                raise
        else:
            if status // 100 == 2:
                return
            if status not in RETRIED or tries == UPLOAD_TRIES:
                hint = "; an upload follows no redirect" if status in REDIRECTS else ""
                raise JobError("upload_failed", f"{place.host} answered {status} to the PUT{hint}")
        time.sleep(min(BACKOFF_S * 2 ** (tries - 1), deadline.left()))


def _put(url: str, path: Path, deadline: Deadline) -> tuple[int, Place]:
    """Send the file; return the answer's status, also one that came before the whole was sent."""
    place = check_output_url(url)
    headers = {"Content-Length": str(path.stat().st_size), "Content-Type": "video/mp4"}
    with path.open("rb") as content, _open(place, deadline, "upload_failed") as connection:
        broken: OSError | None = None
        try:
            connection.request("PUT", place.path, body=content, headers=headers)
        except OSError as error:  # a server that refuses answers, and reads no further
            broken = error
        with _explained("upload_failed", place.host, deadline):
            try:
                with connection.getresponse() as response:
                    status = response.status
            except (OSError, http.client.HTTPException):
                raise broken or ConnectionError("ended without an answer to the PUT") from None
            if broken and status // 100 == 2:
                raise ConnectionError(f"answered {status} before it had the whole result")
    return status, place


def _refuse_other_services(scheme: str, host: str, port: int) -> None:
    if scheme != "https":
        raise JobError("forbidden_url", f"{host}: the address must be https")
    if port != HTTPS_PORT:
        raise JobError("forbidden_url", f"{host}: only port {HTTPS_PORT} is opened, not {port}")


def _resolve(host: str, port: int) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return [ipaddress.ip_address(str(entry[4][0]).split("%", 1)[0]) for entry in found]
    except (OSError, UnicodeError, ValueError) as error:
        raise JobError("unreachable", f"{host}: the name does not resolve ({_reason(error)})") from error


def _redirected(url: str, host: str, response: http.client.HTTPResponse) -> str:
    # http.client reads headers as Latin-1; servers write UTF-8.
    location = (response.getheader("Location") or "").encode("latin-1", "replace").decode("utf-8", "replace")
    if not location.strip():
        raise JobError("unreachable", f"{host} answered {response.status} without an address to go to")
    try:
        return join_url(url, location)
    except JobError as error:
        raise JobError(error.code, f"{host} redirects: {error.message}") from error


class _Response(http.client.HTTPResponse):
    """An answer after any number of interim ones: http.client itself skips `100 Continue` and takes 103 as final."""

    def _read_status(self) -> tuple[str, int, str]:
        while True:
            version, status, reason = super()._read_status()  # type: ignore[misc]  # (its only seam for this)
            if not 102 <= status <= 199:
                return version, status, reason
            http.client.parse_headers(self.fp)


@contextlib.contextmanager
def _open(place: Place, deadline: Deadline, code: str) -> Iterator[http.client.HTTPConnection]:
    """Connect to the checked addresses in turn, and shut the connection down when the deadline has passed."""
    connection = _prepare(place, deadline)
    try:
        with _explained(code, place.host, deadline):
            connection.connect()
            sock = connection.sock
        watcher = threading.Timer(deadline.left(), _shut_down, (sock,))
        watcher.daemon = True
        watcher.start()
        try:
            yield connection
        finally:
            watcher.cancel()
    finally:
        connection.close()


def _prepare(place: Place, deadline: Deadline) -> http.client.HTTPConnection:
    connection: http.client.HTTPConnection
    if place.scheme == "https":
        import certifi

        context = ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE") or certifi.where())
        connection = http.client.HTTPSConnection(place.host, place.port, context=context, blocksize=CHUNK)
    else:
        connection = http.client.HTTPConnection(place.host, place.port, blocksize=CHUNK)

    def connect_to_checked(*_: Any) -> socket.socket:
        for last, address in enumerate(place.addresses, start=1 - len(place.addresses)):
            try:
                return socket.create_connection((address, place.port), min(TIMEOUT_S, deadline.left() or 0.001))
            except OSError:
                if not last or not deadline.left():
                    raise
        raise ConnectionError("has no address")

    connection._create_connection = connect_to_checked  # type: ignore[attr-defined]  # noqa: SLF001 (its only seam for this)
    connection.response_class = _Response
    return connection


def _shut_down(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        # Not SSLSocket's own, which takes the TLS object away from the thread that reads.
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _save(answer: Answer, path: Path) -> None:
    too_large = JobError("too_large", f"{answer.host} serves over {URL_INPUT_BYTES} bytes")
    if (answer.response.length or 0) > URL_INPUT_BYTES:
        raise too_large
    received = 0
    try:
        with path.open("wb") as file:
            for chunk in answer.iterate_chunks():
                received += len(chunk)
                if received > URL_INPUT_BYTES:
                    raise too_large
                file.write(chunk)
    except OSError as error:
        raise JobError("internal", f"the video can't be stored: {_reason(error)}") from error


@contextlib.contextmanager
def _explained(code: str, host: str, deadline: Deadline) -> Iterator[None]:
    try:
        yield
    except (OSError, http.client.HTTPException, ValueError) as error:
        said = f"took longer than {deadline.seconds:g} s" if not deadline.left() else _reason(error)
        raise JobError(code, f"{host}: {said}") from error


def _reason(error: BaseException) -> str:
    if isinstance(error, http.client.IncompleteRead):
        return "ended before the whole was sent"
    if isinstance(error, http.client.RemoteDisconnected):
        return "hung up without an answer"
    if isinstance(error, http.client.HTTPException):
        return "what it answers is no HTTP"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid ({error.verify_message})"
    if isinstance(error, TimeoutError):
        return f"no answer for {TIMEOUT_S} s"
    said = str(getattr(error, "strerror", None) or error).strip()[:200]
    return said if said and said.isprintable() else type(error).__name__
