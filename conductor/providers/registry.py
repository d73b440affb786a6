"""A container registry over HTTP (OCI distribution): manifests by digest, labels, and the token dance.

Traps this answers: without all four Accept types an index is a 404; an index holds an attestation child beside the
image; the digest is computed over the bytes and compared with what the registry claims; labels stand in the child's
config, not in the index.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import Any

from conductor.config.user import is_loopback
from conductor.domain.digest import digest_of, is_digest
from conductor.domain.secret import Secret
from conductor.ports.clock import Clock
from conductor.ports.registry import ImageFacts
from conductor.providers.http import RETRIES, Answer, HttpClient, ServiceRefused, malformed, origin_of

INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
MANIFESTS = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json")
ACCEPT = ", ".join((*INDEXES, *MANIFESTS))
LOGIN_HINT = "docker login, or set CONDUCTOR_REGISTRY_HOST, CONDUCTOR_REGISTRY_USER and CONDUCTOR_REGISTRY_TOKEN"
_CHALLENGE = re.compile(r'([a-z_]+)="([^"]*)"')


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
        retries: int = RETRIES,
    ) -> None:
        self.host = host
        self._clock = clock
        self._credential = credential
        self._http = HttpClient(
            f"the registry {host}",
            address or default_address(host),
            clock,
            token_hint=LOGIN_HINT,
            retries=retries,
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
        answer = self._get(path, f"/v2/{path}/manifests/{reference}", {"Accept": ACCEPT}, (200, 404))
        if answer.status == 404:
            return None
        digest = self._verify(answer, reference)
        return answer.mapping(), digest

    def _fetch_config(self, path: str, manifest: dict[str, Any]) -> dict[str, Any]:
        descriptor = manifest.get("config")
        named = descriptor.get("digest") if isinstance(descriptor, dict) else None
        if not isinstance(named, str) or not is_digest(named):
            raise malformed(self._http.service, self._http.base_url, "a manifest without a config")
        answer = self._get(path, f"/v2/{path}/blobs/{named}", {}, (200,))
        self._verify(answer, named)
        return answer.mapping()

    def _verify(self, answer: Answer, reference: str) -> str:
        computed = digest_of(answer.body)
        claimed = answer.headers.get("docker-content-digest")
        for other in (claimed, reference if is_digest(reference) else None):
            if other is not None and other != computed:
                raise ServiceRefused(
                    f"{answer.service} serves {computed} where {other} was named: these are other bytes",
                    hint="do not deploy this image: build it again, and look who wrote to the registry",
                )
        return computed

    def _get(self, path: str, url: str, headers: dict[str, str], expected: tuple[int, ...]) -> Answer:
        answer = self._ask(path, url, headers, expected)
        if answer.status == 401 and path not in self._tokens:
            self._log_in(path, answer.headers.get("www-authenticate", ""))
            answer = self._ask(path, url, headers, expected)
        if answer.status == 401:
            raise ServiceRefused(f"the registry {self.host} does not let us read {path}", hint=LOGIN_HINT, status=401)
        return answer

    def _ask(self, path: str, url: str, headers: dict[str, str], expected: tuple[int, ...]) -> Answer:
        login = {"Authorization": self._tokens[path]} if path in self._tokens else {}
        return self._http.get(url, headers={**headers, **login}, expected=(*expected, 401), may_leave=True)

    def _log_in(self, path: str, challenge: str) -> None:
        scheme, _, rest = challenge.partition(" ")
        if scheme.lower() == "basic":
            self._tokens[path] = self._basic()
            return
        asked = dict(_CHALLENGE.findall(rest))
        realm = asked.get("realm", "")
        self._check_realm(realm)
        issuer = HttpClient(f"the token service of {self.host}", realm, self._clock)
        params = {name: asked[name] for name in ("service",) if name in asked}
        headers = {"Authorization": self._basic()} if self._credential else {}
        answer = issuer.get("", params={**params, "scope": f"repository:{path}:pull"}, headers=headers)
        data = answer.mapping()
        token = data.get("token") or data.get("access_token")
        if not isinstance(token, str):
            raise malformed(issuer.service, realm, "no token")
        self._tokens[path] = f"Bearer {token}"

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
