"""The action that a step uses: its name, the version that is asked for, and what is known of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from conductor.workflows.located import Table, place_of_key

_SHA = re.compile(r"[0-9a-f]{40}")
_VERSION = re.compile(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?")


@dataclass(frozen=True, slots=True)
class Used:
    """`owner/repository[/path]` in lower case, what stands behind `@`, and the version as numbers where it is one.

    Of a full commit id, the version is what the comment behind it says; empty where nothing says it.
    """

    name: str
    reference: str
    version: tuple[int, ...]
    pinned: bool
    line: int
    column: int


def used_by(step: Table, lines: tuple[str, ...]) -> Used | None:
    """Return the action of a step, None for a script, a local action, a container and one that can't be seen."""
    text = str(step.get("uses") or "")
    name, at, reference = text.partition("@")
    if not at or text.startswith(("./", "docker://")) or "${{" in text:
        return None
    line, column = getattr(step["uses"], "line", 1), getattr(step["uses"], "column", 1)
    pinned = _SHA.fullmatch(reference) is not None
    said = reference
    if pinned:
        source = lines[line - 1] if line <= len(lines) else ""
        said = source.partition("#")[2].strip().split(" ")[0]
        said = said.partition("@")[2] or said
    match = _VERSION.fullmatch(said)
    version = tuple(int(part) for part in match.groups() if part is not None) if match else ()
    return Used(name.lower(), reference, version, pinned, line, column)


def input_of(step: Any, name: str) -> Any:
    """Return an input of a step's action, as it is written; None where it is not given."""
    given = step.get("with") if isinstance(step, Table) else None
    if not isinstance(given, Table):
        return None
    return next((value for key, value in given.items() if key.lower() == name), None)


def place_of_input(step: Table, name: str) -> tuple[int, int]:
    """Return where an input stands, or the step's `with` where it is not given."""
    given = step.get("with")
    if isinstance(given, Table):
        found = next((key for key in given if key.lower() == name), None)
        if found is not None:
            return place_of_key(given, found)
    return place_of_key(step, "with" if "with" in step else "uses")
