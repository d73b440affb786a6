"""The merge driver with a real git: two branches write records, and the merge keeps both."""

import subprocess
import sys

import pytest

from conductor.providers.git import GitRepository
from conductor.records.merge_driver import install_driver, uninstall_driver

COMMAND = [sys.executable, "-m", "conductor"]


def git(root, *arguments, check=True):
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


def conductor(root, *arguments):
    done = subprocess.run([*COMMAND, *arguments], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "project"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    conductor(root, "records", "merge-driver", "install")
    conductor(root, "task", "new", "Build the image")
    conductor(root, "journal", "add", "Begin", "--what", "started")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "start")
    return root


def work(root, branch, title):
    """Write a task and an entry on a branch that knows nothing of other branches' ids, as another clone would."""
    git(root, "checkout", "-q", "-B", branch, "main")
    (root / ".git/conductor/ids.json").unlink(missing_ok=True)
    new = conductor(root, "task", "new", title).split()[0]
    conductor(root, "journal", "add", f"Begin {title}", "--what", "words", "--task", new)
    git(root, "commit", "-qam", f"{title}\n\nTask: {new}")
    return new


def two_clones(project, tmp_path):
    """Return a clone where main has one new task and a fetched branch another one with the same id."""
    other = tmp_path / "other"
    git(tmp_path, "clone", "-q", str(project), str(other))
    conductor(other, "records", "merge-driver", "install")
    first = work(project, "one", "Mine")
    second = work(other, "two", "Yours")
    assert first == second
    git(project, "fetch", "-q", str(other), "two:two")
    return first


def test_a_merge_of_two_branches_renumbers_and_keeps_everything(project, tmp_path):
    task_id = two_clones(project, tmp_path)
    done = git(project, "merge", "--no-edit", "two")
    assert f"{task_id} is two different things" in done.stderr
    assert "still names" in done.stderr
    new = task_id[:-3] + f"{int(task_id[-3:]) + 1:03d}"
    journal, tasks = (project / "JOURNAL.md").read_text(), (project / "TASKS.md").read_text()
    assert f"### Begin Mine |TASK:{task_id}|" in journal
    assert f"### Begin Yours |TASK:{new}|" in journal
    assert "<<<<<<<" not in journal + tasks
    assert f"**Task ID**: {new}\n**Formerly**: {task_id}\n**Title**: Yours" in tasks
    assert f"Yours ({new})" in tasks
    assert "0/3 tasks completed" in tasks


def test_a_journal_that_only_one_side_wrote_is_put_right_by_the_command_the_merge_names(project, tmp_path):
    task_id = two_clones(project, tmp_path)
    new = task_id[:-3] + f"{int(task_id[-3:]) + 1:03d}"
    git(project, "checkout", "-q", "main", "--", "JOURNAL.md")
    git(project, "commit", "-qm", "no entry")
    done = git(project, "merge", "--no-edit", "two")
    journal = project / "JOURNAL.md"
    assert f"|TASK:{task_id}|" in journal.read_text()
    command = next(line for line in done.stderr.splitlines() if "conductor records renumber" in line)
    assert "changed: JOURNAL.md" in conductor(project, "records", *command.split("conductor records ")[1].split())
    assert f"### Begin Yours |TASK:{new}|" in journal.read_text()
    assert git(project, "diff", "--name-only").stdout.split() == ["JOURNAL.md"]


def test_a_rebase_renumbers_the_commits_that_are_replayed(project, tmp_path):
    task_id = two_clones(project, tmp_path)
    git(project, "checkout", "-q", "two")
    git(project, "rebase", "one")
    new = task_id[:-3] + f"{int(task_id[-3:]) + 1:03d}"
    assert f"### Begin Yours |TASK:{new}|" in (project / "JOURNAL.md").read_text()
    assert f"**Task ID**: {new}" in (project / "TASKS.md").read_text()


def test_a_cherry_pick_renumbers_the_commit_that_is_picked(project, tmp_path):
    task_id = two_clones(project, tmp_path)
    git(project, "checkout", "-q", "one")
    git(project, "cherry-pick", "two")
    new = task_id[:-3] + f"{int(task_id[-3:]) + 1:03d}"
    assert f"### Begin Yours |TASK:{new}|" in (project / "JOURNAL.md").read_text()
    assert f"**Task ID**: {new}" in (project / "TASKS.md").read_text()


def test_a_branch_that_takes_main_in_gets_new_ids_itself(project, tmp_path):
    task_id = two_clones(project, tmp_path)
    git(project, "checkout", "-q", "main")
    git(project, "merge", "-q", "--no-edit", "one")
    git(project, "checkout", "-q", "two")
    git(project, "merge", "--no-edit", "main")
    tasks = (project / "TASKS.md").read_text()
    assert f"**Task ID**: {task_id}\n**Title**: Mine" in tasks
    assert f"**Formerly**: {task_id}\n**Title**: Yours" in tasks


def test_two_branches_that_both_archived_old_entries_merge(project):
    old = "".join(f"## 2026-01-{day:02d} 10:00\n\n### Entry {day}\n- **What**: words\n\n" for day in range(28, 0, -1))
    journal = project / "JOURNAL.md"
    journal.write_text(f"# Engineering Journal\n\n{old}")
    (project / "CONDUCTOR.md").write_text("---\nconductor: 1\nrecords: {max_lines: 60}\n---\n")
    git(project, "add", "-A")
    git(project, "commit", "-qm", "old entries")
    for branch, count in (("one", 1), ("two", 4)):
        git(project, "checkout", "-q", "-B", branch, "main")
        for number in range(count):
            conductor(project, "journal", "add", f"New {branch} {number}", "--what", "words")
        conductor(project, "records", "compact")
        git(project, "add", "-A")
        git(project, "commit", "-qm", branch)
    git(project, "merge", "--no-edit", "one")
    texts = journal.read_text() + (project / "JOURNAL_ARCHIVE/2026-01.md").read_text()
    assert "<<<<<<<" not in texts
    titles = [f"Entry {day}" for day in range(1, 29)] + ["New one 0", *(f"New two {number}" for number in range(4))]
    assert {title: texts.count(f"### {title}\n") for title in titles} == dict.fromkeys(titles, 1)


def test_a_field_that_both_changed_is_left_to_a_person(project):
    git(project, "checkout", "-qb", "one")
    path = project / "TASKS.md"
    before = path.read_text()
    path.write_text(before.replace("**Status**: PLANNING", "**Status**: BLOCKED"))
    git(project, "commit", "-qam", "blocked")
    git(project, "checkout", "-q", "main")
    path.write_text(before.replace("**Status**: PLANNING", "**Status**: TESTING"))
    git(project, "commit", "-qam", "testing")
    done = git(project, "merge", "--no-edit", "one", check=False)
    assert done.returncode == 1
    assert path.read_text().count("<<<<<<<") == 1
    assert "TASKS.md: 1 place changed on both sides" in done.stderr


def test_install_and_uninstall_leave_what_was_there(tmp_path):
    git(tmp_path, "init", "-q")
    repository = GitRepository.find(tmp_path)
    attributes = tmp_path / ".gitattributes"
    for before in (None, b"*.png binary\n", b"*.png binary", b"\r\n"):
        attributes.unlink(missing_ok=True)
        if before is not None:
            attributes.write_bytes(before)
        config = (tmp_path / ".git/config").read_bytes()
        assert install_driver(repository, COMMAND)
        assert install_driver(repository, COMMAND) == []
        assert b"/TASKS.md merge=conductor\n" in attributes.read_bytes()
        assert uninstall_driver(repository)
        assert uninstall_driver(repository) == []
        assert (attributes.read_bytes() if attributes.exists() else None) == before
        assert (tmp_path / ".git/config").read_bytes() == config


@pytest.mark.parametrize(
    ("before", "lead"), [(b"", b""), (b"*.png binary\n", b"*.png binary\n"), (b"*.png binary", b"*.png binary\n")]
)
def test_the_attributes_stand_on_lines_of_their_own_and_say_where_the_end_of_one_was_added(tmp_path, before, lead):
    git(tmp_path, "init", "-q")
    (tmp_path / ".gitattributes").write_bytes(before)
    install_driver(GitRepository.find(tmp_path), COMMAND)
    note, *lines = (tmp_path / ".gitattributes").read_bytes().removeprefix(lead).splitlines()
    assert note.endswith(b"had no end)") == (before != lead)
    assert [line.split()[1] for line in lines] == [b"merge=conductor"] * len(lines)
    assert lines[0].split()[0] == b"/TASKS.md"
