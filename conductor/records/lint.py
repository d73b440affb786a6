"""Look through all records. Only `fix_records` changes one, by the repairs that can't lose anything."""

from __future__ import annotations

from conductor.domain.finding import Finding, Location
from conductor.errors import RecordSyntaxError
from conductor.records.document import Document, Edit
from conductor.records.journal import JournalFile
from conductor.records.lint_place import DOCS
from conductor.records.lint_proof import check_proofs
from conductor.records.lint_tasks import check_duplicates, check_tasks
from conductor.records.lint_text import check_journal, check_text, find_glued
from conductor.records.memories import list_memories
from conductor.records.store import ERRORS, JOURNAL, JOURNAL_ARCHIVE, TASK_ARCHIVE, TASKS, Records
from conductor.records.task_layout import count_progress, progress_edit
from conductor.records.tasks import TaskFile


def lint_records(records: Records) -> list[Finding]:
    """Return what is wrong with tasks, journal and errors, the archives included."""
    found: list[Finding] = []
    tasks = _open(records, TASKS, found)
    journal = _open(records, JOURNAL, found)
    errors = _open(records, ERRORS, found)
    archives = [_open(records, name, found) for name in records.archives(TASK_ARCHIVE)]
    past = [_open(records, name, found) for name in records.archives(JOURNAL_ARCHIVE)]
    task_files = [TaskFile(document) for document in (tasks, *archives) if document]
    listed = [task for file in task_files for task in file.tasks()]
    known = {task.id for task in listed}
    if tasks:
        found += check_tasks(records, task_files[0], known)
    found += check_duplicates(task_files)
    found += check_proofs(records, task_files, listed)
    memories = frozenset(memory.path for memory in list_memories(records))
    for document in [document for document in (tasks, journal, errors, *archives, *past) if document]:
        found += check_text(records, document, memories)
    for document in [document for document in (journal, *past) if document]:
        found += check_journal(JournalFile(document), known, errors)
    return found


def fix_records(records: Records) -> list[str]:
    """Apply the safe repairs and return what was done: the counter, and headings that stand glued to another line."""
    done: list[str] = []
    with records.lock():
        for name in (TASKS, JOURNAL, ERRORS):
            document = records.load(name)
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


def _open(records: Records, name: str, found: list[Finding]) -> Document | None:
    try:
        return records.load(name)
    except RecordSyntaxError as error:
        found.append(Finding("REC-FILE-001", error.message, error.hint, location=Location(name, error.line), docs=DOCS))
        return None
