"""How the stand-in builder pushes an image and the stand-in worker host pulls one: plain HTTP, by digest."""

from __future__ import annotations

import base64
import http.client
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from conductor.domain.digest import digest_of
from conductor.rehearsal.registry import MANIFEST_TYPES, OCI_INDEX, OCI_MANIFEST

_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


class RegistryRefused(Exception):
    """The registry did not take or give something; the text is its own."""


@dataclass(frozen=True, slots=True)
class PulledImage:
    """An image as it was pulled: the manifest's digest, the configuration and the compressed layers."""

    digest: str
    config: dict[str, Any]
    layers: tuple[bytes, ...]


class RegistryClient:
    """Talks to one repository of a loopback registry; `credentials` is `user:password`, empty for pulling only."""

    def __init__(self, base_url: str, repository: str, credentials: str = "") -> None:
        self._netloc = urlsplit(base_url).netloc
        self._repository = repository
        self._credentials = credentials
        self._token = ""

    def push_blob(self, content: bytes) -> dict[str, Any]:
        """Upload the bytes in the three requests of the protocol and return their digest and size."""
        digest = digest_of(content)
        here = f"/v2/{self._repository}/blobs"
        if self._request("HEAD", f"{here}/{digest}", accept_status=(200, 404))[0] == 404:
            _, headers, _ = self._request("POST", f"{here}/uploads/", accept_status=(202,))
            _, headers, _ = self._request("PATCH", headers["location"], content, accept_status=(202,))
            self._request("PUT", f"{headers['location']}?digest={digest}", accept_status=(201,))
        return {"digest": digest, "size": len(content)}

    def push_manifest(self, manifest: dict[str, Any], tag: str = "") -> dict[str, Any]:
        """Upload a manifest or index, by tag where one is given, and return its descriptor."""
        content = json.dumps(manifest, separators=(",", ":")).encode()
        digest, media_type = digest_of(content), str(manifest["mediaType"])
        path = f"/v2/{self._repository}/manifests/{tag or digest}"
        self._request("PUT", path, content, {"Content-Type": media_type}, accept_status=(201,))
        return {"mediaType": media_type, "digest": digest, "size": len(content)}

    def pull(self, digest: str) -> PulledImage:
        """Fetch the image of that digest (the linux/amd64 one of an index), every part checked against its digest."""
        manifest = json.loads(self._fetch(f"/v2/{self._repository}/manifests/{digest}", digest))
        if manifest.get("mediaType") == OCI_INDEX or "manifests" in manifest:
            child = next(
                (c for c in manifest["manifests"] if c.get("platform", {}).get("architecture") == "amd64"), None
            )
            if child is None:
                raise RegistryRefused("no matching manifest for linux/amd64 in the manifest list entries")
            manifest = json.loads(self._fetch(f"/v2/{self._repository}/manifests/{child['digest']}", child["digest"]))
        config = json.loads(self._fetch_blob(manifest["config"]["digest"]))
        return PulledImage(digest, config, tuple(self._fetch_blob(layer["digest"]) for layer in manifest["layers"]))

    def find_digest(self, tag: str) -> str | None:
        """Return the digest that a tag has, None where there is no such tag."""
        path, accepted = f"/v2/{self._repository}/manifests/{tag}", {"Accept": ", ".join(MANIFEST_TYPES)}
        status, headers, content = self._request("GET", path, headers=accepted, accept_status=(200, 404))
        return headers.get("docker-content-digest") or digest_of(content) if status == 200 else None

    def _fetch_blob(self, digest: str) -> bytes:
        return self._fetch(f"/v2/{self._repository}/blobs/{digest}", digest)

    def _fetch(self, path: str, digest: str) -> bytes:
        _, _, content = self._request("GET", path, headers={"Accept": ", ".join(MANIFEST_TYPES)}, accept_status=(200,))
        if digest_of(content) != digest:
            raise RegistryRefused(f"content of {path} does not have its digest")
        return content

    def _request(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None, *,
        accept_status: tuple[int, ...],
    ) -> tuple[int, dict[str, str], bytes]:  # fmt: skip
        status, answered, content = self._send(method, path, body, headers or {})
        if status == 401:
            self._token = self._fetch_token(answered.get("www-authenticate", ""))
            status, answered, content = self._send(method, path, body, headers or {})
        if status not in accept_status:
            raise RegistryRefused(f"{method} {path}: {status} {content.decode('utf-8', 'replace')[:300]}")
        return status, answered, content

    def _fetch_token(self, challenge: str) -> str:
        asked = dict(_CHALLENGE.findall(challenge))
        url = urlsplit(asked.get("realm", ""))
        headers = {}
        if self._credentials:
            headers["Authorization"] = "Basic " + base64.b64encode(self._credentials.encode()).decode()
        path = f"{url.path}?service={asked.get('service', '')}&scope={asked.get('scope', '')}"
        status, _, content = self._send("GET", path, b"", headers, netloc=url.netloc)
        if status != 200:
            raise RegistryRefused(f"no token: {status} {content.decode('utf-8', 'replace')[:300]}")
        return str(json.loads(content)["token"])

    def _send(
        self, method: str, path: str, body: bytes, headers: dict[str, str], *, netloc: str = ""
    ) -> tuple[int, dict[str, str], bytes]:
        # No time limit: the registry is a thread of this process, late on a busy machine and never lost.
        connection = http.client.HTTPConnection(netloc or self._netloc)
        if self._token and "Authorization" not in headers:
            headers = {**headers, "Authorization": f"Bearer {self._token}"}
        try:
            connection.request(method, path, body or None, headers)
            response = connection.getresponse()
            content = response.read()
            return response.status, {name.lower(): value for name, value in response.getheaders()}, content
        finally:
            connection.close()


def manifest_of(config: dict[str, Any], layers: list[dict[str, Any]]) -> dict[str, Any]:
    """Return an OCI image manifest over the uploaded parts."""
    return {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": layers}
