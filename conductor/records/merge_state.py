"""Whether this clone merges records by meaning: told where it matters, with the one command that puts it right."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from conductor.records.files import read_bytes

if TYPE_CHECKING:
    from conductor.domain.finding import Finding
    from conductor.records.store import Records

ATTRIBUTES = ".gitattributes"
SECTION = "merge.conductor"
INSTALL = "conductor records merge-driver install"
_REMEDY = f"{INSTALL} registers it for this clone, and merges anew what a merge left in conflict"


def is_registered(records: Records) -> bool:
    """Tell whether the driver is registered, or the repository is one that never meets another: it has no remote.

    Reads the clone's configuration as a file; git is asked only where that says no.
    """
    config = read_bytes(records.repository.common_dir / "config") or b""
    if b'[merge "conductor"]' in config:
        return True
    if b"[remote " not in config and not _is_asked_for(records):
        return True
    return bool(_driver(records))


def driver_notice(records: Records) -> str | None:
    """Return what a person or an agent is told where the driver is not registered, or None."""
    return None if is_registered(records) else f"Records are not merged by meaning in this clone: {INSTALL}"


def check_driver(records: Records) -> list[Finding]:
    """Return a finding where the driver is not registered though it is asked for, or can't be started any more."""
    from conductor.domain.finding import Finding, Location, Severity
    from conductor.records.lint_place import DOCS

    asked = _is_asked_for(records)
    severity = Severity.WARNING if asked else Severity.ADVICE
    where = Location(ATTRIBUTES) if asked else None
    if not is_registered(records):
        said = "this clone does not merge records by meaning: two branches that write records conflict at every entry"
        return [Finding("REC-MERGE-001", said, _REMEDY, severity, location=where, docs=DOCS)]
    import shutil

    words = _words(_driver(records))
    if words and not (os.access(words[0], os.X_OK) or shutil.which(words[0])):
        said = f"the merge driver of this clone can't be started: {words[0]} is not there"
        return [Finding("REC-MERGE-001", said, _REMEDY, Severity.WARNING, location=where, docs=DOCS)]
    return []


def _is_asked_for(records: Records) -> bool:
    return b"merge=conductor" in (read_bytes(records.root / ATTRIBUTES) or b"")


def _driver(records: Records) -> str:
    return records.repository.run("config", "--get", f"{SECTION}.driver", check=False).stdout.decode().strip()


def _words(command: str) -> list[str]:
    import shlex

    try:
        return shlex.split(command)
    except ValueError:
        return []
