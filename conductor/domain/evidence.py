"""Evidence: something was observed, by whom, when, and where it can be seen again."""

from __future__ import annotations

import enum
import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any

REFERENCE = re.compile(r"(?P<writer>[A-Za-z0-9][A-Za-z0-9._-]*)#(?P<seq>[1-9][0-9]*):(?P<sha>[0-9a-f]{8})")


class Outcome(enum.StrEnum):
    """What the observation said."""

    PASSED = "passed"
    FAILED = "failed"
    OBSERVED = "observed"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One observation.

    `subject` is what was observed: push, build = revision · image = digest · deployed, smoke, performance =
    `target@digest` · command, file, commit = name, path, revision · manual = who · tool = the call. `observed_at` is an
    ISO 8601 instant in UTC with seconds; `source` says where it can be seen again (a URL, a command, a file).
    """

    kind: str
    subject: str
    outcome: Outcome
    observed_at: str
    source: str
    detail: dict[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """Evidence as it stands in a file: with its writer, its number (from 1) and its place in the chain."""

    writer: str
    seq: int
    prev: str | None
    evidence: Evidence
    sha256: str

    @property
    def reference(self) -> str:
        """Return `<writer-id>#<seq>:<first 8 hex of the line's sha256>`."""
        return f"{self.writer}#{self.seq}:{self.sha256[:8]}"


def render_line(seq: int, prev: str | None, evidence: Evidence) -> str:
    """Return the line, without its newline: canonical JSON, keys in the order of the format."""
    return json.dumps(
        {
            "schema": 1,
            "seq": seq,
            "prev": prev,
            "kind": evidence.kind,
            "subject": evidence.subject,
            "outcome": str(evidence.outcome),
            "observed_at": evidence.observed_at,
            "source": evidence.source,
            "detail": evidence.detail,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def hash_line(line: str) -> str:
    """Return the sha256 (64 hex digits) of the line without its newline."""
    return hashlib.sha256(line.encode("utf-8")).hexdigest()
