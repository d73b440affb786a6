"""Read the distributions of a package folder; what did not change since last time is not read again."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any

from conductor.domain.secret import redact
from conductor.domain.text import one_line
from conductor.host.layout import HostLayout
from conductor.host.model import Distribution, Problem
from conductor.host.owners import Owners
from conductor.host.reading import date_of, list_names, read_bytes

# entry name -> [the times and size its metadata had, the distribution as JSON]
SiteCache = dict[str, list[Any]]
_ENDINGS = (".dist-info", ".egg-info", ".egg-link")


def read_site(
    layout: HostLayout, site: str, owners: Owners, cached: SiteCache
) -> tuple[list[Distribution], SiteCache, list[Problem]]:
    """Return the folder's distributions by name, its new cache, and what could not be read.

    `site` is a real path on this disk. Owners are looked up every time: they have their own cache.
    """
    problems: list[Problem] = []
    fresh: SiteCache = {}
    found = []
    for name in _metadata_names(layout, site, problems):
        path = os.path.join(site, name)
        stamp = _stamp(path)
        known = cached.get(name)
        row = known[1] if known and known[0] == stamp else _read(layout, site, name, problems)
        if row is None:
            continue
        fresh[name] = [stamp, row]
        found.append(Distribution(**{**row, "owner": owners.get(layout.shown(path))}))
    bundled = _bundled(site) if any(one.key[1] in ("pip", "setuptools", "wheel") for one in found) else frozenset()
    marked = [
        _with_bundled(one) if (one.key[1], one.version) in bundled and one.direct_url is None else one for one in found
    ]
    return sorted(marked, key=lambda one: (one.key, one.version)), fresh, problems


def _with_bundled(distribution: Distribution) -> Distribution:
    from dataclasses import replace

    return replace(distribution, bundled=True)


def _metadata_names(layout: HostLayout, site: str, problems: list[Problem]) -> list[str]:
    try:
        return sorted(name for name in os.listdir(site) if name.endswith(_ENDINGS) and not name.startswith("~"))
    except OSError as error:
        message = error.strerror or "it cannot be read"
        problems.append(Problem("HOST-READ-001", layout.shown(site), message))
        return []


def _stamp(path: str) -> list[int]:
    """Return the times and sizes that change with the metadata: the folder's and its RECORD's."""
    stamp: list[int] = []
    for name in (path, path + "/RECORD"):
        try:
            status = os.stat(name)
        except OSError:
            continue
        stamp += [status.st_mtime_ns, status.st_size]
    return stamp


def _read(layout: HostLayout, site: str, entry: str, problems: list[Problem]) -> dict[str, Any] | None:
    path = os.path.join(site, entry)
    if os.path.isdir(path) and not os.access(path, os.R_OK | os.X_OK):
        problems.append(Problem("HOST-READ-001", layout.shown(path), "Permission denied"))
    stem, _, ending = entry.rpartition(".")
    name, _, version = stem.partition("-")
    if ending == "egg-info":
        version = version.partition("-py")[0]
    described = _described(path)
    record = read_bytes(os.path.join(path, "RECORD"))
    return {
        "site": layout.shown(site),
        "name": described.get("name") or name,
        "version": described.get("version") or version or "?",
        "installer": "develop" if ending == "egg-link" else _text(os.path.join(path, "INSTALLER")),
        "requested": os.path.exists(os.path.join(path, "REQUESTED")),
        "direct_url": _direct_url(path),
        "record": hashlib.sha256(record).hexdigest() if record is not None else None,
        "owner": None,
        "dated": date_of(path),
    }


def _described(path: str) -> dict[str, str]:
    """Return Name and Version from METADATA or PKG-INFO: its first lines, before the description."""
    places = [path] if os.path.isfile(path) else [path + "/METADATA", path + "/PKG-INFO"]
    for place in places:
        try:
            with open(place, "rb") as stream:
                head = stream.read(4096).decode("utf-8", "replace")
        except OSError:
            continue
        fields = {}
        for line in head.partition("\n\n")[0].splitlines():
            key, colon, value = line.partition(":")
            if colon and key in ("Name", "Version"):
                fields[key.lower()] = one_line(value, 200)
        return fields
    return {}


def _direct_url(path: str) -> str | None:
    """Return where a distribution that came from no index came from (PEP 610), without credentials."""
    content = read_bytes(os.path.join(path, "direct_url.json"))
    if content is None:
        return None
    try:
        data = json.loads(content)
        editable = bool(data.get("dir_info", {}).get("editable"))
        return redact(one_line(str(data["url"]), 500)) + (" (editable)" if editable else "")
    except (ValueError, KeyError, AttributeError):
        return "unreadable direct_url.json"


def _bundled(site: str) -> frozenset[tuple[str, str]]:
    """Return the distributions that the standard library beside this folder brings along for ensurepip."""
    folder = os.path.join(os.path.dirname(site), "ensurepip", "_bundled")
    wheels = list_names(folder)
    return frozenset((parts[0].lower(), parts[1]) for parts in (name.split("-") for name in wheels) if len(parts) > 2)


def _text(path: str) -> str | None:
    content = read_bytes(path)
    return one_line(content.decode("utf-8", "replace"), 80) or None if content is not None else None
