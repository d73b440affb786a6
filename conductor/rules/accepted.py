"""Findings accepted at adoption: `.conductor/accepted.yaml`, committed, each with its reason.

A fingerprint is the sha256 of code, path and message without numbers of lines and dates, and of the quoted line: moving
code up or down keeps it, changing it does not. Equal findings in one file are numbered.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from conductor.domain.finding import Finding
from conductor.domain.text import one_line
from conductor.errors import RecordSyntaxError

FILE = ".conductor/accepted.yaml"
VERSION = 1
_MOVING = re.compile(r"\b\d{4}-\d{2}-\d{2}(?:[T ][0-9:]+Z?)?|(?<=:)\d+(?::\d+)?\b|\blines? \d+(?:-\d+)?")


@dataclass(frozen=True, slots=True)
class Accepted:
    """One accepted finding; `at` is a date, `area` what `conductor check` calls the part it belongs to."""

    fingerprint: str
    area: str
    code: str
    path: str | None
    message: str
    why: str
    at: str


def fingerprints(findings: Iterable[Finding]) -> list[tuple[Finding, str]]:
    """Return each finding with its fingerprint: 16 hex digits, and `#2`, `#3` … for equal ones."""
    seen: Counter[str] = Counter()
    marked = []
    for finding in findings:
        path = finding.location.path if finding.location else ""
        quoted = finding.context[0].partition("|")[2].strip() if finding.context else ""
        text = "\0".join((finding.code, path, _MOVING.sub("", one_line(finding.message)), quoted))
        digest = hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]
        seen[digest] += 1
        marked.append((finding, digest if seen[digest] == 1 else f"{digest}#{seen[digest]}"))
    return marked


def load_accepted(root: Path) -> list[Accepted]:
    """Return what was accepted; nothing where there is no file. Raises RecordSyntaxError for a damaged one."""
    try:
        text = (root / FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged("it can't be read as UTF-8 text") from error
    import yaml

    try:
        data = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - the safe loader
    except yaml.YAMLError as error:
        raise _damaged("it is not YAML") from error
    return _parse(data)


def _parse(data: Any) -> list[Accepted]:
    if not isinstance(data, dict) or not isinstance(data.get("version"), int):
        raise _damaged("it has no version")
    if data["version"] > VERSION:
        raise RecordSyntaxError(
            f"{FILE} has version {data['version']}; this Conductor knows {VERSION}",
            hint=f"install a Conductor that reads version {data['version']}",
            path=FILE,
        )
    try:
        return [Accepted(**{**row, "at": str(row["at"])}) for row in data.get("findings") or []]
    except (TypeError, KeyError) as error:
        raise _damaged("an entry lacks a key or has one too many") from error


def _damaged(why: str) -> RecordSyntaxError:
    return RecordSyntaxError(
        f"the accepted findings can't be read: {why}", hint=f"git restore {FILE}, or remove it", path=FILE
    )


def accept(
    before: list[Accepted], found: dict[str, list[Finding]], *, why: str, at: str
) -> tuple[list[Accepted], int, int]:
    """Return the new list, and how many findings were added and dropped.

    `found` holds each checked area's findings. What was accepted before keeps its reason; what is no longer found in a
    checked area is dropped, so that it is new when it comes back.
    """
    known = {row.fingerprint: row for row in before}
    kept = [row for row in before if row.area not in found]
    added = 0
    for area, findings in found.items():
        for finding, fingerprint in fingerprints(findings):
            row = known.get(fingerprint)
            if row is None:
                added += 1
                path = finding.location.path if finding.location else None
                row = Accepted(fingerprint, area, finding.code, path, one_line(finding.message, 300), why, at)
            kept.append(row)
    kept.sort(key=lambda row: (row.area, row.path or "", row.code, row.fingerprint))
    dropped = len(set(known) - {row.fingerprint for row in kept})
    return kept, added, dropped


def save_accepted(root: Path, rows: list[Accepted]) -> None:
    """Write the file; its folder is made where it is not there."""
    import yaml

    from conductor.records.files import write_atomically

    body = {"version": VERSION, "findings": [asdict(row) for row in rows]}
    text = yaml.safe_dump(body, sort_keys=False, allow_unicode=True, width=110)
    (root / FILE).parent.mkdir(parents=True, exist_ok=True)
    head = "# Findings accepted when Conductor was adopted: conductor check --new leaves them out.\n"
    write_atomically(root / FILE, (head + text).encode("utf-8"))


def split_new(found: dict[str, list[Finding]], accepted: list[Accepted]) -> tuple[list[Finding], list[Finding]]:
    """Return the findings that were not accepted, and those that were."""
    known = {row.fingerprint for row in accepted}
    marked = [pair for findings in found.values() for pair in fingerprints(findings)]
    new = [finding for finding, fingerprint in marked if fingerprint not in known]
    old = [finding for finding, fingerprint in marked if fingerprint in known]
    return new, old
