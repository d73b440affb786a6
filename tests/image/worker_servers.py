"""Servers on loopback that answer bytes as told, with TLS and a throw-away certificate where asked, and their names."""

from __future__ import annotations

import contextlib
import datetime as dt
import socket
import ssl
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAME = "video.example"
PACE_S = 0.02  # of a server that drips


class Server:
    """Accept connections one after the other and hand each, with the head of its request, to the next behaviour.

    A behaviour is bytes to send before hanging up, or a function of the connection. The last one is used again.
    """

    def __init__(self, *behaviours, context=None):
        self.behaviours, self.context = list(behaviours), context
        self.heads, self.names = [], []
        self.stopped = threading.Event()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        if context:
            context.sni_callback = lambda _sock, name, _context: self.names.append(name)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), connection:
                connection.settimeout(10)
                self._answer(connection)

    def _answer(self, connection):
        if self.context:
            connection = self.context.wrap_socket(connection, server_side=True)
        head = b""
        while b"\r\n\r\n" not in head:
            received = connection.recv(65536)
            if not received:
                return
            head += received
        self.heads.append(head.split(b"\r\n\r\n")[0].decode("latin-1"))
        behaviour = self.behaviours.pop(0) if len(self.behaviours) > 1 else self.behaviours[0]
        if callable(behaviour):
            behaviour(connection, head.split(b"\r\n\r\n", 1)[1])
        else:
            connection.sendall(behaviour)
            _hang_up(connection)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self._thread.join()

    def drip(self, start, byte):
        """Return a behaviour: send a beginning, then a piece now and then until nobody listens."""

        def behave(connection, _body):
            connection.sendall(start)
            while not self.stopped.wait(PACE_S):
                connection.sendall(byte)

        return behave


def _hang_up(connection):
    with contextlib.suppress(OSError):
        if isinstance(connection, ssl.SSLSocket):
            connection.unwrap()
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass


def make_certificate(folder, name=NAME, days=1):
    """Write a certificate that signs itself and its key; return both paths. Negative days make it one of the past."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = dt.datetime.now(dt.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=9))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    paths[1].write_bytes(key.private_bytes(*private))
    return paths


def make_context(certificate, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def name_leads_to(monkeypatch, *rounds):
    """Make any name resolve to the addresses of each round, one round a question; return the questions."""
    asked, real = [], socket.getaddrinfo

    def resolve(host, port, *rest, **options):
        if host.replace(".", "").isdigit():
            return real(host, port, *rest, **options)
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in rounds[len(asked) - 1]]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked
