"""Merge three versions of TASKS.md, JOURNAL.md or ERRORS.md by what they mean.

Entries, tasks, chain rows and list items that either side added are all kept. A conflict with git's usual markers is
left where both sides changed the same field, or one side took away what the other one changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from conductor.errors import RecordSyntaxError
from conductor.records.chain import find_chain, put_chain
from conductor.records.document import Document, Edit, read_document
from conductor.records.errors_ledger import ErrorRow, read_errors
from conductor.records.files import ERRORS, TASKS
from conductor.records.merge_ids import Renumbering, Versions, renumber
from conductor.records.merge_items import merge_items, renumber_chain
from conductor.records.merge_lines import Labels, Merged, merge_lines, merge_value
from conductor.records.merge_sections import merge_section, merge_sections
from conductor.records.sections import find_section, item_offset, set_field
from conductor.records.task_heads import is_closed
from conductor.records.task_layout import count_progress, progress_edit, progress_field, read_progress, rename_edit
from conductor.records.tasks import CLOSED_HEADING, OPEN_HEADING, TaskFile


def merge_records(
    name: str, versions: Versions, renumbering: Renumbering | None = None, labels: Labels | None = None
) -> Merged:
    """Return the merged file; `name` is TASKS.md, JOURNAL.md or ERRORS.md, `renumbering` what `plan_renumbering` said.

    The same versions always give the same bytes. Raises RecordSyntaxError for a version that is not UTF-8 text.
    """
    marks = labels or Labels()
    for content in (versions.base, versions.ours, versions.theirs):
        read_document(content, name)
    clean, value = merge_value(versions.base, versions.ours, versions.theirs)
    if clean:
        return Merged(value or b"")
    three = _with_new_ids(name, _with_one_line_end(name, versions), renumbering or Renumbering())
    try:
        merged = _merge_tasks(three, marks) if name == TASKS else _merge_others(name, three, marks)
    except RecordSyntaxError:
        # The file can't be taken apart safely (a fence that is not closed): then it is text like any other.
        merged = merge_lines(three.base, three.ours, three.theirs, marks)
    return Merged(_with_their_line_ends(merged.text, three), merged.conflicts)


def _with_their_line_ends(text: bytes, versions: Versions) -> bytes:
    """Return the text with CRLF alone where the versions have nothing else: a part of one line can't tell by itself."""
    every = versions.base + versions.ours + versions.theirs
    if b"\r\n" not in every or every.count(b"\n") != every.count(b"\r\n"):
        return text
    return text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _with_one_line_end(name: str, versions: Versions) -> Versions:
    """Return the versions with one kind of line end where they differ: the one that a side changed to."""
    texts = [content for content in (versions.base, versions.ours, versions.theirs) if content]
    kinds = {Document(content, name).eol for content in texts}
    if len(kinds) < 2:
        return versions
    base, ours, theirs = (Document(text, name).eol for text in (versions.base, versions.ours, versions.theirs))
    wanted = theirs if versions.base and ours == base else ours

    def convert(content: bytes) -> bytes:
        plain = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return plain if wanted == b"\n" else plain.replace(b"\n", wanted)

    return Versions(convert(versions.base), convert(versions.ours), convert(versions.theirs))


def _with_new_ids(name: str, versions: Versions, new: Renumbering) -> Versions:
    def give(content: bytes, ids: Mapping[str, str]) -> bytes:
        # An id that an earlier merge changed is another one in every line; a new one only in the lines of its side.
        followed = {old: one for old, one in ids.items() if old in new.base}
        own = {old: one for old, one in ids.items() if old not in new.base}
        return renumber(renumber(content, b"", followed, name=name), versions.base, own, name=name)

    return Versions(give(versions.base, new.base), give(versions.ours, new.ours), give(versions.theirs, new.theirs))


def _merge_others(name: str, versions: Versions, labels: Labels) -> Merged:
    three = _settle_rows(versions) if name == ERRORS else versions
    return merge_sections(name, three.base, three.ours, three.theirs, labels)


def _merge_tasks(versions: Versions, labels: Labels) -> Merged:
    files = [TaskFile(Document(text, TASKS)) for text in (versions.base, versions.ours, versions.theirs)]
    counted = any(read_progress(file) == count_progress(file) for file in files[1:])
    if counted:
        files = _with_one_counter(files)
    result, conflicts = _merge_apart(files, labels)
    result = _with_one_current(result, files)
    result = _settle_chain(result)
    edit = progress_edit(TaskFile(result)) if counted else None
    return Merged((result.apply([edit]) if edit else result).content, conflicts)


def _merge_apart(files: Sequence[TaskFile], labels: Labels) -> tuple[Document, int]:
    """Merge the tasks without the chain, the chain by itself, and put it into the task that holds it afterwards.

    It goes along with the current task, so two branches may have it in different tasks. Where a side has it in no task,
    it is a section like the others.
    """
    base, ours, theirs = (find_chain(file) for file in files)
    if ours is None or theirs is None or not (ours.is_flat and theirs.is_flat):
        whole = [file.document.content for file in files]
        merged = merge_sections(TASKS, whole[0], whole[1], whole[2], labels)
        return Document(merged.text, TASKS), merged.conflicts
    before = base if base is not None and base.is_flat else None
    rest = before.rest() if before else files[0].document.content
    merged = merge_sections(TASKS, rest, ours.rest(), theirs.rest(), labels)
    rows = merge_section(before.text if before else b"", ours.text, theirs.text, labels)
    # Both may have given it to another task: then ours says to which.
    former = before.holder.id.encode() if before else None
    _, holder = merge_value(former, ours.holder.id.encode(), theirs.holder.id.encode())
    chosen = theirs if holder == theirs.holder.id.encode() != ours.holder.id.encode() else ours
    document = Document(merged.text, TASKS)
    blocks = TaskFile(document).blocks
    block = blocks.get(chosen.holder.id) or next(iter(blocks.values()), None)
    if block is None:
        raise RecordSyntaxError("no task is left that could hold the chain", hint="merge it by hand", path=TASKS)
    edit = put_chain(document, block, chosen.lead, rows.text, chosen.follower)
    return document.apply([edit]), merged.conflicts + rows.conflicts


def _settle_chain(document: Document) -> Document:
    """Return the document with numbers in its chain that go on, where both sides added a row with one number."""
    file = TaskFile(document)
    if file.chain_index is None:
        return document
    start, end = document.heading_body(file.chain_index)
    before = document.content[start:end]
    after = renumber_chain(before)
    return document if after == before else document.apply([Edit(start, end, after)])


def _with_one_counter(files: list[TaskFile]) -> list[TaskFile]:
    """Give every version the counter of ours, so that it is no conflict: it is counted anew in the result."""
    ours = progress_field(files[1])
    result = []
    for file in files:
        field = progress_field(file)
        if field and ours and field.value != ours.value:
            result.append(TaskFile(file.document.apply([set_field(file.document, field, ours.value)])))
        else:
            result.append(file)
    return result


def _with_one_current(document: Document, files: list[TaskFile]) -> Document:
    """Leave one current task: the side that changed it says which, and ours where both did.

    Where a side had more than one, nothing is changed: `conductor check records` reports it.
    """
    if any(sum(map(file.is_current, file.all_blocks)) > 1 for file in files[1:]):
        return document
    base, ours, theirs = (_current_id(file) for file in files)
    _, wanted = merge_value(base, ours, theirs)
    file = TaskFile(document)
    current = [block for block in file.all_blocks if file.is_current(block)]
    keep = next((block for block in current if block.fields["Task ID"].value.encode() == wanted), None)
    edits = []
    for block in current if len(current) > 1 else []:
        if block is not (keep or current[0]):
            title = CLOSED_HEADING if is_closed(block.value("Status") or "") else OPEN_HEADING
            edits.append(rename_edit(document, block, title))
    return document.apply(edits) if edits else document


def _current_id(file: TaskFile) -> bytes | None:
    return file.current.fields["Task ID"].value.encode() if file.current else None


def _settle_rows(versions: Versions) -> Versions:
    """Put every error that all three versions have into the same section: resolving one moves its row."""
    documents = [Document(text, ERRORS) for text in (versions.base, versions.ours, versions.theirs)]
    known = [{row.id: row for row in read_errors(document)} for document in documents]
    for error_id in sorted(set.intersection(*(set(rows) for rows in known))):
        places = [_section_of(document, rows[error_id]) for document, rows in zip(documents, known, strict=True)]
        if len(set(places)) == 1 or None in places:
            continue
        clean, place = merge_value(*places)
        texts = [_row_text(document, rows[error_id]) for document, rows in zip(documents, known, strict=True)]
        row = merge_items(texts[0], texts[1], texts[2], Labels())
        if clean and place is not None and not row.conflicts:
            documents = [_move_row(document, error_id, place.decode(), row.text) for document in documents]
            known = [{row.id: row for row in read_errors(document)} for document in documents]
    return replace(versions, base=documents[0].content, ours=documents[1].content, theirs=documents[2].content)


def _row_text(document: Document, row: ErrorRow) -> bytes:
    return document.content[row.start : row.end].rstrip(b"\r\n")


def _section_of(document: Document, row: ErrorRow) -> bytes | None:
    above = [heading for heading in document.headings if heading.start < row.start]
    return above[-1].text.encode() if above else None


def _move_row(document: Document, error_id: str, section: str, text: bytes) -> Document:
    row = next(row for row in read_errors(document) if row.id == error_id)
    line = text + document.eol
    if _section_of(document, row) == section.encode():
        return document.apply([Edit(row.start, row.end, line)])
    without = document.apply([Edit(row.start, row.end, b"")])
    index = find_section(without, section)
    if index is None:
        return document
    start, end = without.heading_body(index)
    rows = [other for other in read_errors(without) if start <= other.start < end]
    offset = rows[0].start if rows else item_offset(without, start, end, first=True)
    lead = b"" if without.plain[:offset].endswith(b"\n") else without.eol
    return without.apply([Edit(offset, offset, lead + line)])
