"""Revisions and digests: the two names that cannot move."""

from __future__ import annotations

import hashlib
import re

REVISION = re.compile(r"[0-9a-f]{40}")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def is_revision(text: str) -> bool:
    """Tell whether the text is a full commit id: 40 lower-case hex digits."""
    return REVISION.fullmatch(text) is not None


def is_digest(text: str) -> bool:
    """Tell whether the text is `sha256:` and 64 lower-case hex digits."""
    return DIGEST.fullmatch(text) is not None


def digest_of(content: bytes) -> str:
    """Return the digest of the bytes as they were received."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def short(name: str) -> str:
    """Return what a person reads: 7 hex of a revision, `sha256:` and 4 hex of a digest."""
    return name[:11] + "…" if name.startswith("sha256:") else name[:7]
