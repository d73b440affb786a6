from conductor.providers.git import GitRepository
from conductor.records.store import Records
from conductor.records.task_edits import NewTask, create_task


def new(records) -> str:
    return create_task(records, NewTask("x")).id[-3:]


def commit(git, root):
    git("add", "-A", cwd=root)
    git("commit", "-q", "-m", "records", cwd=root)


def test_ids_of_other_branches_are_not_given_out_again(records, git):
    root = records.root
    git("commit", "-q", "--allow-empty", "-m", "start", cwd=root)
    git("checkout", "-q", "-b", "other", cwd=root)
    assert [new(records), new(records)] == ["001", "002"]
    commit(git, root)
    git("checkout", "-q", "main", cwd=root)
    (root / ".git/conductor/ids.json").unlink()
    assert not (root / "TASKS.md").exists()
    assert new(records) == "003"


def test_ids_of_remote_tracking_branches_count(records, git, tmp_path):
    root = records.root
    new(records)
    commit(git, root)
    clone = tmp_path / "clone"
    git("clone", "-q", str(root), str(clone))
    git("checkout", "-q", "--orphan", "fresh", cwd=clone)
    git("rm", "-q", "-rf", ".", cwd=clone)
    other = Records(clone, GitRepository.find(clone), records.clock)
    assert new(other) == "002"


def test_worktrees_share_their_numbers_before_any_commit(records, git, tmp_path):
    root = records.root
    git("commit", "-q", "--allow-empty", "-m", "start", cwd=root)
    git("worktree", "add", "-q", str(tmp_path / "second"), "-b", "second", cwd=root)
    other = Records(tmp_path / "second", GitRepository.find(tmp_path / "second"), records.clock)
    assert [new(records), new(other), new(records)] == ["001", "002", "003"]


def test_archived_ids_and_those_a_journal_names_are_not_reused(records, write):
    write("TASKS_ARCHIVE/2026-01/TASK-2026-01-05-007.md", "# TASK-2026-01-05-007: x\n")
    assert new(records) == "008"
    write("JOURNAL.md", "## 2026-01-05 09:00\n### y |TASK:TASK-2026-01-05-041a|\n")
    assert new(records) == "042"


def test_the_day_is_that_of_the_configured_time_zone(repository, clock):
    clock.moment = clock.moment.replace(hour=23, minute=30)
    records = Records(repository, GitRepository.find(repository), clock, "Asia/Tokyo")
    assert create_task(records, NewTask("x")).id == "TASK-2026-01-06-001"


def test_more_than_999_a_day_go_on(records, write):
    write("JOURNAL.md", "TASK-2026-01-05-999\n")
    assert create_task(records, NewTask("x")).id == "TASK-2026-01-05-1000"


def test_an_id_in_another_branchs_archive_of_the_month_is_not_given_out_again(records, git):
    root = records.root
    git("commit", "-q", "--allow-empty", "-m", "start", cwd=root)
    git("checkout", "-q", "-b", "other", cwd=root)
    folder = root / "TASKS_ARCHIVE"
    folder.mkdir()
    (folder / "2026-01.md").write_text("## Previous Task\n**Task ID**: TASK-2026-01-05-007\n")
    commit(git, root)
    git("checkout", "-q", "main", cwd=root)
    assert not folder.exists()
    assert new(records) == "008"
