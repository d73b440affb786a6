"""Docker's own registry (distribution 2.8), under the names that the project's images have."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from conductor.rehearsal.http_server import Answer, LoopbackServer, Reply, Request, json_reply
from conductor.rehearsal.real.certificates import ISSUER, SERVICE, Authority
from conductor.rehearsal.real.room import Room
from conductor.rehearsal.real.sshd import free_port, is_open
from conductor.rehearsal.recorder import Recorder

# Where Docker looks for what has no host in its name.
HUB_NAMES = ("docker.io", "index.docker.io", "auth.docker.io", "registry-1.docker.io")
_SYSTEM_CERTIFICATES = (Path("/etc/ssl/certs/ca-certificates.crt"), Path("/etc/pki/tls/certs/ca-bundle.crt"))


class Tokens(LoopbackServer):
    """Gives a pull token to anyone and a push token to whoever knows the password, as Docker Hub and GHCR do."""

    name = "tokens"

    def __init__(self, recorder: Recorder, password: str) -> None:
        self.authority = Authority()
        self._password = password
        super().__init__(recorder)

    def routes(self) -> list[tuple[str, str, Answer]]:
        """Return the one path of the token specification."""
        return [("GET", "/token", self._token)]

    def _token(self, request: Request) -> Reply:
        given = request.headers.get("authorization", "")
        if given and _password_of(given) != self._password:
            return json_reply({"errors": [{"code": "UNAUTHORIZED", "message": "incorrect username or password"}]}, 401)
        allowed = {"pull", "push"} if given else {"pull"}
        kind, _, rest = request.query.get("scope", "").partition(":")
        name, _, actions = rest.rpartition(":")
        access: list[dict[str, Any]] = []
        if kind == "repository" and name:
            wanted = [action for action in actions.split(",") if action in allowed]
            access = [{"type": kind, "name": name, "actions": wanted}]
        token = self.recorder.hide(self.authority.sign_token(request.query.get("account", ""), access))
        return json_reply({"token": token, "access_token": token, "expires_in": 300})


class RealRegistry:
    """Listens twice over the same files: with TLS under `names` for the engine, plainly on loopback for clients.

    The names lead here inside the room alone, once `take_names` is called.
    """

    def __init__(self, room: Room, recorder: Recorder, password: str, names: Sequence[str]) -> None:
        self.names = sorted({*HUB_NAMES, *names})
        self.tokens = Tokens(recorder, password)
        # 127.0.0.1 may have a web server of its own.
        self.address = f"127.{20 + secrets.randbelow(200)}.{secrets.randbelow(250)}.{2 + secrets.randbelow(250)}"
        self.port = 0
        self._room = room
        self._folder = room.folder / "registry"

    @property
    def base_url(self) -> str:
        """Return the address for clients outside of the room."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def certificates(self) -> Path:
        """Return a file with every certificate that the engine trusts: this machine's and the registry's."""
        return self._folder / "trusted.pem"

    def start(self) -> Self:
        """Make the certificates and listen."""
        self._folder.mkdir()
        self.tokens.start()
        authority = Authority(self.names)
        authority.write(self._folder / "tls.pem", self._folder / "tls.key")
        self.tokens.authority.write(self._folder / "tokens.pem")
        known = next((path.read_bytes() for path in _SYSTEM_CERTIFICATES if path.is_file()), b"")
        self.certificates.write_bytes((self._folder / "tls.pem").read_bytes() + known)
        self.port = free_port()
        self._serve("registry", f"127.0.0.1:{self.port}")
        tls = {"certificate": str(self._folder / "tls.pem"), "key": str(self._folder / "tls.key")}
        self._serve("registry-tls", f"{self.address}:443", tls)
        self._room.wait_until("registry", lambda: is_open(self.port))
        self._room.wait_until("registry-tls", lambda: is_open(443, self.address))
        return self

    def take_names(self) -> None:
        """Let the registries' names lead here from now on, inside the room."""
        with (self._room.folder / "hosts").open("a", encoding="utf-8") as hosts:
            hosts.write(f"\n{self.address} {' '.join(self.names)}\n")

    def close(self) -> None:
        """Stop giving tokens; the registry ends with the room."""
        self.tokens.close()

    def _serve(self, name: str, address: str, tls: dict[str, str] | None = None) -> None:
        token = {
            "realm": f"{self.tokens.base_url}/token", "service": SERVICE, "issuer": ISSUER,
            "rootcertbundle": str(self._folder / "tokens.pem"),
        }  # fmt: skip
        settings = {
            "version": "0.1",
            "log": {"level": "error", "accesslog": {"disabled": True}},
            "storage": {"filesystem": {"rootdirectory": str(self._folder / "blobs")}},
            "auth": {"token": token},
            "http": {"addr": address, "secret": secrets.token_hex(16), **({"tls": tls} if tls else {})},
        }
        path = self._folder / f"{name}.yml"
        path.write_text(json.dumps(settings), encoding="utf-8")  # YAML, of which JSON is a part
        self._room.run(name, [find_registry() or "docker-registry", "serve", str(path)])


def find_registry() -> str | None:
    """Return the registry's program: Debian's name for it, or the project's own."""
    return shutil.which("docker-registry") or shutil.which("registry")


def _password_of(header: str) -> str:
    try:
        return base64.b64decode(header.removeprefix("Basic "), validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return ""
