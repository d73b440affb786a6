"""A container registry over HTTP (OCI distribution): manifests by digest, labels, and the token dance.

Traps this answers: without all four Accept types an index is a 404; an index holds an attestation child beside the
image; the digest is computed over the bytes and compared with what the registry claims; labels stand in the child's
config, not in the index.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from conductor.config.user import is_loopback
from conductor.domain.digest import digest_of, is_digest
from conductor.domain.secret import Secret
from conductor.ports.clock import Clock
from conductor.ports.registry import ImageFacts
from conductor.providers.answers import Answer, ServiceRefused, malformed, origin_of
from conductor.providers.http import HttpClient
from conductor.providers.persistence import PATIENT, Budget

INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
MANIFESTS = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json")
ACCEPT = ", ".join((*INDEXES, *MANIFESTS))
LOGIN_HINT = "docker login, or set CONDUCTOR_REGISTRY_HOST, CONDUCTOR_REGISTRY_USER and CONDUCTOR_REGISTRY_TOKEN"
# How often bytes are read that are not their digest, before they count as somebody else's.
READINGS = 3
_CHALLENGE = re.compile(r'([a-z_]+)="([^"]*)"')

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Credential:
    """A registry login."""

    user: str
    password: Secret


def split_image(image: str) -> tuple[str, str]:
    """Return the registry's host and the repository's path of `docker.io/OWNER/NAME` or `OWNER/NAME`."""
    host, slash, path = image.partition("/")
    if not slash or not ("." in host or ":" in host or host == "localhost"):
        host, path = "docker.io", image
    if host in {"docker.io", "index.docker.io"} and "/" not in path:
        path = f"library/{path}"
    return host, path


def default_address(host: str) -> str:
    """Return where a registry's interface is served; Docker Hub's is not where its images are named."""
    if host in {"docker.io", "index.docker.io"}:
        return "https://registry-1.docker.io"
    return f"http://{host}" if is_loopback(f"http://{host}") else f"https://{host}"


class OciRegistry:
    """Reads one registry."""

    def __init__(
        self,
        host: str,
        clock: Clock,
        *,
        address: str | None = None,
        credential: Credential | None = None,
        budget: Budget = PATIENT,
    ) -> None:
        self.host = host
        self._clock = clock
        self._credential = credential
        self._budget = budget
        self._http = HttpClient(
            f"the registry {host}",
            address or default_address(host),
            clock,
            token_hint=LOGIN_HINT,
            budget=budget,
        )
        self._tokens: dict[str, str] = {}

    def fetch_image(self, name: str, reference: str, platform: str) -> ImageFacts | None:
        """Return the image `name:reference` (a tag or a digest) for that platform, or None where there is none."""
        _, path = split_image(name)
        top = self._fetch_manifest(path, reference)
        if top is None:
            return None
        manifest, digest = top
        index_digest = None
        if "manifests" in manifest:
            index_digest, digest = digest, pick_child(manifest, platform)
            child = self._fetch_manifest(path, digest)
            if child is None:
                raise malformed(
                    self._http.service, self._http.base_url, f"the index names {digest}, which is not there"
                )
            manifest, digest = child
        config = self._fetch_config(path, manifest)
        found = f"{config.get('os', '?')}/{config.get('architecture', '?')}"
        labels = (config.get("config") or {}).get("Labels") or {}
        sizes = [layer.get("size", 0) for layer in manifest.get("layers", []) if isinstance(layer, dict)]
        return ImageFacts(
            name, digest, found, {str(key): str(value) for key, value in labels.items()}, sum(sizes), index_digest
        )

    def _fetch_manifest(self, path: str, reference: str) -> tuple[dict[str, Any], str] | None:
        def parse(answer: Answer) -> tuple[dict[str, Any], str] | None:
            return None if answer.status == 404 else (answer.mapping(), digest_of(answer.body))

        url, accept = f"/v2/{path}/manifests/{reference}", {"Accept": ACCEPT}
        return self._read(path, url, reference, accept, parse, may_lack=True)

    def _fetch_config(self, path: str, manifest: dict[str, Any]) -> dict[str, Any]:
        descriptor = manifest.get("config")
        named = descriptor.get("digest") if isinstance(descriptor, dict) else None
        if not isinstance(named, str) or not is_digest(named):
            raise malformed(self._http.service, self._http.base_url, "a manifest without a config")
        return self._read(path, f"/v2/{path}/blobs/{named}", named, {}, Answer.mapping)

    def _read(
        self,
        path: str,
        url: str,
        reference: str,
        headers: dict[str, str],
        parse: Callable[[Answer], T],
        *,
        may_lack: bool = False,
    ) -> T:
        """Return what the answer holds, its bytes compared with their digest.

        A token that has run out is renewed, once; bytes that are not their digest are read again before that is told.
        """
        fetched = (200, 404, 401) if may_lack else (200, 401)

        def checked(answer: Answer) -> T:
            if answer.status == 401:
                raise _LoginWanted(self.host, path, answer.headers.get("www-authenticate", ""))
            if answer.status == 200:
                _verify(answer, reference)
            return parse(answer)

        renewed = False
        for attempt in range(1, READINGS + 1):
            login = {"Authorization": self._tokens[path]} if path in self._tokens else {}
            try:
                return self._http.read(url, checked, headers={**headers, **login}, expected=fetched, may_leave=True)
            except _LoginWanted as wanted:
                if renewed:
                    raise
                renewed = True
                self._log_in(path, wanted.challenge)
            except _OtherBytes:
                if attempt == READINGS:
                    raise
                self._clock.sleep(1.0)
        raise ServiceRefused(f"the registry {self.host} does not let us read {path}", hint=LOGIN_HINT, status=401)

    def _log_in(self, path: str, challenge: str) -> None:
        scheme, _, rest = challenge.partition(" ")
        if scheme.lower() == "basic":
            self._tokens[path] = self._basic()
            return
        asked = dict(_CHALLENGE.findall(rest))
        realm = asked.get("realm", "")
        self._check_realm(realm)
        issuer = HttpClient(f"the token service of {self.host}", realm, self._clock, budget=self._budget)
        params = {name: asked[name] for name in ("service",) if name in asked}
        headers = {"Authorization": self._basic()} if self._credential else {}
        asked_for = {**params, "scope": f"repository:{path}:pull"}
        self._tokens[path] = f"Bearer {issuer.read('', _read_token, params=asked_for, headers=headers)}"

    def _check_realm(self, realm: str) -> None:
        base = self._http.base_url
        safe = is_loopback(realm) if is_loopback(base) else realm.startswith("https://")
        # A password goes only to the registry's own domain: any registry could name any realm.
        same_domain = _domain(realm) == _domain(base)
        if not safe or (self._credential and not same_domain):
            raise ServiceRefused(
                f"the registry {self.host} asks to log in elsewhere",
                hint="check the registry's address; no credential was sent",
            )

    def _basic(self) -> str:
        if self._credential is None:
            raise ServiceRefused(
                f"the registry {self.host} asks for a login",
                hint=LOGIN_HINT,
                status=401,
            )
        pair = f"{self._credential.user}:{self._credential.password.reveal()}"
        return "Basic " + base64.b64encode(pair.encode()).decode()


class _LoginWanted(ServiceRefused):
    """The registry asks who we are, or does so again; `challenge` says where to show it."""

    def __init__(self, host: str, path: str, challenge: str) -> None:
        super().__init__(f"the registry {host} does not let us read {path}", hint=LOGIN_HINT, status=401)
        self.challenge = challenge


class _OtherBytes(ServiceRefused):
    """What was served is not what its digest names."""


def _verify(answer: Answer, reference: str) -> None:
    computed = digest_of(answer.body)
    claimed = answer.headers.get("docker-content-digest")
    for other in (claimed, reference if is_digest(reference) else None):
        if other is not None and other != computed:
            raise _OtherBytes(
                f"{answer.service} serves {computed} where {other} was named: these are other bytes",
                hint="do not deploy this image: build it again, and look who wrote to the registry",
            )


def _read_token(answer: Answer) -> str:
    data = answer.mapping()
    token = data.get("token") or data.get("access_token")
    if not isinstance(token, str):
        raise malformed(answer.service, answer.url, "no token")
    return token


def pick_child(index: dict[str, Any], platform: str) -> str:
    """Return the digest of the index's image for the platform; attestations (`unknown/unknown`) are not images."""
    seen = []
    for child in index.get("manifests", []):
        stated = child.get("platform", {}) if isinstance(child, dict) else {}
        name = f"{stated.get('os', '?')}/{stated.get('architecture', '?')}"
        seen.append(name)
        if name == platform and is_digest(str(child.get("digest", ""))):
            return str(child["digest"])
    raise ServiceRefused(
        f"the image has no {platform}: it has {', '.join(seen) or 'nothing'}",
        hint=f"build it for {platform}: docker buildx build --platform {platform}",
    )


def _domain(url: str) -> str:
    host = origin_of(url)[1]
    return host if is_loopback(url) else ".".join(host.split(".")[-2:])


def parse_docker_login(text: str, host: str) -> Credential | None:
    """Return the login for the host that `docker login` left in its configuration file, or None."""
    try:
        logins = json.loads(text).get("auths", {})
        names = [host, f"https://{host}", "https://index.docker.io/v1/" if host == "docker.io" else host]
        pair = next(logins[name]["auth"] for name in names if name in logins and "auth" in logins[name])
        user, _, password = base64.b64decode(pair).decode().partition(":")
    except (ValueError, AttributeError, KeyError, TypeError, StopIteration):
        return None
    return Credential(user, Secret(password)) if user and password else None
