"""An OCI registry on loopback that receives real images (distribution-spec 1.1: pull, push, content by digest)."""

from __future__ import annotations

import base64
import json
import secrets
import threading
from typing import Any

from conductor.domain.digest import digest_of, is_digest
from conductor.rehearsal.http_server import Answer, LoopbackServer, Reply, Request, json_reply
from conductor.rehearsal.recorder import Recorder

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
MANIFEST_TYPES = (OCI_INDEX, DOCKER_LIST, OCI_MANIFEST, DOCKER_MANIFEST)

# As distribution 2.8 words them for a client that did not say it reads OCI.
_UNREADABLE = {
    OCI_INDEX: "OCI index found, but accept header does not support OCI indexes",
    OCI_MANIFEST: "OCI manifest found, but accept header does not support OCI manifests",
    DOCKER_LIST: "manifest list found, but accept header does not support manifest lists",
    DOCKER_MANIFEST: "manifest found, but accept header does not support it",
}
_NAME = r"(?P<name>[a-z0-9][a-z0-9._/-]*)"


class Registry(LoopbackServer):
    """Keeps blobs and manifests in memory; pulling and pushing need a token from `/token`, as on Docker Hub.

    `/token` gives a pull token to anyone and a push token to `user:password`.
    """

    name = "registry"

    def __init__(self, recorder: Recorder, user: str, password: str) -> None:
        self.blobs: dict[str, bytes] = {}
        self.manifests: dict[tuple[str, str], tuple[str, bytes]] = {}
        self.tags: dict[tuple[str, str], str] = {}
        self._uploads: dict[str, bytearray] = {}
        self._credentials = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        self._tokens: dict[str, bool] = {}
        self._lock = threading.Lock()
        super().__init__(recorder)

    @property
    def host(self) -> str:
        """Return host and port, as an image reference begins."""
        return f"127.0.0.1:{self.port}"

    def routes(self) -> list[tuple[str, str, Answer]]:
        """Return the paths of the distribution API."""
        blob = rf"/v2/{_NAME}/blobs/(?P<digest>sha256:[0-9a-f]+)"
        upload = rf"/v2/{_NAME}/blobs/uploads/(?P<upload>[0-9a-f]+)"
        manifest = rf"/v2/{_NAME}/manifests/(?P<reference>[A-Za-z0-9_:.-]+)"
        return [
            ("GET", "/token", self._token),
            ("GET", "/v2/", lambda _: json_reply({})),
            ("GET", rf"/v2/{_NAME}/tags/list", self._list_tags),
            ("HEAD", blob, self._blob),
            ("GET", blob, self._blob),
            ("POST", rf"/v2/{_NAME}/blobs/uploads/", self._begin_upload),
            ("PATCH", upload, self._continue_upload),
            ("PUT", upload, self._finish_upload),
            ("HEAD", manifest, self._manifest),
            ("GET", manifest, self._manifest),
            ("PUT", manifest, self._put_manifest),
        ]

    def before(self, request: Request) -> Reply | None:
        """Ask for a token as Docker Hub does, naming where to get one."""
        if not request.path.startswith("/v2/"):
            return None
        writing = request.method in {"POST", "PATCH", "PUT"}
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token in self._tokens and (self._tokens[token] or not writing):
            return None
        scope = _scope(request.path, writing=writing)
        challenge = f'Bearer realm="{self.base_url}/token",service="{self.host}"{scope}'
        return _error(401, "UNAUTHORIZED", "authentication required", challenge)

    def after(self, request: Request, reply: Reply) -> Reply:
        """Name the API version, as clients expect."""
        return Reply(
            reply.status, reply.body, {**reply.headers, "Docker-Distribution-Api-Version": "registry/2.0"}, reply.chunks
        )

    def not_found(self, request: Request) -> Reply:
        """Answer in the registry's own error format."""
        return _error(404, "NAME_UNKNOWN", "repository name not known to registry")

    def expire_tokens(self) -> None:
        """Let every token that was given run out now."""
        self._tokens.clear()

    def _token(self, request: Request) -> Reply:
        given = request.headers.get("authorization")
        if given is not None and given != self._credentials:
            return _error(401, "UNAUTHORIZED", "incorrect username or password")
        token = self.recorder.hide(secrets.token_hex(16))
        self._tokens[token] = given is not None
        return json_reply({"token": token, "access_token": token, "expires_in": 300})

    def _list_tags(self, request: Request) -> Reply:
        name = request.groups["name"]
        return json_reply({"name": name, "tags": sorted(tag for owner, tag in self.tags if owner == name)})

    def _blob(self, request: Request) -> Reply:
        content = self.blobs.get(request.groups["digest"])
        if content is None:
            return _error(404, "BLOB_UNKNOWN", "blob unknown to registry")
        headers = {"Content-Type": "application/octet-stream", "Docker-Content-Digest": request.groups["digest"]}
        return Reply(200, content, headers)

    def _begin_upload(self, request: Request) -> Reply:
        key = secrets.token_hex(12)
        with self._lock:
            self._uploads[key] = bytearray(request.body)
        if digest := request.query.get("digest"):
            return self._store_blob(request.groups["name"], key, digest)
        return self._upload_state(request.groups["name"], key)

    def _continue_upload(self, request: Request) -> Reply:
        key = request.groups["upload"]
        if key not in self._uploads:
            return _error(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")
        with self._lock:
            self._uploads[key] += request.body
        return self._upload_state(request.groups["name"], key)

    def _finish_upload(self, request: Request) -> Reply:
        key = request.groups["upload"]
        if key not in self._uploads:
            return _error(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")
        with self._lock:
            self._uploads[key] += request.body
        return self._store_blob(request.groups["name"], key, request.query.get("digest", ""))

    def _upload_state(self, name: str, key: str) -> Reply:
        last = max(len(self._uploads[key]) - 1, 0)
        location = f"/v2/{name}/blobs/uploads/{key}"
        return Reply(202, b"", {"Location": location, "Docker-Upload-UUID": key, "Range": f"0-{last}"})

    def _store_blob(self, name: str, key: str, digest: str) -> Reply:
        with self._lock:
            content = bytes(self._uploads.pop(key))
        if not is_digest(digest) or digest_of(content) != digest:
            return _error(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
        self.blobs[digest] = content
        return Reply(201, b"", {"Location": f"/v2/{name}/blobs/{digest}", "Docker-Content-Digest": digest})

    def _manifest(self, request: Request) -> Reply:
        name, reference = request.groups["name"], request.groups["reference"]
        digest = reference if is_digest(reference) else self.tags.get((name, reference), "")
        found = self.manifests.get((name, digest))
        if found is None:
            return _error(404, "MANIFEST_UNKNOWN", f"manifest unknown: {reference}")
        media_type, content = found
        if not _is_accepted(media_type, request.headers.get("accept", "")):
            return _error(404, "MANIFEST_UNKNOWN", _UNREADABLE[media_type])
        return Reply(200, content, {"Content-Type": media_type, "Docker-Content-Digest": digest})

    def _put_manifest(self, request: Request) -> Reply:
        name, reference = request.groups["name"], request.groups["reference"]
        media_type = request.headers.get("content-type", "")
        digest = digest_of(request.body)
        if media_type not in MANIFEST_TYPES:
            return _error(400, "MANIFEST_INVALID", f"unknown manifest type {media_type}")
        if is_digest(reference) and reference != digest:
            return _error(400, "DIGEST_INVALID", "the manifest does not have that digest")
        if missing := self._missing(name, json.loads(request.body)):
            return _error(404, "MANIFEST_BLOB_UNKNOWN", f"blob unknown to registry: {missing}")
        with self._lock:
            self.manifests[name, digest] = (media_type, request.body)
            if not is_digest(reference):
                self.tags[name, reference] = digest
        return Reply(201, b"", {"Location": f"/v2/{name}/manifests/{digest}", "Docker-Content-Digest": digest})

    def _missing(self, name: str, manifest: dict[str, Any]) -> str | None:
        blobs = [manifest["config"], *manifest.get("layers", [])] if "config" in manifest else []
        absent = [blob["digest"] for blob in blobs if blob["digest"] not in self.blobs]
        absent += [c["digest"] for c in manifest.get("manifests", []) if (name, c["digest"]) not in self.manifests]
        return absent[0] if absent else None


def _scope(path: str, *, writing: bool) -> str:
    parts = path.removeprefix("/v2/").split("/")
    for marker in ("manifests", "blobs", "tags"):
        if marker in parts:
            name = "/".join(parts[: parts.index(marker)])
            return f',scope="repository:{name}:pull{",push" if writing else ""}"'
    return ""


def _is_accepted(media_type: str, accept: str) -> bool:
    wanted = [part.split(";")[0].strip() for part in accept.split(",")]
    # A client that names nothing gets a plain Docker manifest and nothing newer, as distribution 2.8 has it.
    return media_type in wanted or (media_type == DOCKER_MANIFEST and wanted in ([""], ["*/*"]))


def _error(status: int, code: str, message: str, challenge: str | None = None) -> Reply:
    reply = json_reply({"errors": [{"code": code, "message": message, "detail": None}]}, status)
    return Reply(status, reply.body, {**reply.headers, **({"WWW-Authenticate": challenge} if challenge else {})})
