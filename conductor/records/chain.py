"""The chain apart from the tasks: where it stands in the block of one of them, out of there, and into another one."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from conductor.records.blocks import Block
from conductor.records.document import Document, Edit
from conductor.records.tasks import TaskFile


@dataclass(frozen=True, slots=True)
class Chain:
    """The chain of a file whose task `holder` holds it.

    The bytes from `start` to `end` are the chain's, from `head` on its heading and rows: what keeps it apart from the
    text before it goes with it, what follows its last row stays. `follower` is the line of the heading that stands
    behind it in the block, None where it is the last. `is_flat` tells that there are no headings in it.
    """

    holder: Block
    start: int
    head: int
    end: int
    follower: bytes | None
    is_flat: bool

    @property
    def lead(self) -> bytes:
        """Return what keeps it apart from the text before it."""
        return self.holder.document.content[self.start : self.head]

    @property
    def text(self) -> bytes:
        """Return its heading and its rows."""
        return self.holder.document.content[self.head : self.end]

    def rest(self) -> bytes:
        """Return the file without it."""
        content = self.holder.document.content
        return content[: self.start] + content[self.end :]


def find_chain(file: TaskFile) -> Chain | None:
    """Return the chain where a task holds it, else None."""
    document, index, holder = file.document, file.chain_index, file.chain_holder
    if index is None or holder is None:
        return None
    heading, end = document.headings[index], document.section_end(index)
    return Chain(
        holder,
        _end_of_text(document, holder.start, heading.start),
        heading.start,
        _end_of_text(document, heading.start, end),
        _line(document, end) if end < holder.end else None,
        heading.level == 3 and document.heading_body(index)[1] == end,
    )


def put_chain(document: Document, block: Block, lead: bytes, text: bytes, follower: bytes | None = None) -> Edit:
    """Return the edit that puts a chain into the block: before the follower where the block has it, else at its end."""
    starts = document.starts
    inside = starts[bisect_right(starts, block.start) : bisect_left(starts, block.end)] if follower is not None else []
    stop = next((start for start in inside if _line(document, start) == follower), block.end)
    offset = _end_of_text(document, block.start, stop)
    if not document.plain[:offset].endswith(b"\n"):
        lead = document.eol + lead
    if offset < len(document.content) and not text.endswith((b"\n", b"\r")):
        text += document.eol
    return Edit(offset, offset, lead + text)


def _line(document: Document, start: int) -> bytes:
    stop = document.plain.find(b"\n", start)
    return document.plain[start : stop if stop >= 0 else None].rstrip()


def _end_of_text(document: Document, start: int, end: int) -> int:
    """Return the offset behind the last line before `end` that holds more than white space or a rule (`---`)."""
    kept = len(document.plain[start:end].rstrip(b"\n \t-"))
    return (document.plain.find(b"\n", start + kept, end) + 1 or end) if kept else start
