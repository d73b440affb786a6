"""Shortening records into their archives and bringing lost ones back: no byte of an entry changes on the way."""

import subprocess

import pytest

from conductor.errors import RecordSyntaxError
from conductor.providers.clock import SystemClock
from conductor.providers.git import GitRepository
from conductor.records.adopt import survey_records
from conductor.records.archive import compact_records
from conductor.records.journal import JournalFile
from conductor.records.losses import lint_history
from conductor.records.restore import restore_records
from conductor.records.store import Records
from conductor.records.task_layout import count_progress, read_progress
from conductor.records.task_lists import load_tasks
from conductor.records.tasks import TaskFile


@pytest.fixture
def root(tmp_path):
    subprocess.run(["git", "init", "-q", "-b", "main", str(tmp_path)], check=True)
    return tmp_path


def records_at(root, max_lines=30):
    return Records(root, GitRepository.find(root), SystemClock(), max_lines=max_lines)


def commit(root, message):
    subprocess.run(["git", "add", "-A"], cwd=root, check=True)
    subprocess.run(["git", "commit", "-qm", message], cwd=root, check=True)


def entry(day, title):
    return (
        f"## 2026-{day} 10:00\n\n### {title}\n- **What**: words \u2705  \n  - nested\n\n```\n## not a heading\n```\n\n"
    )


def journal(root, days, head="# Engineering Journal\n\n"):
    (root / "JOURNAL.md").write_text(head + "".join(entry(day, f"Entry {day}") for day in days))


def titles(records, name="JOURNAL.md"):
    return [one.title for one in JournalFile(records.load(name)).entries()]


def test_the_oldest_entries_move_and_an_index_line_stays(root):
    days = ["03-02", "03-01", "02-02", "02-01", "01-01"]
    journal(root, days)
    records = records_at(root)
    moved = compact_records(records)
    assert [(one.archive, one.count) for one in moved] == [
        ("JOURNAL_ARCHIVE/2026-01.md", 1),
        ("JOURNAL_ARCHIVE/2026-02.md", 2),
    ]
    assert titles(records) == ["Entry 03-02", "Entry 03-01"]
    text = (root / "JOURNAL.md").read_text()
    assert "- [2026-02](JOURNAL_ARCHIVE/2026-02.md): 2 entries, 2026-02-01 10:00 to 2026-02-02 10:00\n" in text
    february = (root / "JOURNAL_ARCHIVE/2026-02.md").read_bytes().decode()
    assert entry("02-02", "Entry 02-02") + entry("02-01", "Entry 02-01") in february
    assert compact_records(records) == []


def test_a_later_run_puts_newer_entries_above_and_counts_anew(root):
    journal(root, ["02-02", "02-01", "01-01"])
    compact_records(records_at(root, 22))
    text = (root / "JOURNAL.md").read_text()
    (root / "JOURNAL.md").write_text(text.replace("## 2026-02-02", entry("03-03", "New") + "## 2026-02-02", 1))
    records = records_at(root, 22)
    compact_records(records)
    assert titles(records)[0] == "New"
    assert titles(records, "JOURNAL_ARCHIVE/2026-02.md") == sorted(
        titles(records, "JOURNAL_ARCHIVE/2026-02.md"), reverse=True
    )
    assert (root / "JOURNAL.md").read_text().count("JOURNAL_ARCHIVE/2026-02.md") == 1


def test_a_crash_between_the_two_writes_doubles_nothing(root, monkeypatch):
    journal(root, ["03-02", "03-01", "01-02", "01-01"])
    before = (root / "JOURNAL.md").read_bytes()
    save = Records.save

    def crash(self, document):
        if document.path == "JOURNAL.md":
            raise KeyboardInterrupt
        save(self, document)

    monkeypatch.setattr(Records, "save", crash)
    with pytest.raises(KeyboardInterrupt):
        compact_records(records_at(root))
    assert (root / "JOURNAL.md").read_bytes() == before
    archived = (root / "JOURNAL_ARCHIVE/2026-01.md").read_bytes()
    monkeypatch.setattr(Records, "save", save)
    records = records_at(root)
    compact_records(records)
    assert (root / "JOURNAL_ARCHIVE/2026-01.md").read_bytes() == archived
    assert titles(records) + titles(records, "JOURNAL_ARCHIVE/2026-01.md") == [
        "Entry 03-02", "Entry 03-01", "Entry 01-02", "Entry 01-01",
    ]  # fmt: skip


def block(number, heading, status):
    return (
        f"## {heading}\n**Task ID**: TASK-2026-01-05-{number:03d}\n**Title**: Task {number}\n**Status**: {status}\n\n"
        f"### Task Context\n- note {number}  \n\n"
    )


def tasks(root):
    rows = "".join(f"{n}. {'⏳' if n == 1 else '✅'} Task {n} (TASK-2026-01-05-{n:03d})\n" for n in range(1, 6))
    text = "# Task Management\n\n## Active Phase\n**Progress**: 4/5 tasks completed\n\n" + block(
        1, "Current Task", "IN_PROGRESS"
    )
    text += "### Task Chain\n" + rows + "\n"
    text += (
        block(2, "Previous Task", "COMPLETE")
        + block(3, "Previous Task", "DROPPED (2026-01-06)")
        + block(4, "Open Task", "PLANNING")
    )
    (root / "TASKS.md").write_text(text + "## Completed Tasks Archive\n<!-- recent -->\n\n---\n*footer*")


def test_closed_tasks_move_with_their_status_and_open_ones_stay(root):
    tasks(root)
    records = records_at(root, 20)
    before = {task.id: (task.title, task.status) for task in load_tasks(records, archives=True)}
    compact_records(records)
    after = {task.id: (task.title, task.status) for task in load_tasks(records, archives=True)}
    assert after == before
    file = TaskFile(records.load("TASKS.md"))
    assert list(file.blocks) == ["TASK-2026-01-05-001", "TASK-2026-01-05-004"]
    assert read_progress(file) == count_progress(file)
    assert block(2, "Previous Task", "COMPLETE") in (root / "TASKS_ARCHIVE/2026-01.md").read_text()
    text = (root / "TASKS.md").read_text()
    assert "- [2026-01](TASKS_ARCHIVE/2026-01.md): " in text
    assert text.endswith("\n---\n*footer*")
    assert compact_records(records) == []


def test_what_was_compacted_is_not_lost_to_the_history(root):
    tasks(root)
    journal(root, ["03-02", "02-01", "01-01"])
    commit(root, "begin")
    records = records_at(root, 20)
    assert compact_records(records)
    commit(root, "compact")
    assert [one.code for one in lint_history(records) if one.code != "REC-DATE-001"] == []


def test_restore_brings_back_entries_and_tasks_as_they_stood(root):
    tasks(root)
    journal(root, ["03-02", "02-01", "01-01"])
    commit(root, "begin")
    whole = (root / "TASKS.md").read_text()
    (root / "TASKS.md").write_text(
        whole.replace(block(4, "Open Task", "PLANNING"), "")
        .replace("5. ✅ Task 5 (TASK-2026-01-05-005)\n", "")
        .replace("4. ✅ Task 4 (TASK-2026-01-05-004)\n", "")
    )
    journal(root, ["03-02"])
    commit(root, "lose")
    records = records_at(root, 500)
    kept = (root / "JOURNAL.md").read_bytes(), (root / "TASKS.md").read_bytes()
    assert len(restore_records(records, dry_run=True)) == 4
    assert not (root / "JOURNAL_ARCHIVE").exists()
    restored = restore_records(records)
    assert {one.key for one in restored} == {"Entry 02-01", "Entry 01-01", "TASK-2026-01-05-004", "TASK-2026-01-05-005"}
    assert ((root / "JOURNAL.md").read_bytes(), (root / "TASKS.md").read_bytes()) == kept
    assert entry("02-01", "Entry 02-01") in (root / "JOURNAL_ARCHIVE/2026-02.md").read_text()
    archived = (root / "TASKS_ARCHIVE/2026-01.md").read_text()
    assert block(4, "Open Task", "PLANNING") in archived
    assert "5. ✅ Task 5 (TASK-2026-01-05-005)\n" in archived
    assert restore_records(records) == []
    assert {task.id: task.status for task in load_tasks(records, archives=True)}["TASK-2026-01-05-004"] == "PLANNING"
    assert [one.code for one in lint_history(records) if one.code != "REC-DATE-001"] == []


def test_adopting_a_project_changes_nothing_and_says_what_is_not_understood(root):
    tasks(root)
    (root / "docs").mkdir()
    (root / "docs/TASKS.md").write_text("# other\n")
    journal(root, ["01-01"], "# Engineering Journal\n\n## Version History\n\n- one\n\n")
    (root / "CONDUCTOR.md").write_text("# Rules\n<!-- Generated by Claude Conductor v2.2.1 -->\n")
    (root / "ERRORS.md").write_bytes("# Fehler".encode("utf-16"))
    before = {path: path.read_bytes() for path in root.rglob("*.md")}
    survey = survey_records(records_at(root))
    assert {path: path.read_bytes() for path in root.rglob("*.md")} == before
    assert sorted(path.name for path in root.iterdir()) == [
        ".git",
        "CONDUCTOR.md",
        "ERRORS.md",
        "JOURNAL.md",
        "TASKS.md",
        "docs",
    ]
    assert survey.made_by == "v2.2.1"
    assert [(one.path, one.records) for one in survey.files] == [("TASKS.md", 5), ("JOURNAL.md", 1)]
    codes = {finding.code for finding in survey.findings}
    assert {"REC-IMPORT-001", "REC-IMPORT-004", "REC-FILE-001"} <= codes


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [
        ("JOURNAL.md", "Journal\n=======\n\n2026-01-02: the wheel\n-----\n\ntext\n", [4]),
        ("JOURNAL.md", "# Journal\r\n\r\n2026-01-02 10:00\r\n===\r\n\r\n2026-01-03\r\n---\r\n", [3, 6]),
        ("TASKS.md", "Current Task\n------------\n**Task ID**: TASK-2026-01-01-001\n", [1]),
        ("TASKS.md", "# Tasks\n\nLatest Task: the wheel  \n   ---\n", [3]),
        ("JOURNAL.md", "# Journal\n\nThe wheel\n---\n", []),
        ("JOURNAL.md", "# Journal\n\n2026-01-02\n\n---\n", []),
        ("JOURNAL.md", "# Journal\n\n```\n2026-01-02\n---\n```\n", []),
        ("JOURNAL.md", "# Journal\n\n> 2026-01-02\n> ---\n- 2026-01-02\n  ---\n", []),
        ("JOURNAL.md", "# Journal\n\n<!--\n2026-01-02\n---\n-->\n", []),
        ("JOURNAL.md", "---\ntitle: x\n2026-01-02: y\n---\n# Journal\n", []),
        ("JOURNAL.md", "# Journal\n\n2026-01-02 | a\n--- | ---\n", []),
    ],
)
def test_an_import_tells_which_underlined_headings_are_no_records(root, name, text, lines):
    (root / name).write_bytes(text.encode())
    found = [one for one in survey_records(records_at(root)).findings if one.code == "REC-IMPORT-005"]
    assert [one.location.line for one in found] == lines


def test_nothing_is_restored_beside_a_file_that_cannot_be_read(root):
    journal(root, ["01-01"])
    commit(root, "begin")
    (root / "JOURNAL.md").write_bytes("# x".encode("utf-16"))
    with pytest.raises(RecordSyntaxError, match="UTF-16"):
        restore_records(records_at(root))
