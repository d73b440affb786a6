"""Record files that a merge has left unsettled: conflict markers in their text, or git's index calling them unmerged.

No command writes into such a file. Markers that a record only quotes, in a fence or indented, are text like any other.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from conductor.errors import RecordSyntaxError
from conductor.ports.git import Repository
from conductor.records.document import Document
from conductor.records.files import read_bytes
from conductor.records.grammar import FENCE
from conductor.records.headings import with_plain_line_ends

REMERGE = "conductor records merge-driver install merges it anew by meaning; or settle it by hand, then: git add {path}"
_QUOTED = "; markers that are only quoted belong into a fence (```)"


@cache
def _marker() -> re.Pattern[bytes]:
    fence = rb"[ \t]*(?:[-*+][ \t]+)?(?P<fence>" + FENCE.encode() + rb")[^\n]*"
    marks = rb"(?P<start><{7,})(?:[ \t][^\n]*)?|(?P<middle>={7,})[ \t]*|(?P<end>>{7,})(?:[ \t][^\n]*)?"
    return re.compile(rb"(?m)^(?:" + marks + rb"|" + fence + rb")$")


def find_conflicts(plain: bytes) -> list[int]:
    """Return where conflicts stand in a text with LF line ends: the offset of each one's first marker.

    An end without a beginning counts where a line of `=======` stands above it: half of the markers were removed.
    """
    found: list[int] = []
    if b"<<<<<<<" not in plain and b">>>>>>>" not in plain:
        return found
    fence, inside, half = b"", False, False
    for match in _marker().finditer(plain):
        kind = match.lastgroup
        if inside:
            inside = kind != "end"
        elif fence:
            closes = kind == "fence" and match["fence"].startswith(fence) and match[0].strip() == match["fence"]
            fence = b"" if closes else fence
        elif kind == "fence":
            fence = match["fence"]
        elif kind == "start" or (kind == "end" and half):
            found.append(match.start())
            inside, half = kind == "start", False
        else:
            half = half or kind == "middle"
    return found


def describe_conflict(root: Path, name: str) -> str | None:
    """Return what a reader of the file is told where it holds conflict markers, or None."""
    content = read_bytes(root / name) or b""
    conflicts = find_conflicts(with_plain_line_ends(content))
    if not conflicts:
        return None
    line = content.count(b"\n", 0, conflicts[0]) + 1
    return f"{name}:{line} holds a conflict that a merge left: {REMERGE.format(path=name)}"


def refuse_unsettled(repository: Repository, document: Document) -> None:
    """Raise RecordSyntaxError where the file holds a conflict, or git calls it unmerged."""
    conflicts = find_conflicts(document.plain)
    if conflicts:
        raise RecordSyntaxError(
            "the file holds conflict markers, so nothing was written",
            hint=REMERGE.format(path=document.path) + _QUOTED,
            path=document.path,
            line=document.line_of(conflicts[0]),
        )
    if repository.unmerged([document.path]):
        raise RecordSyntaxError(
            "git calls the file unmerged, so nothing was written",
            hint=REMERGE.format(path=document.path),
            path=document.path,
        )
