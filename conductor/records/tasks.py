"""Read TASKS.md and its archives: who is the current task, what is open, what the chain says.

A task's block is a `##` section with a `**Task ID**` line: `## Current Task` (one), `## Open Task` (other open ones, in
the same shape), `## Previous Task` (closed ones, until they are archived). A task may also stand in the chain or in the
list of completed tasks only.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from functools import cached_property, lru_cache

from conductor.records.blocks import Block, ChainRow
from conductor.records.document import Document
from conductor.records.expectations import Expectation, parse_expectation
from conductor.records.files import TASKS
from conductor.records.grammar import (
    DONE_MARK,
    DROPPED_MARK,
    MARKS,
    field_lines,
    is_task_id,
    numbered_rows,
    parse_field,
    parse_listed,
    parse_row,
    parse_titled,
    task_ids,
)
from conductor.records.headings import literal_spans
from conductor.records.markup import from_list_item
from conductor.records.sections import find_section, find_sections, items, items_with
from conductor.records.task_heads import (
    CURRENT_HEADING,
    Task,
    is_closed,
    is_current_heading,
    match_heads,
    read_heads,
    read_status,
)

OPEN_HEADING, CLOSED_HEADING = "Open Task", "Previous Task"
CHAIN_HEADING = "Task Chain"
_TICK = re.compile(rb"\[[xX]\]")


class TaskFile:
    """TASKS.md, or a file of its archive, as tasks."""

    def __init__(self, document: Document) -> None:
        self.document = document

    @cached_property
    def blocks(self) -> dict[str, Block]:
        """Return the blocks by id, in the file's order; of two with one id, the first."""
        found: dict[str, Block] = {}
        for block in self.all_blocks:
            found.setdefault(block.id, block)
        return found

    @cached_property
    def all_blocks(self) -> list[Block]:
        """Return every block with a real id in the file's order; template placeholders are left out."""
        return [block for block in self._read_blocks() if is_task_id(block.id)]

    def odd_blocks(self, plain: AbstractSet[str]) -> Iterator[Block]:
        """Yield the blocks whose status is none of the `plain` ones, or that have something ticked, and maybe more."""
        heads = match_heads(self.document)
        if heads is None:
            yield from self.all_blocks
            return
        usual = {status.encode() for status in plain}
        starts = self.document.starts
        ticked = {bisect_right(starts, match.start()) for match in _TICK.finditer(self.document.plain)}
        for start, written, status in heads:
            if status in usual and not ticked:
                continue
            index = bisect_right(starts, start) - 1
            end = self.document.section_end(index)
            odd = status not in usual or not ticked.isdisjoint(range(index + 1, bisect_right(starts, end - 1) + 1))
            if odd and is_task_id(written.decode("utf-8", "replace")):
                yield Block(self.document, written.decode(), index, start, end)

    def status_line(self, block: Block) -> re.Match[bytes] | None:
        """Return the block's first line with a status, its `value` among it, without reading the other fields."""
        return field_lines("Status").search(self.document.plain, *self.document.heading_body(block.index))

    def block_ids(self) -> list[str]:
        """Return the ids of `all_blocks`, of two blocks with one id both, without reading the blocks where it can."""
        heads = match_heads(self.document)
        if heads is None:
            return [block.id for block in self.all_blocks]
        return [name for name in (written.decode("utf-8", "replace") for _, written, _ in heads) if is_task_id(name)]

    def _read_blocks(self) -> Iterator[Block]:
        headings, starts, last = self.document.headings, self.document.starts, -1
        for match in field_lines("Task ID").finditer(self.document.plain):
            index = bisect_right(starts, match.start()) - 1
            if index > last and headings[index].level == 2:
                last = index
                yield self._block_at(index, match)

    def _block_at(self, index: int, match: re.Match[bytes]) -> Block:
        start, end = self.document.headings[index].start, self.document.section_end(index)
        return Block(self.document, match["value"].rstrip().decode("utf-8", "replace"), index, start, end)

    def find_block(self, task_id: str) -> Block | None:
        """Return the block of a task, or None: `blocks.get(task_id)` without reading the others."""
        at = self.document.plain.find(task_id.encode("utf-8"))
        while at >= 0:
            line_start = self.document.plain.rfind(b"\n", 0, at) + 1
            match = field_lines("Task ID").match(self.document.plain, line_start)
            index = bisect_right(self.document.starts, line_start) - 1
            if (
                match
                and match["value"].rstrip() == task_id.encode("utf-8")
                and index >= 0
                and self._is_first(index, match)
            ):
                return self._block_at(index, match)
            at = self.document.plain.find(task_id.encode("utf-8"), at + 1)
        return None

    def _is_first(self, index: int, match: re.Match[bytes]) -> bool:
        heading = self.document.headings[index]
        first = field_lines("Task ID").search(self.document.plain, heading.end)
        return heading.level == 2 and first is not None and first.start() == match.start()

    def blocks_titled(self, title: str) -> Iterator[Block]:
        """Yield the blocks under `##` headings with that title, in the file's order, without reading the others."""
        document = self.document
        for index in find_sections(document, title):
            block = self._block_below(index) if document.headings.levels[index] == 2 else None
            if block is not None:
                yield block

    def _block_below(self, index: int) -> Block | None:
        match = field_lines("Task ID").search(self.document.plain, *self.document.heading_body(index))
        block = self._block_at(index, match) if match else None
        return block if block and is_task_id(block.id) else None

    @cached_property
    def current(self) -> Block | None:
        """Return the first block under a `## Current Task` heading."""
        return next(self.blocks_titled(CURRENT_HEADING), None)

    def is_current(self, block: Block) -> bool:
        """Tell whether the block stands under `## Current Task`."""
        return is_current_heading(self.document.headings.text(block.index))

    @cached_property
    def chain_index(self) -> int | None:
        """Return the heading of the chain: the current task's, else the file's first."""
        if self.current is not None:
            inside = find_section(self.document, CHAIN_HEADING, self.current.start, self.current.end)
            if inside is not None:
                return inside
        return find_section(self.document, CHAIN_HEADING)

    @cached_property
    def chain_holder(self) -> Block | None:
        """Return the block of the task in which the chain stands, or None where it is in none."""
        levels = self.document.headings.levels
        above = range(self.chain_index, -1, -1) if self.chain_index is not None else ()
        top = next((index for index in above if levels[index] <= 2), None)
        return None if top is None or levels[top] != 2 else self._block_below(top)

    @cached_property
    def chain(self) -> list[ChainRow]:
        """Return the chain's rows in the file's order."""
        return [] if self.chain_index is None else self.rows_below(self.chain_index)

    def rows_below(self, index: int) -> list[ChainRow]:
        """Return the rows below a heading; where nothing is numbered, bullets with a mark of ours are rows."""
        current = self._current_of(index)
        rows = [self._row_at(*span, current) for span in items(self.document, *self.document.heading_body(index))]
        found = [row for row in rows if row is not None]
        return [row for row in found if row.number] or found

    def rows_of(self, task_id: str) -> list[ChainRow]:
        """Return the chain's rows that stand for a task, without reading the others."""
        if self.chain_index is None:
            return []
        begin, stop = self.document.heading_body(self.chain_index)
        named = self._current_of(self.chain_index) == task_id
        marks = (task_id.encode(), b"(CURRENT)") if named else (task_id.encode(),)
        spans = items_with(self.document, begin, stop, *marks)
        rows = [self._row_at(start, end, task_id if named else None) for start, end in spans]
        return [row for row in rows if row is not None and row.id == task_id]

    def _current_of(self, index: int) -> str | None:
        """Return the task that `(CURRENT)` means in that chain: none where a row names the current one by its id."""
        begin, stop = self.document.heading_body(index)
        current = self.current.id if self.current else None
        return None if current and self.document.content.find(f"({current})".encode(), begin, stop) >= 0 else current

    def _row_at(self, start: int, end: int, current: str | None) -> ChainRow | None:
        row = parse_row(self.document.first_line(start, end))
        if row is None or not (row.order or row.symbol in MARKS):
            return None
        return ChainRow(row.order, row.symbol, row.title, current if row.is_current else row.id, row.ids, start, end)

    @cached_property
    def chain_count(self) -> tuple[int, int, int]:
        """Return how many rows of the chain are done, how many are not dropped, and the highest number."""
        if self.chain_index is None:
            return 0, 0, 0
        start, end = self.document.heading_body(self.chain_index)
        rows = numbered_rows().findall(self.document.plain, start, end)
        if not rows or literal_spans(self.document.plain[start:end]):
            rows = [(row.number, (row.mark or "").encode()) for row in self.chain]
        done = sum(row.startswith(DONE_MARK.encode()) for _, row in rows)
        dropped = sum(row.startswith(DROPPED_MARK.encode()) for _, row in rows)
        return done, len(rows) - dropped, max((int(number) for number, _ in rows), default=0)

    def task_of(self, block: Block) -> Task:
        """Return the block as a task."""
        place = "block" if self.document.path == TASKS else "archive"
        return Task(
            block.id,
            block.title,
            read_status(block.value("Status") or "PLANNING"),
            place,
            self.document,
            block.start,
            current=self.is_current(block) and place == "block",
            fields=block.values,
        )

    def tasks(self, *, only_open: bool = False, most: int | None = None) -> list[Task]:
        """Return every task of the file once: blocks first, then those that only the chain or a list names.

        With `only_open` the closed ones are left out, and with `most` the blocks behind so many open ones.
        """
        found = self.survey(only_open=only_open, most=most).values()
        return [task for task in found if task is not None]

    @cached_property
    def by_id(self) -> dict[str, Task]:
        """Return every task of the file by its id."""
        return {name: task for name, task in self.survey().items() if task is not None}

    def survey(self, *, only_open: bool = False, most: int | None = None) -> dict[str, Task | None]:
        """Return what `tasks` returns by id, and None for each task that is left out."""
        heads = read_heads(self.document, only_open=only_open, most=most)
        if heads is None:
            blocks = self.blocks.items()
            heads = {name: None if only_open and self._is_closed(one) else self.task_of(one) for name, one in blocks}
        for task in self._without_block(heads.keys()):
            heads[task.id] = None if only_open and task.closed else task
        return heads

    def _is_closed(self, block: Block) -> bool:
        match = self.status_line(block)
        return match is not None and is_closed(match["value"].decode("utf-8", "replace"))

    def _without_block(self, known: AbstractSet[str]) -> list[Task]:
        found: dict[str, Task] = {}
        for row in self.chain if self._chain_names_others(known) else ():
            if row.id and row.id not in known and row.id not in found:
                status = MARKS.get(row.mark or "", "PLANNING")
                found[row.id] = Task(row.id, row.title, status, "chain", self.document, row.start)
        for task in self._listed():
            if task.id not in known:
                found.setdefault(task.id, task)
        return list(found.values())

    def _chain_names_others(self, known: AbstractSet[str]) -> bool:
        if self.chain_index is None:
            return False
        start, end = self.document.heading_body(self.chain_index)
        named = set(task_ids().findall(self.document.content[start:end].decode("utf-8", "replace")))
        return not named <= known

    def _listed(self) -> Iterator[Task]:
        document = self.document
        lines = document.headings.lines()
        every = b"".join(lines)
        words = [word for word in (b"TASK-", b"rchive", b"ompleted") if word in every]
        for index in [number for word in words for number, line in enumerate(lines) if word in line]:
            text = document.headings.text(index)
            titled = parse_titled(text)
            if titled:
                yield Task(*titled, "COMPLETE", "archive", document, document.starts[index])
            if "rchive" in text or "ompleted" in text:
                for start, end in items(document, *document.heading_body(index)):
                    listed = parse_listed(document.first_line(start, end))
                    if listed and is_task_id(listed[0]):
                        yield Task(*listed, "COMPLETE", "archive", document, start)

    def expectations(self, block: Block) -> list[Expectation]:
        """Return the block's expectations, numbered from 1."""
        return [expectation for expectation, _, _ in self.expectation_lines(block)]

    def expectation_lines(self, block: Block) -> list[tuple[Expectation, int, int]]:
        """Return the expectations with the bytes of their lines."""
        index = find_section(self.document, "Expectations", block.start, block.end)
        if index is None:
            return []
        found: list[tuple[Expectation, int, int]] = []
        for start, end in items(self.document, *self.document.heading_body(index)):
            expectation = parse_expectation(self.document.first_line(start, end), len(found) + 1)
            if expectation:
                found.append((expectation, start, end))
        return found

    def notes(self, block: Block, section: str) -> list[tuple[str, str]]:
        """Return the `**NAME**: text` items of one of the block's sections as (name, text)."""
        index = find_section(self.document, section, block.start, block.end)
        if index is None:
            return []
        found = []
        for start, end in items(self.document, *self.document.heading_body(index)):
            text = self.document.plain[start:end].decode("utf-8", "replace")[2:].rstrip()
            name, words = parse_field(text) or ("", text)
            found.append((name, from_list_item(words)))
        return found


@lru_cache(maxsize=64)
def task_file(document: Document) -> TaskFile:
    """Return the document as tasks, the same one each time: what one check found out serves the next."""
    return TaskFile(document)
