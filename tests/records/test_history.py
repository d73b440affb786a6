"""The records against git's history: what was planned and is gone, what changed its meaning, what is dated wrongly."""

import os
import shutil
import subprocess

import pytest

from conductor.providers.clock import SystemClock
from conductor.providers.git import GitRepository
from conductor.records.history import read_past
from conductor.records.losses import lint_history
from conductor.records.store import Records

TASKS = """# Task Management

## Current Task
**Task ID**: TASK-2026-01-05-001
**Title**: Build the image
**Status**: IN_PROGRESS

### Task Chain
1. 🔄 Build the image (TASK-2026-01-05-001)
2. ⏳ Deploy and verify (TASK-2026-01-05-002)
3. ✅ Choose a base (TASK-2026-01-05-003)
4. ⏳ Measure the speed
"""
JOURNAL = """# Engineering Journal

## 2026-01-05 10:00

### Pinned the wheel |TASK:TASK-2026-01-05-001|
- **What**: words

## 2026-01-05 09:00

### Looked at the logs
- **What**: words
"""


@pytest.fixture
def records(tmp_path):
    subprocess.run(["git", "init", "-q", "-b", "main", tmp_path], check=True)
    found = Records(tmp_path, GitRepository.find(tmp_path), SystemClock())
    write(found, "begin", TASKS=TASKS, JOURNAL=JOURNAL)
    return found


def write(records, message, at="2026-01-05T10:00:00+00:00", **files):
    for name, text in files.items():
        (records.root / f"{name}.md").write_text(text)
    environment = {**os.environ, "GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at}
    subprocess.run(["git", "add", "-A"], cwd=records.root, check=True)
    subprocess.run(["git", "commit", "-qm", message], cwd=records.root, check=True, env=environment)


def codes(records):
    return sorted(finding.code for finding in lint_history(records))


def test_records_that_lost_nothing_are_fine(records):
    assert lint_history(records) == []
    write(records, "done", TASKS=TASKS.replace("🔄", "✅").replace("IN_PROGRESS", "COMPLETE"))
    assert lint_history(records) == []


def test_a_planned_task_that_is_gone_is_named_with_the_place_where_it_stood(records):
    write(records, "shorten", TASKS=TASKS.replace("2. ⏳ Deploy and verify (TASK-2026-01-05-002)\n", ""))
    write(records, "more", JOURNAL=JOURNAL + "\n")
    [finding] = lint_history(records)
    assert finding.code == "REC-GONE-001"
    assert "TASK-2026-01-05-002 (Deploy and verify) was planned and is gone" in finding.message
    seen = subprocess.run(
        ["git", "show", f"{finding.data['revision']}:TASKS.md"],
        cwd=records.root,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert "TASK-2026-01-05-002" in seen[finding.data["line"] - 1]


def test_a_planned_row_without_an_id_is_found_too(records):
    write(records, "shorten", TASKS=TASKS.replace("4. ⏳ Measure the speed\n", ""))
    assert codes(records) == ["REC-GONE-001"]


def test_a_task_that_was_done_before_it_went_is_an_advice(records):
    write(records, "shorten", TASKS=TASKS.replace("3. ✅ Choose a base (TASK-2026-01-05-003)\n", ""))
    [finding] = lint_history(records)
    assert (finding.code, str(finding.severity)) == ("REC-GONE-002", "advice")


def test_a_block_whose_status_was_edited_alone_is_known_as_closed(records):
    done = TASKS.replace("IN_PROGRESS", "COMPLETE")
    write(records, "done", TASKS=done)
    other = done.replace(
        "**Task ID**: TASK-2026-01-05-001\n**Title**: Build the image",
        "**Task ID**: TASK-2026-01-06-001\n**Title**: Ship",
    )
    write(
        records,
        "next",
        TASKS=other.replace("1. 🔄 Build the image (TASK-2026-01-05-001)", "1. 🔄 Ship (TASK-2026-01-06-001)"),
    )
    assert codes(records) == ["REC-GONE-002"]


def test_a_task_that_went_to_the_archive_is_not_gone(records):
    folder = records.root / "TASKS_ARCHIVE/2026-01"
    folder.mkdir(parents=True)
    (folder / "TASK-2026-01-05-002.md").write_text("# TASK-2026-01-05-002: Deploy and verify\n")
    write(records, "archive", TASKS=TASKS.replace("2. ⏳ Deploy and verify (TASK-2026-01-05-002)\n", ""))
    assert lint_history(records) == []


def test_an_id_that_names_another_thing_now_is_reported_where_it_stands(records):
    write(records, "reuse", TASKS=TASKS.replace("Deploy and verify", "Rewrite the README"))
    [finding] = lint_history(records)
    assert finding.code == "REC-ID-003"
    assert (finding.location.path, finding.location.line) == ("TASKS.md", 10)


def test_a_title_that_was_made_clearer_is_the_same_task(records):
    write(records, "retitle", TASKS=TASKS.replace("Deploy and verify", "Deploy to staging and verify the digest"))
    assert lint_history(records) == []


def test_a_row_that_words_its_task_otherwise_is_no_other_task(records):
    write(records, "words", TASKS=TASKS.replace("1. 🔄 Build the image", "1. 🔄 Get a container going"))
    assert lint_history(records) == []


def test_a_journal_that_was_replaced_lost_its_titles(records):
    write(records, "replace", JOURNAL="# Engineering Journal\n\n## 2026-01-05 11:00\n\n### Fresh start\n")
    assert codes(records) == ["REC-LOST-001", "REC-LOST-001"]
    folder = records.root / "JOURNAL_ARCHIVE"
    folder.mkdir()
    (folder / "2026-01.md").write_text(JOURNAL)
    assert lint_history(records) == []


def test_a_title_that_was_edited_is_not_lost(records):
    write(records, "edit", JOURNAL=JOURNAL.replace("Pinned the wheel", "Pinned the cp311 wheel"))
    assert lint_history(records) == []


def test_what_a_merge_threw_away_is_found(records):
    subprocess.run(["git", "checkout", "-qb", "side"], cwd=records.root, check=True)
    write(records, "side", TASKS=TASKS + "5. ⏳ Only here (TASK-2026-01-05-009)\n")
    subprocess.run(["git", "checkout", "-q", "main"], cwd=records.root, check=True)
    subprocess.run(["git", "merge", "-q", "-s", "ours", "--no-edit", "side"], cwd=records.root, check=True)
    assert codes(records) == ["REC-GONE-001"]


def test_entries_dated_far_from_their_commit_are_reported(records):
    early = "## 2025-12-01 10:00\n\n### Long ago\n"
    late = "## 2026-02-01 10:00\n\n### Not yet\n"
    write(records, "entries", JOURNAL=JOURNAL.replace("## 2026-01-05 10:00", late + "\n## 2026-01-05 10:00") + early)
    found = [one for one in lint_history(records) if one.code == "REC-DATE-001"]
    assert [(str(one.severity), one.location.line, one.data["days"]) for one in found] == [
        ("warning", 3, 27),
        ("advice", 16, -35),
    ]


def test_a_clone_without_its_history_says_what_was_not_checked(records, tmp_path):
    write(records, "more", JOURNAL=JOURNAL + "\n")
    shallow = tmp_path / "shallow"
    subprocess.run(["git", "clone", "-q", "--depth=1", f"file://{records.root}", str(shallow)], check=True)
    other = Records(shallow, GitRepository.find(shallow), SystemClock())
    assert "REC-HISTORY-001" in codes(other)


def test_a_repository_without_a_commit_has_no_history(tmp_path):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    repository = GitRepository.find(tmp_path)
    assert read_past(repository) is None
    assert lint_history(Records(tmp_path, repository, SystemClock())) == []


def test_the_cache_changes_nothing_but_the_time(records):
    cache = records.repository.common_dir / "conductor/history.json"
    lint_history(records)
    assert cache.is_file()
    write(records, "shorten", TASKS=TASKS.replace("2. ⏳ Deploy and verify (TASK-2026-01-05-002)\n", ""))
    grown = lint_history(records)
    shutil.copy(cache, cache.with_suffix(".old"))
    for content in (b"", b"[]", b'{"version": 1}', b"\xff"):
        cache.write_bytes(content)
        assert lint_history(records) == grown
    subprocess.run(["git", "reset", "-q", "--hard", "HEAD~1"], cwd=records.root, check=True)
    shutil.copy(cache.with_suffix(".old"), cache)
    assert lint_history(records) == []


def test_one_or_two_processes_of_git_are_enough(records, monkeypatch):
    calls = []
    run = GitRepository.run

    def counted(self, *arguments, **more):
        calls.append(arguments)
        return run(self, *arguments, **more)

    monkeypatch.setattr(GitRepository, "run", counted)
    lint_history(records)
    assert len(calls) == 2
    lint_history(records)
    assert len(calls) == 3
