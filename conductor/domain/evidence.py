"""Evidence: something was observed, by whom, when, and where it can be seen again."""

from __future__ import annotations

import enum
import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any

SCHEMA = 2  # of the lines that are written; lines of schema 1 have neither host nor hash
REFERENCE = re.compile(r"(?P<writer>[A-Za-z0-9][A-Za-z0-9._-]*)#(?P<seq>[1-9][0-9]*):(?P<sha>[0-9a-f]{8})")

_HASH = re.compile(r',"hash":"([0-9a-f]{64})"\}$')


class Outcome(enum.StrEnum):
    """What the observation said."""

    PASSED = "passed"
    FAILED = "failed"
    OBSERVED = "observed"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One observation.

    `subject` is what was observed: push, build = revision · image = digest · deployed, smoke, performance =
    `target@digest` · command, file, commit = name, path, revision · manual = who ·
    tool = the call · start = the task that began · diagnosis = what failed (`run 17 attempt 2`). `observed_at` is an
    ISO 8601 instant in UTC with seconds; `source` says where it can be seen again (a URL, a command, a file).
    """

    kind: str
    subject: str
    outcome: Outcome
    observed_at: str
    source: str
    detail: dict[str, Any] = field(default_factory=dict, hash=False)


class Standing(enum.StrEnum):
    """Who vouches for a line of the store.

    own: this host, by its keyed hash · reported: another host, whose key is not here · inherited: schema 1, from before
    lines carried a hash · forged: it names this host, and its hash is not this host's · stray: schema 1, and new.
    """

    OWN = "own"
    REPORTED = "reported"
    INHERITED = "inherited"
    FORGED = "forged"
    STRAY = "stray"

    @property
    def counts(self) -> bool:
        """Tell whether a line of that standing proves anything."""
        return not self.fault

    @property
    def fault(self) -> str:
        """Return why a line of that standing proves nothing, in words that follow its reference; else ''."""
        return _FAULTS.get(self, "")


_FAULTS = {
    Standing.FORGED: "names this host, and its hash is not this host's: it was written or changed by hand",
    Standing.STRAY: "is of schema 1, and stood in no commit from before lines carried their host's hash",
}


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """Evidence as it stands in a file: with its writer, its number (from 1), its place in the chain and its host.

    `host` is the id of the host that wrote it, None in schema 1, which knows no hosts.
    """

    writer: str
    seq: int
    prev: str | None
    evidence: Evidence
    sha256: str
    host: str | None = None
    standing: Standing = Standing.OWN

    @property
    def reference(self) -> str:
        """Return `<writer-id>#<seq>:<first 8 hex of the line's sha256>`."""
        return f"{self.writer}#{self.seq}:{self.sha256[:8]}"

    @property
    def told(self) -> str:
        """Return the reference, and the host where it is another one: what a person reads."""
        return f"{self.reference}, reported by {self.host}" if self.standing is Standing.REPORTED else self.reference


def render_body(seq: int, prev: str | None, host: str, evidence: Evidence) -> str:
    """Return the line without its hash: canonical JSON, keys in the order of the format."""
    return json.dumps(
        {
            "schema": SCHEMA,
            "seq": seq,
            "prev": prev,
            "host": host,
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


def add_hash(body: str, keyed_hash: str) -> str:
    """Return the line as it is written, without its newline: the body with its keyed hash (64 hex digits) last."""
    return f'{body[:-1]},"hash":"{keyed_hash}"}}'


def split_hash(line: str) -> tuple[str, str] | None:
    """Return the body that was hashed and the hash, or None where the line doesn't end with one."""
    match = _HASH.search(line)
    return (line[: match.start()] + "}", match[1]) if match else None


def hash_line(line: str) -> str:
    """Return the sha256 (64 hex digits) of the line without its newline."""
    return hashlib.sha256(line.encode("utf-8")).hexdigest()
