"""Find words in everything that is on record, archives and memories included."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from conductor.domain.text import one_line
from conductor.errors import UsageProblem
from conductor.records.document import Document
from conductor.records.files import ERRORS, JOURNAL, JOURNAL_ARCHIVE, TASK_ARCHIVE, TASKS
from conductor.records.headings import scan_headings
from conductor.records.markup import unescape_title
from conductor.records.memories import memory_paths
from conductor.records.store import Records

KINDS = ("task", "journal", "error", "memory")


@dataclass(frozen=True, slots=True)
class Hit:
    """A section that holds the words: its heading, the first line that does, and how many lines do."""

    kind: str
    path: str
    line: int
    heading: str
    text: str
    count: int

    def as_json(self) -> dict[str, Any]:
        """Return the stable JSON form."""
        return {
            "kind": self.kind,
            "path": self.path,
            "line": self.line,
            "heading": self.heading,
            "text": self.text,
            "count": self.count,
        }

    def render(self) -> str:
        """Return the line a person reads."""
        more = f" (+{self.count - 1})" if self.count > 1 else ""
        return f"{self.path}:{self.line}: {one_line(self.heading, 80)}: {one_line(self.text, 160)}{more}"


def search_records(records: Records, words: str, *, kinds: Sequence[str] = KINDS) -> list[Hit]:
    """Return the sections that hold the words (in any case, as one string), by file, latest archives last.

    A file that is not UTF-8 text is searched as far as its bytes go.
    """
    wanted = words.strip()
    if not wanted:
        raise UsageProblem("there is nothing to search for", hint='conductor search "flash-attn"')
    hits: list[Hit] = []
    for kind, name in _files(records, kinds):
        try:
            content = (records.root / name).read_bytes()
        except OSError:
            continue
        hits += _search_file(Document(content, name), kind, wanted)
    return hits


def _files(records: Records, kinds: Sequence[str]) -> list[tuple[str, str]]:
    names = {
        "task": [TASKS, *records.archives(TASK_ARCHIVE)],
        "journal": [JOURNAL, *records.archives(JOURNAL_ARCHIVE)],
        "error": [ERRORS],
        "memory": memory_paths(records),
    }
    return [(kind, name) for kind in kinds for name in names[kind]]


def _search_file(document: Document, kind: str, wanted: str) -> list[Hit]:
    if wanted.isascii():
        haystack, needle = document.content.lower(), wanted.lower().encode()
        offsets = _offsets(haystack, needle)
    else:
        offsets = _offsets_folded(document.content, wanted)
    if not offsets:
        return []
    headings = [heading for heading in scan_headings(document.content) if heading.level <= 3]
    starts = [heading.start for heading in headings]
    found: dict[int, list[int]] = {}
    for offset in offsets:
        found.setdefault(bisect_right(starts, offset) - 1, []).append(offset)
    hits = []
    for index, places in found.items():
        title = unescape_title(headings[index].text) if index >= 0 else document.path
        start = max(document.content.rfind(b"\n", 0, places[0]), document.content.rfind(b"\r", 0, places[0])) + 1
        end = document.plain.find(b"\n", places[0])
        text = document.content[start : end if end >= 0 else None].decode("utf-8", "replace").strip()
        hits.append(Hit(kind, document.path, document.line_of(places[0]), title, text, len(places)))
    return hits


def _offsets(haystack: bytes, needle: bytes) -> list[int]:
    """Return the first place of the needle in each line that holds it."""
    found, at = [], haystack.find(needle)
    while at >= 0:
        found.append(at)
        line_end = haystack.find(b"\n", at)
        at = haystack.find(needle, line_end) if line_end >= 0 else -1
    return found


def _offsets_folded(content: bytes, wanted: str) -> list[int]:
    # Folding changes lengths, so lines that hold the words are found first and then placed.
    needle, found, at = wanted.casefold(), [], 0
    for line in content.split(b"\n"):
        if needle in line.decode("utf-8", "replace").casefold():
            found.append(at)
        at += len(line) + 1
    return found
