"""Keep the record files short: the oldest entries and closed tasks move to the archives, byte for byte.

The archive is written first and the file is shortened then, so a crash between the two leaves an entry in both places
and never in none; the next run sees that the archive has it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from conductor.records.blocks import Block
from conductor.records.document import Document, Edit, with_final_newline
from conductor.records.files import JOURNAL, JOURNAL_ARCHIVE, TASK_ARCHIVE, TASKS
from conductor.records.grammar import DONE_MARK, DROPPED_MARK, read_stamp
from conductor.records.headings import with_plain_line_ends
from conductor.records.journal import JournalFile
from conductor.records.sections import find_section, item_offset, items
from conductor.records.store import Records
from conductor.records.task_heads import is_closed
from conductor.records.task_layout import count_progress, progress_edit, read_progress
from conductor.records.tasks import CHAIN_HEADING, TaskFile

INDEX, TASK_INDEX = "Archive", "Completed Tasks Archive"
_INDEXED = re.compile(rb"(?m)^- \[[0-9-]{7}\]\(([A-Z_]+/[0-9-]{7}\.md)\)")


@dataclass(frozen=True, slots=True)
class Moved:
    """How many entries, tasks or chain rows went from a record file to a file of its archive."""

    source: str
    archive: str
    count: int
    what: str


def compact_records(records: Records) -> list[Moved]:
    """Shorten TASKS.md and JOURNAL.md to the configured number of lines as far as closed work allows.

    A second run with nothing new moves nothing.
    """
    with records.lock():
        return [*_compact_journal(records), *_compact_tasks(records)]


def add_to_journal_archive(records: Records, entries: Iterable[bytes]) -> dict[str, int]:
    """Write dated sections into the archive of their month and return how many each file has of them now.

    A section that the archive has already is not written again. The lock must be held.
    """
    by_month: dict[str, list[bytes]] = defaultdict(list)
    for entry in entries:
        by_month[_stamp(entry)[:7]].append(entry)
    counts = {}
    for month, texts in sorted(by_month.items()):
        name = f"{JOURNAL_ARCHIVE}/{month}.md"
        before = records.load(name) or Document(f"# Engineering Journal, {month}\n\n".encode(), name)
        document = before
        for text in texts:
            document = insert_dated(document, text)
        if document is not before:
            records.save(document)
        counts[name] = len(texts)
    return counts


def add_to_task_archive(records: Records, month: str, blocks: Iterable[bytes], rows: Iterable[bytes]) -> str:
    """Write blocks and chain rows into the archive of the month (`YYYY-MM`) and return its path.

    What the archive has already is not written again. The lock must be held.
    """
    name = f"{TASK_ARCHIVE}/{month}.md"
    before = records.load(name) or Document(f"# Task archive {month}\n\n".encode(), name)
    document = before
    for block in blocks:
        if not _holds(document, block):
            index = find_section(document, CHAIN_HEADING)
            level = document.headings[index].level if index is not None else 0
            offset = document.headings[index].start if index is not None and level == 2 else len(document.content)
            document = document.apply([_section(document, offset, block)])
    for row in rows:
        if not _holds(document, row):
            document = _append_row(document, row)
    if document is not before:
        records.save(document)
    return name


def _compact_journal(records: Records) -> list[Moved]:
    document = records.load_settled(JOURNAL)
    if document is None:
        return []
    file = JournalFile(document)
    surplus = _Surplus(document, records.max_lines)
    newest = max((stamp for stamp, _ in file.dates), default="")
    chosen: list[tuple[int, int]] = []
    # The oldest first; of one date the one further from where new entries go.
    order = sorted(file.dates, key=lambda one: (one[0], -one[1] if file.newest_first else one[1]))
    for stamp, index in order:
        if not surplus.is_left() or stamp == newest:
            break
        start, end = document.headings[index].start, document.section_end(index, level=2)
        surplus.take(start, end, f"{JOURNAL_ARCHIVE}/{stamp[:7]}.md")
        chosen.append((start, end))
    if not chosen:
        return []
    counts = add_to_journal_archive(records, [document.content[start:end] for start, end in sorted(chosen)])
    shorter = document.apply([Edit(start, end, b"") for start, end in sorted(chosen)])
    for name in counts:
        archived = JournalFile(records.load(name) or Document(b"", name)).dates
        stamps = sorted(stamp for stamp, _ in archived)
        text = f"{len(stamps)} {'entry' if len(stamps) == 1 else 'entries'}, {stamps[0]} to {stamps[-1]}"
        shorter = _write_index(shorter, INDEX, name, text)
    records.save(shorter)
    return [Moved(JOURNAL, name, count, "entries") for name, count in counts.items()]


def _compact_tasks(records: Records) -> list[Moved]:
    document = records.load_settled(TASKS)
    if document is None:
        return []
    file = TaskFile(document)
    surplus = _Surplus(document, records.max_lines)
    blocks = _closed_blocks(file, surplus)
    rows = _done_rows(file, surplus)
    months = sorted({*blocks, *rows})
    if not months:
        return []
    counted = read_progress(file) == count_progress(file)
    moved = []
    for month in months:
        texts = [[document.content[start:end] for start, end in spans[month]] for spans in (blocks, rows)]
        name = add_to_task_archive(records, month, *texts)
        moved += [
            Moved(TASKS, name, len(part), what) for part, what in zip(texts, ("tasks", "rows"), strict=True) if part
        ]
    spans = sorted(span for month in months for span in (*blocks[month], *rows[month]))
    shorter = document.apply([Edit(start, end, b"") for start, end in spans])
    for month in months:
        name = f"{TASK_ARCHIVE}/{month}.md"
        count = len(TaskFile(records.load(name) or Document(b"", name)).tasks())
        shorter = _write_index(shorter, TASK_INDEX, name, f"{count} {'task' if count == 1 else 'tasks'}")
    edit = progress_edit(TaskFile(shorter)) if counted else None
    records.save(shorter.apply([edit]) if edit else shorter)
    return moved


class _Surplus:
    """The lines that a record file has too many, while spans of it are chosen to leave."""

    def __init__(self, document: Document, most: int) -> None:
        self._document = document
        self._indexed = set(_INDEXED.findall(document.content))
        self._lines = document.plain.count(b"\n") - most

    def is_left(self) -> bool:
        """Tell whether something must leave yet."""
        return self._lines > 0

    def take(self, start: int, end: int, archive: str) -> None:
        """Count a span out, and in what the index grows by when that file joins it: its heading too for the first."""
        before = len(self._indexed)
        self._indexed.add(archive.encode())
        self._lines += (len(self._indexed) - before) * (1 if before else 4)
        self._lines -= self._document.plain.count(b"\n", start, end)


def _closed_blocks(file: TaskFile, surplus: _Surplus) -> dict[str, list[tuple[int, int]]]:
    """Return month → spans of the closed tasks that leave, the oldest first."""
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for block in sorted(file.all_blocks, key=_id_of):
        if surplus.is_left() and is_closed(block.value("Status") or "") and not _is_held(file, block):
            month = _month_of(_id_of(block))
            found[month].append((block.start, block.end))
            surplus.take(block.start, block.end, f"{TASK_ARCHIVE}/{month}.md")
    return found


def _done_rows(file: TaskFile, surplus: _Surplus) -> dict[str, list[tuple[int, int]]]:
    """Return month → spans of the chain's done and dropped rows that leave."""
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for row in file.chain:
        if surplus.is_left() and row.id and row.mark in {DONE_MARK, DROPPED_MARK}:
            month = _month_of(row.id)
            found[month].append((row.start, row.end))
            surplus.take(row.start, row.end, f"{TASK_ARCHIVE}/{month}.md")
    return found


def _is_held(file: TaskFile, block: Block) -> bool:
    """Tell whether the block must stay: it is the current one, or the chain stands in it."""
    return file.is_current(block) or (file.chain_holder is not None and file.chain_holder.start == block.start)


def _id_of(block: Block) -> str:
    return block.fields["Task ID"].value


def _month_of(task_id: str) -> str:
    return task_id.removeprefix("TASK-")[:7]


def _stamp(section: bytes) -> str:
    heading = section.split(b"\n", 1)[0].decode("utf-8", "replace")
    stamp = read_stamp(heading.removeprefix("##").strip())
    return stamp.text if stamp else ""


def insert_dated(document: Document, text: bytes) -> Document:
    """Return the journal with a dated section where its order puts it; nothing is added where it is there already."""
    if _holds(document, text):
        return document
    stamp = _stamp(text)
    file = JournalFile(document)
    offset = len(document.content)
    for other, index in file.dates:
        if (other < stamp) if file.newest_first else (other > stamp):
            offset = document.headings[index].start
            break
    return document.apply([_section(document, offset, text)])


def _holds(document: Document, text: bytes) -> bool:
    """Tell whether the document has these lines, one behind the other, whatever their ends are."""
    lines = with_plain_line_ends(text).strip(b" \t\n-").split(b"\n")
    wanted = b"\n".join(line.rstrip() for line in lines)
    return b"\n%s\n" % wanted in b"\n%s\n" % re.sub(rb"(?m)[ \t]+$", b"", document.plain)


def _section(document: Document, offset: int, text: bytes) -> Edit:
    """Put a section where it stands apart from its neighbours; its own bytes stay."""
    before = document.plain[:offset]
    lead = b"" if not before or before.endswith(b"\n\n") else document.eol * (1 if before.endswith(b"\n") else 2)
    missing = document.eol * max(0, 2 - _line_ends(text)) if offset < len(document.content) else b""
    return Edit(offset, offset, lead + text + missing)


def _line_ends(text: bytes) -> int:
    plain = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return len(plain) - len(plain.rstrip(b"\n"))


def _append_row(document: Document, row: bytes) -> Document:
    index = find_section(document, CHAIN_HEADING)
    if index is None or document.headings[index].level != 2:
        heading = document.encode(f"## {CHAIN_HEADING}\n")
        return document.apply([_section(document, len(document.content), heading + row)])
    start, end = document.heading_body(index)
    offset = item_offset(document, start, end)
    return document.apply([Edit(offset, offset, with_final_newline(document, row, offset))])


def _write_index(document: Document, title: str, name: str, text: str) -> Document:
    """Leave one line for the archive file, or bring the one that is there up to date."""
    line = document.encode(f"- [{name.rpartition('/')[2].removesuffix('.md')}]({name}): {text}\n")
    index = find_section(document, title)
    if index is None:
        return document.apply([_section(document, len(document.content), document.encode(f"## {title}\n") + line)])
    start, end = document.heading_body(index)
    for begin, stop in items(document, start, end):
        if f"]({name})".encode() in document.content[begin:stop]:
            return document.apply([Edit(begin, stop, line)])
    offset = item_offset(document, start, end)
    return document.apply([Edit(offset, offset, with_final_newline(document, line, offset))])
