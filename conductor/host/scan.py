"""Take the inventory of a machine, with a cache that knows what did not change."""

from __future__ import annotations

import contextlib
import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from conductor.host.distributions import read_site
from conductor.host.interpreters import find_interpreters
from conductor.host.layout import HostLayout
from conductor.host.model import Distribution, Interpreter, Inventory
from conductor.host.owners import Owners, load_owners, stamp_of
from conductor.host.packages import Packages, load_packages
from conductor.host.tools import find_tools

_CACHE_SCHEMA = 1


def take_inventory(layout: HostLayout, now: datetime, cache_file: Path | None = None) -> Inventory:
    """Return everything on the machine at this instant; starts no interpreter and needs no rights.

    A cache that is missing, damaged or cannot be written costs time, nothing else.
    """
    cache = _load_cache(cache_file, layout)
    owners, packages, system = _system(layout, cache)
    interpreters, problems = find_interpreters(layout, owners)
    sites: dict[str, Any] = {}
    distributions: list[Distribution] = []
    for site in _sites_of(layout, interpreters):
        found, sites[site], unreadable = read_site(layout, site, owners, cache.get("sites", {}).get(site, {}))
        distributions += found
        problems += unreadable
    _save_cache(cache_file, {"schema": _CACHE_SCHEMA, "root": layout.root, "system": system, "sites": sites}, cache)
    return Inventory(
        taken_at=now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        interpreters=tuple(interpreters),
        distributions=tuple(distributions),
        tools=tuple(find_tools(layout)),
        problems=tuple(sorted(set(problems), key=lambda one: (one.path, one.code))),
        unmanaged=tuple(_lost_markers(layout, owners)),
        packages=packages,
    )


def _sites_of(layout: HostLayout, interpreters: list[Interpreter]) -> list[str]:
    named = [os.path.realpath(layout.at(site)) for one in interpreters for site in one.sites]
    loose = [os.path.realpath(site) for site in layout.loose_sites()]
    return [site for site in dict.fromkeys(named + loose) if not layout.is_in_project(site)]


def _system(layout: HostLayout, cache: dict[str, Any]) -> tuple[Owners, Packages, dict[str, Any]]:
    """Return owners and packages, from the cache where no package manager's file has another time."""
    stamp = stamp_of(layout)
    known = cache.get("system", {})
    if known.get("stamp") == stamp:
        return known["owners"], known["packages"], known
    owners, packages = load_owners(layout), load_packages(layout)
    return owners, packages, {"stamp": stamp, "owners": owners, "packages": packages}


def _lost_markers(layout: HostLayout, owners: Owners) -> list[str]:
    """Return PEP 668's markers that an OS package brought and somebody removed."""
    return sorted(
        path for path in owners if path.endswith("/EXTERNALLY-MANAGED") and not os.path.exists(layout.at(path))
    )


def _load_cache(path: Path | None, layout: HostLayout) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        cache = json.loads(path.read_bytes())
        usable = cache["schema"] == _CACHE_SCHEMA and cache["root"] == layout.root
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return cache if usable else {}


def _save_cache(path: Path | None, cache: dict[str, Any], before: dict[str, Any]) -> None:
    if path is None or cache == before:
        return
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary.write_text(json.dumps(cache), encoding="utf-8")
        temporary.replace(path)
    except OSError:
        # A cache that can't be written costs time, nothing else.
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
