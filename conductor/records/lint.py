"""Look through all records. Only `fix_records` changes one, by the repairs that can't lose anything."""

from __future__ import annotations

from conductor.domain.finding import Finding, Location, Severity
from conductor.errors import RecordSyntaxError
from conductor.records.conflicts import REMERGE, find_conflicts
from conductor.records.document import Document, Edit
from conductor.records.errors_ledger import read_errors
from conductor.records.files import ERRORS, JOURNAL, TASKS
from conductor.records.journal import JournalFile
from conductor.records.lint_place import DOCS, finding_at
from conductor.records.lint_proof import check_proofs
from conductor.records.lint_tasks import check_duplicates, check_tasks
from conductor.records.lint_text import Known, check_journal, check_text, find_glued
from conductor.records.memories import list_memories
from conductor.records.merge_state import check_driver
from conductor.records.store import Records
from conductor.records.task_layout import count_progress, progress_edit
from conductor.records.tasks import TaskFile, task_file


def lint_records(records: Records) -> list[Finding]:
    """Return what is wrong with tasks, journal, errors and memories, the archives included.

    A file that can't be read, or that a merge left unsettled, is named, and the others are checked as far as they
    don't depend on it.
    """
    found: list[Finding] = []
    memories = [memory.path for memory in list_memories(records)]
    task_names, journal_names = records.family(TASKS), records.family(JOURNAL)
    read = _open_all(records, [*task_names, *journal_names, ERRORS, *memories], found)
    task_files = [task_file(read[name]) for name in task_names if name in read]
    known = Known(
        _ids_of(task_files) if len(task_files) == len(task_names) else None,
        {row.id for row in read_errors(read[ERRORS])} if ERRORS in read else None,
        frozenset(memories),
    )
    if TASKS in read:
        found += check_tasks(records, task_files[0], known.tasks)
    found += check_duplicates(task_files)
    found += check_proofs(records, task_files)
    for name in [name for name in (*task_names, *journal_names, ERRORS) if name in read]:
        found += check_text(records, read[name], known)
    for name in [name for name in journal_names if name in read]:
        found += check_journal(JournalFile(read[name]), known)
    return [*found, *check_driver(records)]


def _ids_of(files: list[TaskFile]) -> set[str]:
    return {task_id for file in files for task_id in file.by_id}


def fix_records(records: Records) -> list[str]:
    """Apply the safe repairs and return what was done: the counter, and headings that stand glued to another line."""
    done: list[str] = []
    with records.lock():
        for name in (TASKS, JOURNAL, ERRORS):
            try:
                document = records.load_settled(name)
            except RecordSyntaxError:
                continue  # a check says why
            if document is None:
                continue
            fixed = document
            for match in reversed(list(find_glued(fixed))):
                start, middle, end = match.start(), match.start("rest"), match.end("rest")
                text = fixed.content[start:middle].rstrip() + fixed.eol * 2 + fixed.content[middle:end]
                fixed = fixed.apply([Edit(start, end, text)])
                done.append(f"{name}:{document.line_of(match.start())}: put the glued heading on a line of its own")
            edit = progress_edit(TaskFile(fixed)) if name == TASKS else None
            if edit:
                fixed = fixed.apply([edit])
                done.append(
                    f"{name}: counted {count_progress(TaskFile(fixed))[0]} of {count_progress(TaskFile(fixed))[1]}"
                )
            if fixed.content != document.content:
                records.save(fixed)
    return done


def _open_all(records: Records, names: list[str], found: list[Finding]) -> dict[str, Document]:
    """Return the files that can be read and are settled, and empty ones for those that are not there."""
    read: dict[str, Document] = {}
    unmerged = set(records.repository.unmerged(names))
    for name in names:
        try:
            document = records.load(name) or Document(b"", name)
        except RecordSyntaxError as error:
            where = Location(name, error.line, error.column)
            found.append(Finding("REC-FILE-001", error.message, error.hint, location=where, docs=DOCS))
            continue
        conflicts, remedy = find_conflicts(document.plain), REMERGE.format(path=name)
        for offset in conflicts:
            said = "the file holds a conflict that a merge left"
            found.append(finding_at(document, offset, "REC-CONFLICT-001", said, remedy, Severity.ERROR))
        if name in unmerged and not conflicts:
            said = "git calls the file unmerged: no command writes into it until it is settled"
            found.append(Finding("REC-CONFLICT-001", said, remedy, location=Location(name), docs=DOCS))
        if not conflicts:
            read[name] = document
    return read
