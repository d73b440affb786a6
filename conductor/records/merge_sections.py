"""Cut a record file into its sections and merge them: tasks by id, entries by date and title, the rest by heading."""

from __future__ import annotations

from collections.abc import Hashable

from conductor.records.document import Document
from conductor.records.files import JOURNAL, TASKS
from conductor.records.grammar import read_stamp
from conductor.records.headings import scan_headings
from conductor.records.journal import JournalFile
from conductor.records.merge_items import cut_items, merge_items
from conductor.records.merge_lines import Labels, Merged, conflict, merge_lines, merge_value
from conductor.records.merge_pieces import Piece, Rules, merge_pieces, unkeyed_clash
from conductor.records.sections import plain_title
from conductor.records.task_heads import CURRENT_HEADING
from conductor.records.tasks import CLOSED_HEADING, OPEN_HEADING, TaskFile

# Of two headings of one task, the one that says more about its end wins.
_HEADINGS = (CLOSED_HEADING, OPEN_HEADING, CURRENT_HEADING)


def merge_sections(name: str, base: bytes, ours: bytes, theirs: bytes, labels: Labels) -> Merged:
    """Return the three versions of a record file merged section by section."""
    rules = Rules(
        lambda _, b, o, t: _merge_unit(name, (b, o, t), labels),
        lambda piece: name != JOURNAL or _is_dated_group(piece),
        labels,
        descending=_descending(name, base, ours),
        gap=2,
    )
    return merge_pieces(rules, _cut_units(name, base), _cut_units(name, ours), _cut_units(name, theirs))


def _cut_units(name: str, content: bytes) -> list[Piece]:
    """Return the sections of level 1 and 2; what stands above the first heading is a piece too."""
    document = Document(content, name)
    tasks = {block.start: block_id for block_id, block in TaskFile(document).blocks.items()} if name == TASKS else {}
    headings = [heading for heading in document.headings if heading.level <= 2]
    starts = [heading.start for heading in headings]
    ends = [*starts[1:], len(content)][: len(starts)]
    first = starts[0] if starts else len(content)
    units = [Piece(("preamble",), content[:first])] if first else []
    for heading, end in zip(headings, ends, strict=True):
        key: Hashable = ("unit", heading.level, plain_title(heading.text))
        rank: str | None = None
        if heading.start in tasks:
            key = ("task", tasks[heading.start])
            rank = tasks[heading.start]
        elif name == JOURNAL and heading.level == 2:
            stamp = read_stamp(heading.text)
            rank = stamp.text if stamp else None
        units.append(Piece(key, content[heading.start : end], rank))
    return units


def _is_dated_group(piece: Piece) -> bool:
    """Tell whether the section is a date above titles, which both sides may have begun in the same minute."""
    headings = scan_headings(piece.text, whole=False)
    if not headings or headings[0].level != 2:
        return True
    stamp = read_stamp(headings[0].text)
    return stamp is not None and not stamp.rest and len(headings) > 1 and headings[1].level == 3


def _descending(name: str, base: bytes, ours: bytes) -> bool:
    if name == JOURNAL:
        file = JournalFile(Document(base, name))
        return file.newest_first if len(file.dates) > 1 else JournalFile(Document(ours, name)).newest_first
    opened = [
        block_id
        for block_id, block in TaskFile(Document(ours, name)).blocks.items()
        if ours[block.start : block.start + 7] == b"## Open"
    ]
    return len(opened) < 2 or opened != sorted(opened)


def _merge_unit(name: str, versions: tuple[bytes, bytes, bytes], labels: Labels) -> Merged:
    rules = Rules(
        lambda _, b, o, t: merge_section(b, o, t, labels),
        lambda _: name != JOURNAL,
        labels,
        gap=2,
    )
    base, ours, theirs = map(_cut_parts, versions)
    return merge_pieces(rules, base, ours, theirs)


def _cut_parts(text: bytes) -> list[Piece]:
    """Return a section's own text, then the sections of level 3 in it."""
    starts = [heading for heading in scan_headings(text, whole=False) if heading.level == 3]
    first = starts[0].start if starts else len(text)
    parts = [Piece(("head",), text[:first])] if first else []
    ends = [*(heading.start for heading in starts[1:]), len(text)][: len(starts)]
    return parts + [
        Piece(("part", plain_title(heading.text)), text[heading.start : end])
        for heading, end in zip(starts, ends, strict=True)
    ]


def merge_section(base: bytes, ours: bytes, theirs: bytes, labels: Labels) -> Merged:
    """Merge a heading with the text below it."""
    (base_head, base_body), (head, body), (their_head, their_body) = map(_split_head, (base, ours, theirs))
    clean, value = merge_value(base_head, head, their_head)
    if clean:
        first, conflicts = value or b"", 0
    elif chosen := _choose_heading(head, their_head):
        first, conflicts = chosen, 0
    else:
        first, conflicts = conflict(head, their_head, labels), 1
    below = merge_body(base_body, body, their_body, labels)
    if first and below.text and not first.endswith((b"\n", b"\r")):
        # The heading was the last line of one side.
        first += b"\r\n" if b"\r\n" in their_head + base_head else b"\n"
    return Merged(first + below.text, conflicts + below.conflicts)


def merge_body(base: bytes, ours: bytes, theirs: bytes, labels: Labels) -> Merged:
    """Merge the text below a heading: by item, and by line where both sides changed the same free text."""
    clean, value = merge_value(base, ours, theirs)
    if clean:
        return Merged(value or b"")
    if unkeyed_clash(cut_items(base), cut_items(ours), cut_items(theirs)):
        return merge_lines(base, ours, theirs, labels)
    return merge_items(base, ours, theirs, labels)


def _split_head(text: bytes) -> tuple[bytes, bytes]:
    headings = scan_headings(text, whole=False)
    end = headings[0].end if headings and headings[0].start == 0 else 0
    return text[:end], text[end:]


def _choose_heading(ours: bytes, theirs: bytes) -> bytes | None:
    titles = {plain_title(head.strip(b"# \r\n\t").decode("utf-8", "replace")): head for head in (ours, theirs)}
    return next((titles[title.casefold()] for title in _HEADINGS if title.casefold() in titles), None)
