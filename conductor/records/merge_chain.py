"""The chain goes along with the current task, so two branches may have it in different places: merge it by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from conductor.records.document import Document, Edit
from conductor.records.merge_items import renumber_chain
from conductor.records.merge_lines import merge_value
from conductor.records.tasks import TaskFile


@dataclass(frozen=True, slots=True)
class Chain:
    """A file without its chain, the chain's heading and rows, and the id of the task whose block holds it."""

    rest: bytes
    head: bytes = b""
    body: bytes = b""
    holder: bytes | None = None


def take_chain_out(files: Sequence[TaskFile]) -> list[Chain] | None:
    """Return base, ours and theirs without their chains, or None where the chain stands at one place in all of them."""
    chains = [_take(file) for file in files]
    holders = [chain.holder for chain in chains[1:]]
    if None in holders or len({chain.holder for chain in chains}) == 1:
        return None
    return chains


def put_chain_in(document: Document, chains: Sequence[Chain], rows: bytes) -> Document:
    """Return the document with the chain at the end of its holder's block; ours says which where both moved it."""
    _, holder = merge_value(chains[0].holder, chains[1].holder, chains[2].holder)
    blocks = TaskFile(document).blocks
    block = blocks.get((holder or b"").decode()) or next(iter(blocks.values()))
    kept = document.plain[block.start : block.end].rstrip(b"\n \t-")
    offset = document.plain.find(b"\n", block.start + len(kept), block.end) + 1 or block.end
    lead = document.eol if document.plain[:offset].endswith(b"\n") else document.eol * 2
    text = lead + chains[1].head + rows.rstrip(b"\r\n \t") + document.eol
    return document.apply([Edit(offset, offset, text)])


def settle_chain(document: Document) -> Document:
    """Return the document with numbers in its chain that go on, where both sides added a row with one number."""
    file = TaskFile(document)
    if file.chain_index is None:
        return document
    start, end = document.heading_body(file.chain_index)
    before = document.content[start:end]
    after = renumber_chain(before)
    return document if after == before else document.apply([Edit(start, end, after)])


def _take(file: TaskFile) -> Chain:
    document, index = file.document, file.chain_index
    if index is None or document.headings[index].level != 3:
        return Chain(document.content)
    start, end = document.headings[index].start, document.section_end(index)
    block = next((block for block in file.all_blocks if block.start <= start < block.end), None)
    if block is None:
        return Chain(document.content)
    body_start, body_end = document.heading_body(index)
    if body_end != end:
        return Chain(document.content)
    body = document.content[body_start:end]
    kept = len(body.rstrip(b"\r\n \t-"))
    stop = body_start + kept
    stop = document.plain.find(b"\n", stop, end) + 1 or end
    # The blank line before the chain goes with it; what follows it stays apart from what stands before.
    rest = document.apply([Edit(start, stop, b"")])
    head = document.content[start:body_start]
    return Chain(rest.content, head, document.content[body_start:stop], block.fields["Task ID"].value.encode())
