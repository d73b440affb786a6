"""Findings of an area that looks at files only, remembered until one of the files changes."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from conductor.domain.finding import Confidence, Finding, Location, Severity

_SCHEMA = 1
# Beyond this, looking at every file's time costs as much as it saves.
_MAX_FILES = 20_000
_NOT_LOOKED_AT = frozenset({".git", ".venv", "venv", "node_modules", "__pycache__", ".mypy_cache", ".ruff_cache"})


def remember(folder: Path, root: Path, facts: str, find: Callable[[], list[Finding]]) -> list[Finding]:
    """Return what `find` found the last time all files below the root were as they are now; else ask it.

    `facts` is what the answer depends on beside the files: the settings. A damaged cache costs time, nothing else.
    """
    key = stamp_tree(root, facts)
    if key is None:
        return find()
    name = hashlib.sha256(os.fsencode(root)).hexdigest()[:12]
    path = folder / f"check-{name}.json"
    try:
        known = json.loads(path.read_bytes())
        if known["schema"] == _SCHEMA and known["key"] == key:
            return [read_finding(row) for row in known["findings"]]
    except (OSError, ValueError, KeyError, TypeError):
        pass
    found = find()
    _save(path, {"schema": _SCHEMA, "key": key, "findings": [finding.as_json() for finding in found]})
    return found


def stamp_tree(root: Path, facts: str) -> str | None:
    """Return a hash of the facts and of every file's path, size and time, Conductor's own too; None for too many."""
    import conductor

    own = Path(conductor.__file__).parent
    digest = hashlib.sha256(f"{conductor.__version__}\0{facts}".encode("utf-8", "surrogateescape"))
    count = 0
    for top, skipped in ((root, _NOT_LOOKED_AT), (own / "preflight", frozenset()), (own / "knowledge", frozenset())):
        for folder, folders, names in os.walk(top):
            folders[:] = sorted(name for name in folders if name not in skipped and name != "__pycache__")
            count += len(names)
            if count > _MAX_FILES:
                return None
            for name in sorted(names):
                place = os.path.join(folder, name)  # noqa: PTH118 - a Path for each file costs more than the work
                try:
                    status = os.lstat(place)
                except OSError:
                    continue
                digest.update(os.fsencode(f"{place}\0{status.st_size}\0{status.st_mtime_ns}\0{status.st_mode}\n"))
    return digest.hexdigest()


def read_finding(row: dict[str, Any]) -> Finding:
    """Return the finding whose JSON form this is; raises KeyError, TypeError or ValueError for anything else."""
    where = Location(row["path"], row["line"], row["column"], row["end_line"]) if row["path"] is not None else None
    return Finding(
        row["code"],
        row["message"],
        row["remedy"],
        Severity(row["severity"]),
        Confidence(row["confidence"]),
        where,
        tuple(row["context"]),
        row["docs"],
        row["fix"],
        row.get("data", {}),
    )


def _save(path: Path, body: dict[str, Any]) -> None:
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(body), encoding="utf-8")
        temporary.replace(path)
    except (OSError, ValueError, TypeError):
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
