"""Every real project of the corpus is merged, shortened, compared with its history and adopted without a loss."""

import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from conductor.providers.git import GitRepository
from conductor.records.adopt import survey_records
from conductor.records.archive import compact_records
from conductor.records.document import Document
from conductor.records.journal import JournalFile
from conductor.records.losses import lint_history
from conductor.records.merge import merge_records
from conductor.records.merge_ids import Versions, plan_renumbering
from conductor.records.restore import restore_records
from conductor.records.store import Records
from conductor.records.tasks import TaskFile
from tests.records.test_corpus import files, projects, readable


def adopt(project: Path, root: Path, clock, max_lines: int = 500) -> Records:
    shutil.copytree(project, root)
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "as it was"]):
        subprocess.run(["git", *command], cwd=root, check=True)
    return Records(root, GitRepository.find(root), clock, max_lines=max_lines)


@pytest.mark.parametrize("path", files() or [None], ids=lambda path: path and f"{path.parent.name}-{path.name}")
def test_two_branches_of_a_real_file_keep_every_line(path, corpus):
    if path.name not in {"TASKS.md", "JOURNAL.md", "ERRORS.md"} or not readable(path):
        pytest.skip("no record file of UTF-8 text")
    base = path.read_bytes()
    document = Document(base, path.name)
    places = [heading.start for heading in document.headings] or [0]
    ours = base[: places[-1]] + b"## 2026-01-05 10:00\n\n### One\n- **What**: one\n\n" + base[places[-1] :]
    theirs = base[: places[0]] + b"## 2026-01-05 11:00\n\n### Two\n- **What**: two\n\n" + base[places[0] :]
    for mine, yours in ((ours, theirs), (theirs, ours)):
        versions = Versions(base, mine, yours)
        merged = merge_records(path.name, versions, plan_renumbering(path.name, versions))
        assert merged.conflicts == 0
        lines = Counter(line.strip() for line in merged.text.splitlines())
        wanted = Counter(line.strip() for line in mine.splitlines()) | Counter(
            line.strip() for line in yours.splitlines()
        )
        assert not {line for line in wanted - lines if line}
        assert b"### One" in merged.text
        assert b"### Two" in merged.text


@pytest.mark.parametrize("project", projects() or [None], ids=lambda path: path and path.name)
def test_a_real_project_is_shortened_and_loses_nothing(project, corpus, tmp_path, clock):
    if any(not readable(path) for path in project.glob("*.md")):
        pytest.skip("not UTF-8")
    records = adopt(project, tmp_path / "adopted", clock, max_lines=20)
    before = everything(records)
    compact_records(records)
    assert everything(records) >= before
    assert compact_records(records) == []
    assert [one for one in lint_history(records) if one.code != "REC-DATE-001"] == []


@pytest.mark.parametrize("project", projects() or [None], ids=lambda path: path and path.name)
def test_what_a_real_project_deletes_comes_back(project, corpus, tmp_path, clock):
    if any(not readable(path) for path in project.glob("*.md")):
        pytest.skip("not UTF-8")
    records = adopt(project, tmp_path / "adopted", clock)
    titles = {one[1] for one in everything(records) if one[0] == "entry"}
    for name in ("TASKS.md", "JOURNAL.md"):
        (records.root / name).unlink(missing_ok=True)
    subprocess.run(["git", "commit", "-qam", "lose"], cwd=records.root, check=False)
    restore_records(records)
    assert {one[1] for one in everything(records) if one[0] == "entry"} >= {
        title for title in titles if "YYYY" not in title
    }
    assert restore_records(records) == []


@pytest.mark.parametrize("project", projects() or [None], ids=lambda path: path and path.name)
def test_adopting_a_real_project_changes_no_byte(project, corpus, tmp_path, clock):
    records = adopt(project, tmp_path / "adopted", clock)
    assert survey_records(records).files or project.name.startswith("Drew")
    assert (
        subprocess.run(["git", "status", "--porcelain"], cwd=records.root, capture_output=True, check=True).stdout
        == b""
    )


def everything(records: Records) -> set[tuple[str, str, str]]:
    """Return each entry and task once with its text."""
    found = set()
    for name in ("JOURNAL.md", *records.archives("JOURNAL_ARCHIVE")):
        document = records.load(name)
        for one in JournalFile(document).entries() if document else []:
            found.add(("entry", one.title, document.content[one.start : one.end].decode().strip(" \n-")))
    for name in ("TASKS.md", *records.archives("TASKS_ARCHIVE")):
        document = records.load(name)
        for one in TaskFile(document).tasks() if document else []:
            found.add(("task", one.id, one.title))
    return found
