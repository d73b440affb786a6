"""Read and write JOURNAL.md: dated entries, in the order the file already has.

An entry is `## YYYY-MM-DD HH:MM` and below it `### Title |TASK:TASK-…|` with What, Why, How, Issues and Result. One
date may hold several titles, and a title may stand on the date's own line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, pairwise
from typing import Any

from conductor.errors import UsageProblem
from conductor.records.acknowledged import acknowledge
from conductor.records.document import Document
from conductor.records.files import JOURNAL, JOURNAL_ARCHIVE
from conductor.records.grammar import Stamp, find_links, parse_field, read_stamp, stamped_heading, without_links
from conductor.records.markup import clean_text, clean_title, escape_title, from_list_item, list_item, unescape_title
from conductor.records.sections import items
from conductor.records.store import Records
from conductor.records.task_layout import block_edit
from conductor.records.templates import render_template

FIELDS = ("What", "Why", "How", "Issues", "Result")
_RULE = re.compile(rb"\n {0,3}---+[ \t]*\n+\Z")


@dataclass(frozen=True, slots=True)
class Entry:
    """One title of the journal; `stamp` is `YYYY-MM-DD HH:MM` or the day alone, `start` and `end` are its bytes."""

    stamp: str | None
    title: str
    links: tuple[tuple[str, str], ...]
    path: str
    line: int
    start: int
    end: int

    def names(self, record_id: str) -> bool:
        """Tell whether the entry's title links to that task or error."""
        return any(link == record_id for _, link in self.links)

    def as_json(self) -> dict[str, Any]:
        """Return the stable JSON form."""
        by_kind = dict(reversed(self.links))
        return {
            "at": self.stamp,
            "title": self.title,
            "task": by_kind.get("TASK"),
            "error": by_kind.get("ERROR"),
            "path": self.path,
            "line": self.line,
        }


@dataclass(frozen=True, slots=True)
class NewEntry:
    """What a person says; empty fields are left out. A journal that holds the text `once` gets no second entry."""

    title: str
    what: str = ""
    why: str = ""
    how: str = ""
    issues: str = ""
    result: str = ""
    task: str | None = None
    error: str | None = None
    once: str | None = None


class JournalFile:
    """JOURNAL.md or one file of its archive."""

    def __init__(self, document: Document) -> None:
        self.document = document

    @cached_property
    def dates(self) -> list[tuple[str, int]]:
        """Return the date and the heading's index of every dated `##` heading, in the file's order."""
        found = []
        headings = self.document.headings
        for index, level in enumerate(headings.levels):
            match = stamped_heading().match(headings.plain, headings.starts[index]) if level == 2 else None
            if match:
                day, time = match.groups(default=b"")
                found.append(((day + b" " + time if time else day).decode("ascii"), index))
        return found

    @cached_property
    def stamp_at(self) -> dict[int, str]:
        """Return the date of every dated heading by its index."""
        return {index: stamp for stamp, index in self.dates}

    @cached_property
    def newest_first(self) -> bool:
        """Tell which order the file keeps: where its latest date stands, else what most neighbours do."""
        stamps = [stamp for stamp, _ in self.dates]
        if len(stamps) < 2 or stamps[0] == max(stamps):
            return True
        if stamps[-1] == max(stamps):
            return False
        pairs = list(pairwise(stamps))
        return sum(first > second for first, second in pairs) >= sum(first < second for first, second in pairs)

    def entries(self) -> Iterator[Entry]:
        """Yield the entries in the file's order."""
        document = self.document
        headings = document.headings
        stamp: Stamp | None = None
        for index, level in enumerate(headings.levels):
            if level not in {2, 3}:
                continue
            heading = headings[index]
            if heading.level == 2:
                stamp = read_stamp(heading.text)
                following = headings[index + 1].level if index + 1 < len(headings) else 0
                if stamp and (following != 3 or stamp.rest.strip(" -:") != ""):
                    yield self._entry(index, stamp, stamp.rest.strip(" -:#") or stamp.text)
            elif heading.level == 3 and (stamp is not None or find_links(heading.text)):
                yield self._entry(index, stamp, heading.text)

    def _entry(self, index: int, stamp: Stamp | None, text: str) -> Entry:
        heading = self.document.headings[index]
        title = unescape_title(without_links(text).strip())
        line = self.document.line_of(heading.start)
        end = self.document.section_end(index, level=3)
        return Entry(
            stamp.text if stamp else None, title, find_links(text), self.document.path, line, heading.start, end
        )

    def fields(self, entry: Entry) -> list[tuple[str, str]]:
        """Return the entry's `**Name**: text` items in order."""
        found = []
        start = self.document.content.find(b"\n", entry.start, entry.end) + 1 or entry.end
        for begin, end in items(self.document, start, entry.end):
            text = self.document.plain[begin:end].decode("utf-8", "replace").rstrip()
            field = parse_field(text)
            if field:
                found.append((field[0], from_list_item(field[1])))
        return found

    def place(self) -> int:
        """Return the offset where a new entry goes."""
        document = self.document
        if not self.dates:
            first = next((heading for heading in document.headings if heading.level == 2), None)
            return first.start if first else len(document.content)
        if self.newest_first:
            return document.headings[self.dates[0][1]].start
        return document.section_end(self.dates[-1][1], level=2)

    def separated(self) -> bool:
        """Tell whether the file writes a rule (`---`) between its entries."""
        plain = self.document.plain
        starts = [self.document.headings[index].start for _, index in self.dates[1:9]]
        return bool(starts) and all(_RULE.search(plain, max(0, start - 80), start) for start in starts)


def add_entry(records: Records, wish: NewEntry) -> Entry:
    """Write an entry with the present time where the file's order puts it, and return it."""
    with records.lock():
        if wish.once and (known := find_marked(records, wish.once)):
            return known
        stamp = records.stamp()
        title = clean_title(wish.title)
        file = JournalFile(records.load_or_new(JOURNAL))
        rendered = text = _render_entry(records, wish, stamp, title)
        offset = file.place()
        if file.separated():
            text = text + "\n---\n" if file.newest_first else "---\n\n" + text
        result = file.document.apply([block_edit(file.document, offset, text)])
        records.save(result)
        acknowledge(records, "entry", title.strip(" #*"), rendered)
    written = JournalFile(result)
    return next(entry for entry in written.entries() if entry.start >= offset and entry.stamp == stamp)


def find_marked(records: Records, text: str) -> Entry | None:
    """Return the entry that holds the text, from the journal or its archives, or None."""
    wanted = text.encode("utf-8")
    for file in journal_files(records):
        at = file.document.content.find(wanted)
        if at >= 0:
            return next((entry for entry in file.entries() if entry.start <= at < entry.end), None)
    return None


def journal_files(records: Records, *, archives: bool = True) -> Iterator[JournalFile]:
    """Yield JOURNAL.md, then its archives from the latest month back; one that is no text is left out."""
    for name in (JOURNAL, *(reversed(records.archives(JOURNAL_ARCHIVE)) if archives else ())):
        document = records.peek(name)
        if document is not None:
            yield JournalFile(document)


def latest_entries(records: Records, count: int | None) -> list[Entry]:
    """Return the latest entries, newest first by their place in the file; every one with `count` None.

    Raises RecordSyntaxError where JOURNAL.md itself is no text.
    """
    records.load(JOURNAL)
    return [entry for _, entry in islice(newest_first(records), count)]


def newest_first(records: Records) -> Iterator[tuple[JournalFile, Entry]]:
    """Yield the entries with their files, the newest first by their place in the file, archives last."""
    for file in journal_files(records):
        entries = file.entries() if file.newest_first else reversed(list(file.entries()))
        yield from ((file, entry) for entry in entries)


def find_entry(records: Records, key: str) -> tuple[JournalFile, Entry]:
    """Return the latest entry with that task's or error's id, that beginning of a date, or that number (from 1)."""
    from conductor.records.typed_ids import parse_typed

    records.load(JOURNAL)
    typed = parse_typed(key)
    number = typed.parts[0] if typed and not typed.is_sure and key.isdigit() else 0
    for seen, (file, entry) in enumerate(newest_first(records), start=1):
        if typed and typed.is_sure:
            found = any(typed.fits(link) for _, link in entry.links)
        else:
            found = number == seen or (not number and (entry.stamp or "").startswith(key))
        if found:
            return file, entry
    raise UsageProblem(f"no entry for {key[:60]!r}", hint="conductor journal list shows dates and titles", path=JOURNAL)


def _render_entry(records: Records, wish: NewEntry, stamp: str, title: str) -> str:
    given = {name: clean_text(getattr(wish, name.lower())) for name in FIELDS}
    lines = [f"- **{name}**: {list_item(text)}" for name, text in given.items() if text]
    if wish.once:
        lines.append(f"- **Release**: {clean_title(wish.once)}")
    link = f" |TASK:{wish.task}|" if wish.task else ""
    link += f" |ERROR:{wish.error}|" if wish.error else ""
    return render_template(
        "journal_entry.j2",
        records.root,
        stamp=stamp,
        title=escape_title(title),
        link=link,
        body="\n".join(lines),
        **{name.lower(): list_item(text) for name, text in given.items()},
    )
