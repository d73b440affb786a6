"""Ask whether an address serves a file and whether a registry has an image; with time limits and a cache."""

from __future__ import annotations

import json
import os
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from conductor.config.places import cache_dir

TIMEOUT_S = 5.0
# An answer of the outside is believed for a day; "could not be asked" is never kept.
CACHE_S = 86_400.0
_MANIFESTS = ", ".join(
    f"application/vnd.{kind}+json"
    for kind in ("oci.image.index.v1", "oci.image.manifest.v1", "docker.distribution.manifest.list.v2")
)
_MANIFESTS += ", application/vnd.docker.distribution.manifest.v2+json"


def default_cache() -> Path:
    """Return where answers are kept between runs."""
    return cache_dir() / "lookup.json"


@dataclass(slots=True)
class HttpLookup:
    """Answers with HTTP; None means that it could not be asked (no network, a time-out, a server that fails)."""

    timeout_s: float = TIMEOUT_S
    cache: Path | None = field(default_factory=default_cache)
    _known: dict[str, tuple[float, bool]] | None = None

    def serves(self, address: str) -> bool | None:
        """Tell whether this address serves a file; only https, and http on this machine, are asked."""
        if not re.match(r"https://|http://(?:127\.0\.0\.1|localhost|\[::1\])[:/]", address):
            return None
        return self._remembered(address, lambda: _answers(_head(address, {}, self.timeout_s)))

    def has_image(self, reference: str) -> bool | None:
        """Tell whether the registry has a manifest for this reference; an anonymous token is fetched where it asks."""
        return self._remembered(f"image {reference}", lambda: self._manifest(reference))

    def is_public(self, name: str) -> bool | None:
        """Tell whether the registry lists this image's tags for an anonymous caller; False also where it has none.

        It is asked anew each time: what was just pushed, or opened to everybody, is not told wrongly for a day.
        """
        host, repository, _ = split_reference(name)
        address = f"{_scheme(host)}://{host}/v2/{repository}/tags/list?n=1"
        status, challenge = _ask(address, {}, self.timeout_s, "GET")
        if status == 401 and challenge:
            # What is private gets no anonymous token at all (GHCR), or one that opens nothing (Docker Hub).
            token = _token(challenge, self.timeout_s)
            if token is None:
                return False if _refuses_token(challenge, self.timeout_s) else None
            status, _ = _ask(address, {"Authorization": f"Bearer {token}"}, self.timeout_s, "GET")
        return False if status in {401, 403, 404} else _answers((status, None))

    def _manifest(self, reference: str) -> bool | None:
        host, name, tag = split_reference(reference)
        address = f"{_scheme(host)}://{host}/v2/{name}/manifests/{tag}"
        headers = {"Accept": _MANIFESTS}
        status, challenge = _head(address, headers, self.timeout_s)
        if status == 401 and challenge:
            token = _token(challenge, self.timeout_s)
            if token is None:
                return None
            status, _ = _head(address, {**headers, "Authorization": f"Bearer {token}"}, self.timeout_s)
            if status == 401:
                return None  # private, or gone: an anonymous caller is not told which
        return _answers((status, None))

    def _remembered(self, key: str, ask: object) -> bool | None:
        known = self._load()
        found = known.get(key)
        if found is not None and time.time() - found[0] < CACHE_S:
            return found[1]
        answer = ask() if callable(ask) else None
        if isinstance(answer, bool):
            known[key] = (time.time(), answer)
            self._save(known)
            return answer
        return None

    def _load(self) -> dict[str, tuple[float, bool]]:
        if self._known is None:
            self._known = {}
            try:
                rows = json.loads(self.cache.read_text()) if self.cache is not None else {}
                self._known = {str(key): (float(row[0]), bool(row[1])) for key, row in rows.items()}
            except (OSError, ValueError, TypeError, AttributeError, IndexError):
                self._known = {}
        return self._known

    def _save(self, known: dict[str, tuple[float, bool]]) -> None:
        if self.cache is None:
            return
        try:
            self.cache.parent.mkdir(parents=True, exist_ok=True)
            temporary = self.cache.with_name(f".{self.cache.name}.{os.getpid()}")
            temporary.write_text(json.dumps(known))
            temporary.replace(self.cache)
        except OSError:
            return  # a cache that cannot be written only costs time


def split_reference(reference: str) -> tuple[str, str, str]:
    """Return (registry host, repository, tag or digest) of an image reference."""
    name, _, digest = reference.partition("@")
    first, slash, rest = name.partition("/")
    host = first if slash and ("." in first or ":" in first or first == "localhost") else "registry-1.docker.io"
    path = rest if host == first else name
    repository, _, tag = path.partition(":")
    if host in {"docker.io", "index.docker.io"}:
        host = "registry-1.docker.io"
    if host == "registry-1.docker.io" and "/" not in repository:
        repository = f"library/{repository}"
    return host, repository, digest or tag or "latest"


def _scheme(host: str) -> str:
    return "http" if re.fullmatch(r"(127\.0\.0\.1|localhost)(:\d+)?", host) else "https"


def _answers(answer: tuple[int | None, str | None]) -> bool | None:
    status = answer[0]
    if status is None or status >= 500 or status in {401, 403, 405, 408, 429}:
        return None
    return status < 400


def _head(address: str, headers: dict[str, str], timeout_s: float) -> tuple[int | None, str | None]:
    return _ask(address, headers, timeout_s, "HEAD")


def _ask(address: str, headers: dict[str, str], timeout_s: float, method: str) -> tuple[int | None, str | None]:
    """Return (status, WWW-Authenticate) of a request; (None, None) where there is no answer."""
    request = urllib.request.Request(address, method=method, headers={"User-Agent": "conductor-preflight", **headers})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as answer:  # noqa: S310 - the scheme was checked
            return answer.status, None
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get("WWW-Authenticate")
    except (OSError, ValueError):
        return None, None


def _token_address(challenge: str) -> str | None:
    fields = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    realm = fields.pop("realm", "")
    if not re.match(r"https://|http://(?:127\.0\.0\.1|localhost)[:/]", realm):
        return None
    return f"{realm}?{urllib.parse.urlencode(fields)}"


def _refuses_token(challenge: str, timeout_s: float) -> bool:
    """Tell whether the token service answers an anonymous caller with a refusal."""
    address = _token_address(challenge)
    return address is not None and _ask(address, {}, timeout_s, "GET")[0] in {401, 403}


def _token(challenge: str, timeout_s: float) -> str | None:
    """Fetch the anonymous token that a registry's challenge describes."""
    address = _token_address(challenge)
    if address is None:
        return None
    try:
        with urllib.request.urlopen(address, timeout=timeout_s) as answer:  # noqa: S310 - the scheme was checked
            document = json.loads(answer.read(1_000_000))
    except (OSError, ValueError):
        return None
    token = document.get("token") or document.get("access_token") if isinstance(document, dict) else None
    return str(token) if token else None
