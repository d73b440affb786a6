"""What was acknowledged and then saved over: named by a check, put back by restore, forgotten once a commit holds it."""

import os
import shutil
import subprocess
import sys

import pytest

from conductor.providers.git import GitRepository
from conductor.records import acknowledged
from conductor.records.acknowledged import load_acknowledged
from conductor.records.errors_ledger import add_error, load_errors, resolve_error
from conductor.records.expectations import read_wish
from conductor.records.journal import NewEntry, add_entry, latest_entries
from conductor.records.lint import lint_records
from conductor.records.losses import lint_history
from conductor.records.restore import restore_records
from conductor.records.store import Records
from conductor.records.task_edits import (
    NewTask,
    add_expectations,
    add_note,
    add_numbered,
    change_expectation,
    create_task,
    start_task,
)
from conductor.records.task_lists import load_tasks
from conductor.records.task_lookup import find_task
from conductor.records.task_rewrite import open_block, rewrite_block


def commit(records):
    subprocess.run(["git", "add", "-A"], cwd=records.root, check=True)
    subprocess.run(["git", "commit", "-qm", "x", "--allow-empty"], cwd=records.root, check=True, env=dict(os.environ))


def gone(records):
    return [(one.code, one.data["key"]) for one in lint_history(records) if one.code.startswith("REC-KEPT")]


@pytest.fixture
def project(records):
    create_task(records, NewTask("one", expectations=[read_wish("build")]))
    add_entry(records, NewEntry("Begin", what="x"))
    add_error(records, "it hangs", "P1")
    commit(records)
    return records


def saved_over(records, name, act):
    """Let an editor with an old buffer of the file save it after the act."""
    path = records.root / name
    buffer = path.read_bytes() if path.exists() else None
    result = act()
    path.unlink() if buffer is None else path.write_bytes(buffer)
    return result


def test_a_task_that_a_buffer_was_saved_over_is_missed_and_comes_back(project, read):
    task = saved_over(project, "TASKS.md", lambda: create_task(project, NewTask("two", ["words"], priority="P1")))
    assert gone(project) == [("REC-KEPT-001", task.id)]
    [finding] = lint_history(project)
    assert str(finding.severity) == "error"
    assert "conductor records restore" in finding.remedy
    assert [one.key for one in restore_records(project, dry_run=True)] == [task.id]
    assert gone(project)
    assert [one.key for one in restore_records(project)] == [task.id]
    assert gone(project) == []
    assert lint_records(project) == []
    back = find_task(project, task.id)[1]
    assert (back.title, back.status, back.priority, back.place) == ("two", "PLANNING", "P1", "block")
    assert b"2. \xe2\x8f\xb3 two (" in read("TASKS.md")
    assert b"- words" in read("TASKS.md")
    assert restore_records(project) == []


def test_every_kind_of_record_is_kept(project, read):
    error = saved_over(project, "ERRORS.md", lambda: add_error(project, "a | pipe", "P0"))
    saved_over(
        project,
        "JOURNAL.md",
        lambda: add_entry(project, NewEntry("Pinned *it*", what="a\nb", task="TASK-2026-01-05-001")),
    )
    acts = (
        lambda: add_note(project, "TASK-2026-01-05-001", "a note\nof two lines"),
        lambda: add_numbered(project, "TASK-2026-01-05-001", "finding", "found"),
        lambda: add_expectations(project, "TASK-2026-01-05-001", [read_wish("command unit"), read_wish("manual")]),
    )
    saved_over(project, "TASKS.md", lambda: [act() for act in acts])
    found = gone(project)
    assert ("REC-KEPT-001", error.id) in found
    assert ("REC-KEPT-001", "Pinned *it") in found
    assert [code for code, _ in found].count("REC-KEPT-002") == 4
    restore_records(project)
    assert gone(project) == []
    assert [row.area for row in load_errors(project)] == ["a | pipe", "it hangs"]
    assert {entry.title for entry in latest_entries(project, 5)} == {"Pinned *it*", "Begin"}
    file, _ = find_task(project, "TASK-2026-01-05-001")
    block = file.blocks["TASK-2026-01-05-001"]
    assert ("Note 2026-01-05 10:31", "a note\nof two lines") in file.notes(block, "Task Context")
    assert [one.label for one in file.expectations(block)][1:] == [
        "command unit: exits 0",
        "manual: a person looked and agreed",
    ]
    assert lint_records(project) == []


def test_a_task_comes_back_with_what_was_written_into_it(project):
    def act():
        task = create_task(project, NewTask("two"))
        add_note(project, task.id, "a note")
        add_numbered(project, task.id, "finding", "found")
        return task

    task = saved_over(project, "TASKS.md", act)
    assert gone(project) == [("REC-KEPT-001", task.id)]
    restore_records(project)
    file, _ = find_task(project, task.id)
    assert [text for _, text in file.notes(file.blocks[task.id], "Task Context")] == ["a note"]
    assert gone(project) == []


def test_what_is_written_after_the_loss_does_not_hide_it(project):
    lost = saved_over(project, "TASKS.md", lambda: create_task(project, NewTask("two")))
    after = create_task(project, NewTask("three"))
    start_task(project, after.id)
    assert after.id != lost.id
    assert gone(project) == [("REC-KEPT-001", lost.id)]
    commit(project)
    assert gone(project) == [("REC-KEPT-001", lost.id)], "a commit without it does not settle that"
    restore_records(project)
    assert {task.title for task in load_tasks(project)} == {"one", "two", "three"}
    assert gone(project) == []


def test_a_file_that_was_removed_before_the_first_commit_comes_back(records):
    task = create_task(records, NewTask("one"))
    (records.root / "TASKS.md").unlink()
    assert gone(records) == [("REC-KEPT-001", task.id)]
    restore_records(records)
    assert load_tasks(records)[0].current
    assert gone(records) == []


@pytest.mark.parametrize("eol", ["\r\n", "\r"])
def test_the_line_ends_of_the_file_are_kept(project, eol):
    for name in ("TASKS.md", "JOURNAL.md", "ERRORS.md"):
        path = project.root / name
        path.write_bytes(path.read_bytes().replace(b"\n", eol.encode()))
    saved_over(
        project,
        "TASKS.md",
        lambda: [create_task(project, NewTask("two")), add_note(project, "TASK-2026-01-05-001", "a\nb")],
    )
    saved_over(project, "JOURNAL.md", lambda: add_entry(project, NewEntry("Pinned", what="a\nb")))
    assert len(gone(project)) == 3
    restore_records(project)
    assert gone(project) == []
    for name in ("TASKS.md", "JOURNAL.md"):
        content = (project.root / name).read_bytes()
        assert content.count(b"\n") == (content.count(b"\r\n") if eol == "\r\n" else 0)


def test_only_what_is_named_comes_back(project, conductor):
    saved_over(
        project, "TASKS.md", lambda: [create_task(project, NewTask(title)) for title in ("two", "three", "fourth one")]
    )
    assert conductor("records", "restore", "9", cwd=project.root).returncode == 3
    assert [one.title for one in restore_records(project, words=["2", "fourth"])] == ["two", "fourth one"]
    assert gone(project) == [("REC-KEPT-001", "TASK-2026-01-05-003")]


# What is not lost:


def test_what_stands_in_the_files_or_their_archives_is_not_missed(project):
    create_task(project, NewTask("two"))
    add_note(project, "TASK-2026-01-05-001", "a note")
    change_expectation(project, "TASK-2026-01-05-001", 1, dropped="no", dropped_on="2026-01-05")
    assert gone(project) == []
    folder = project.root / "TASKS_ARCHIVE"
    folder.mkdir()
    shutil.move(project.root / "TASKS.md", folder / "2026-01.md")
    assert gone(project) == []


def test_what_a_person_reworded_is_not_missed(project):
    add_numbered(project, "TASK-2026-01-05-001", "finding", "found")
    add_entry(project, NewEntry("Pinned the wheel", what="x"))
    for name, old, new in (
        ("TASKS.md", "found", "found something else"),
        ("JOURNAL.md", "Pinned the wheel", "Pinned the cp311 wheel"),
    ):
        path = project.root / name
        path.write_text(path.read_text().replace(old, new))
    assert gone(project) == []


def test_what_a_person_took_out_with_an_edit_is_not_missed(project):
    add_note(project, "TASK-2026-01-05-001", "a note")
    opened = open_block(project, "TASK-2026-01-05-001")
    rewrite_block(project, opened, "\n".join(line for line in opened.text.split("\n") if "a note" not in line))
    assert gone(project) == []


def test_an_item_that_a_later_commit_leaves_out_is_not_missed(project, clock):
    saved_over(project, "TASKS.md", lambda: add_note(project, "TASK-2026-01-05-001", "a note"))
    assert gone(project) == [("REC-KEPT-002", "TASK-2026-01-05-001")]
    path = project.root / "TASKS.md"
    path.write_text(path.read_text().replace("**Target**: not set", "**Target**: 2026-02-01"))
    later = {**os.environ, "GIT_COMMITTER_DATE": "2026-01-05T11:00:00+00:00"}
    subprocess.run(["git", "commit", "-qam", "later"], cwd=project.root, check=True, env=later)
    assert gone(project) == []
    assert load_acknowledged(project) == [one for one in load_acknowledged(project) if one.kind != "item"]


@pytest.mark.parametrize("how", ["branch", "stash", "amended away", "deleted branch"])
def test_what_a_commit_anywhere_holds_is_not_missed_and_forgotten(project, git, how):
    root = project.root
    git("checkout", "-q", "-b", "side", cwd=root)
    task = create_task(project, NewTask("two"))
    add_entry(project, NewEntry("On the side", what="x"))
    if how == "stash":
        git("stash", "-q", cwd=root)
    else:
        commit(project)
    if how == "amended away":
        git("reset", "-q", "--hard", "HEAD~1", cwd=root)
    git("checkout", "-q", "main", cwd=root)
    if how == "deleted branch":
        git("branch", "-q", "-D", "side", cwd=root)
    assert task.id not in [one.id for one in load_tasks(project)]
    assert gone(project) == []
    assert task.id not in [one.key for one in load_acknowledged(project)]


def test_a_link_in_a_committed_journal_does_not_hide_the_loss_of_its_task(project):
    task = saved_over(project, "TASKS.md", lambda: create_task(project, NewTask("two")))
    add_entry(project, NewEntry("About it", what="x", task=task.id))
    commit(project)
    assert ("REC-KEPT-001", task.id) in gone(project)


def test_another_worktree_does_not_miss_what_was_written_in_this_one(project, git, tmp_path):
    git("worktree", "add", "-q", str(tmp_path / "second"), "-b", "second", cwd=project.root)
    other = Records(tmp_path / "second", GitRepository.find(tmp_path / "second"), project.clock)
    create_task(project, NewTask("two"))
    assert gone(other) == []
    task = saved_over(other, "TASKS.md", lambda: create_task(other, NewTask("three")))
    assert gone(other) == [("REC-KEPT-001", task.id)]
    assert gone(project) == []


def test_nothing_is_missed_while_the_file_can_not_be_read(project):
    create_task(project, NewTask("two"))
    (project.root / "TASKS.md").write_bytes(b"\xff")
    assert gone(project) == []


def test_a_resolved_error_is_the_same_error(project):
    resolve_error(project, "ERR-2026-01-05-001", "fixed")
    assert gone(project) == []


# The file itself:


def test_the_file_stays_small_and_keeps_the_newest(records, monkeypatch):
    monkeypatch.setattr(acknowledged, "_MOST_BYTES", 6000)
    tasks = [create_task(records, NewTask(f"task {number}")) for number in range(40)]
    path = records.repository.common_dir / "conductor/acknowledged.jsonl"
    assert path.stat().st_size < 7000
    kept = [one.key for one in load_acknowledged(records)]
    assert kept == [task.id for task in tasks][-len(kept) :]
    commit(records)
    create_task(records, NewTask("last"))
    with records.lock():
        acknowledged._shorten(records, path)
    assert len(load_acknowledged(records)) == 1, "what HEAD holds needs no keeping"


def test_a_damaged_or_missing_file_costs_nothing(project):
    path = project.repository.common_dir / "conductor/acknowledged.jsonl"
    task = create_task(project, NewTask("two"))
    whole = path.read_bytes()
    for content in (
        b"",
        b"\xff\n[1]\nnull\n{}\n" + whole[:40],
        whole + b'{"kind": "task", "ke',
        b'{"kind": 1, "key": 2, "new": 3}\n',
    ):
        path.write_bytes(content)
        assert gone(project) == []
        add_note(project, task.id, "x")
    path.unlink()
    path.mkdir()
    assert create_task(project, NewTask("three")).title == "three"
    assert gone(project) == []


KILL = """
import os, signal, sys
from pathlib import Path
from conductor.providers.clock import SystemClock
from conductor.providers.git import GitRepository
from conductor.records import store
from conductor.records.store import Records
from conductor.records.task_edits import NewTask, create_task
root = Path(sys.argv[1])
records = Records(root, GitRepository.find(root), SystemClock())
written = store.write_atomically
def killed(path, content):
    written(path, content)
    os.kill(os.getpid(), signal.SIGKILL)
store.write_atomically = killed
create_task(records, NewTask("two"))
"""


def test_a_kill_between_the_record_and_the_net_leaves_the_record(project):
    done = subprocess.run([sys.executable, "-c", KILL, str(project.root)], check=False)
    assert done.returncode == -9
    assert [task.title for task in load_tasks(project)] == ["one", "two"]
    assert gone(project) == []


def test_a_check_and_a_restore_from_outside(project, conductor):
    saved_over(project, "TASKS.md", lambda: create_task(project, NewTask("two")))
    done = conductor("check", "records", cwd=project.root)
    assert done.returncode == 1
    assert "error[REC-KEPT-001] TASK-2026-01-05-002 (two) was written" in done.stdout
    done = conductor("records", "restore", cwd=project.root)
    assert "TASKS.md, never committed" in done.stdout
    assert conductor("check", "records", cwd=project.root).returncode == 0
