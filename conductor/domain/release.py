"""A release's names: its id, its outcomes, and the images that stand behind a target."""

from __future__ import annotations

import enum
import re
from datetime import datetime

RELEASE_ID = re.compile(r"r-\d{8}-\d{6}-[0-9a-f]{7}")


class ReleaseOutcome(enum.StrEnum):
    """How a release ended."""

    VERIFIED = "verified"
    STOPPED = "stopped"
    ROLLED_BACK = "rolled_back"
    ROLLBACK_FAILED = "rollback_failed"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"


def release_id(at: datetime, revision: str) -> str:
    """Return `r-YYYYMMDD-HHMMSS-<7 hex of the revision>`; `at` is in the configured time zone."""
    return f"r-{at:%Y%m%d-%H%M%S}-{revision[:7]}"


def is_release_id(text: str) -> bool:
    """Tell whether the text has the form of a release's id."""
    return RELEASE_ID.fullmatch(text) is not None


def digest_of_reference(image: str) -> str | None:
    """Return the digest in `name@sha256:…`, or None where the reference has none."""
    _, at, digest = image.rpartition("@")
    return digest if at else None
