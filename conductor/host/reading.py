"""Reading a machine's files: what is missing or closed reads as nothing, in one place."""

from __future__ import annotations

import os
from datetime import UTC, datetime


def list_names(folder: str) -> list[str]:
    """Return the folder's names in order; none where it can't be listed."""
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def read_bytes(path: str) -> bytes | None:
    """Return the file's bytes, or None where it can't be read."""
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except OSError:
        return None


def read_text(path: str) -> str:
    """Return the file's text; empty where it can't be read."""
    return (read_bytes(path) or b"").decode("utf-8", "replace")


def date_of(path: str) -> str:
    """Return when the file or folder was changed: ISO 8601 in UTC with seconds; empty where it is gone."""
    try:
        return datetime.fromtimestamp(os.stat(path).st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except OSError:
        return ""
