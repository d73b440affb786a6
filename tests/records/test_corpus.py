"""Every real project of the corpus opens, is checked, and survives Conductor's edits byte for byte outside them."""

import difflib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from conductor.errors import RecordSyntaxError
from conductor.providers.git import GitRepository
from conductor.records.document import Document
from conductor.records.errors_ledger import add_error
from conductor.records.journal import JournalFile, NewEntry, add_entry
from conductor.records.lint import lint_records
from conductor.records.prime import prime_agent
from conductor.records.search import search_records
from conductor.records.store import Records
from conductor.records.task_edits import NewTask, create_task, start_task
from conductor.records.task_lists import load_tasks
from conductor.records.tasks import TaskFile
from tests.records.test_document import oracle


def projects() -> list[Path]:
    top = Path(os.environ.get("CONDUCTOR_CORPUS", "")) / "records"
    return sorted(path for path in top.iterdir() if path.is_dir()) if top.is_dir() else []


def files() -> list[Path]:
    return [path for project in projects() for path in sorted(project.rglob("*.md"))]


def readable(path: Path) -> bool:
    try:
        path.read_bytes().decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in path.read_bytes()


@pytest.mark.parametrize("path", files() or [None], ids=lambda path: path and f"{path.parent.name}-{path.name}")
def test_the_scanner_reads_every_real_file_as_a_full_parser_does(path, corpus):
    if not readable(path):
        pytest.skip("not UTF-8")
    text = path.read_bytes().decode()
    document = Document(text.encode(), path.name)
    assert [(one.level, document.line_of(one.start) - 1) for one in document.headings] == oracle(text)
    TaskFile(document).tasks()
    list(JournalFile(document).entries())


def adopt(project: Path, tmp_path: Path, clock) -> Records:
    root = tmp_path / "adopted"
    shutil.copytree(project, root)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    return Records(root, GitRepository.find(root), clock, memories=(".serena/memories", "memory"))


@pytest.mark.parametrize("project", projects() or [None], ids=lambda path: path and path.name)
def test_every_real_project_survives_edits(project, corpus, tmp_path, clock):
    records = adopt(project, tmp_path, clock)
    root = records.root
    broken = [path.name for path in root.glob("*.md") if not readable(path)]
    before = {path: path.read_bytes() for path in root.rglob("*.md")}
    assert {finding.location.path for finding in lint_records(records) if finding.code == "REC-FILE-001"} == set(broken)
    add_entry(records, NewEntry("Adopted", what="x"))
    add_error(records, "x", "P1")
    if "TASKS.md" in broken:
        with pytest.raises(RecordSyntaxError):
            create_task(records, NewTask("Adopted"))
    else:
        create_task(records, NewTask("Adopted"))
        assert "Adopted" in [task.title for task in load_tasks(records)]
        search_records(records, "adopted")
        prime_agent(records, [])
    for path, old in before.items():
        new = path.read_bytes()
        lines, changed = old.splitlines(keepends=True), new.splitlines(keepends=True)
        gone = [line for line in difflib.ndiff([repr(x) for x in lines], [repr(x) for x in changed]) if line[0] == "-"]
        # The end of the last line may have been missing.
        assert len(gone) <= (0 if old.endswith(b"\n") else 1), path


@pytest.mark.parametrize("project", projects() or [None], ids=lambda path: path and path.name)
def test_starting_a_task_loses_no_line(project, corpus, tmp_path, clock):
    records = adopt(project, tmp_path, clock)
    path = records.root / "TASKS.md"
    if not path.exists() or not readable(path):
        pytest.skip("no readable TASKS.md")
    lines = path.read_text().splitlines()
    start_task(records, create_task(records, NewTask("Adopted")).id)
    left = path.read_text().splitlines()
    missing = [line for line in lines if line.strip() and line not in left]
    # `(CURRENT)` meant the task that was current until now, so its row names that task by its id from here on.
    named = [line for line in missing if "(CURRENT)" in line]
    assert all(any(one.startswith(line.split("(CURRENT)")[0] + "(TASK-") for one in left) for line in named)
    assert set(missing) - set(named) <= {"## Current Task"}
    assert [one.code for one in lint_records(records) if one.code == "REC-CURRENT-001"] == []
