from __future__ import annotations

from conductor.rules.answer import Status
from conductor.rules.history import audit, report
from tests.rules.conftest import codes, session

JOURNAL = "# Journal\n\n## 2026-01-05 11:00: Went on\n\nMore.\n\n## 2026-01-05 09:10: Began\n\nSome work.\n"


def test_a_new_entry_is_clean_and_a_deleted_one_is_found(tree):
    tree.write("JOURNAL.md", JOURNAL)
    assert list(audit(tree.context())) == []
    tree.write("JOURNAL.md", "# Journal\n\n## 2026-01-05 11:00: Went on\n")
    (finding,) = audit(tree.context())
    assert finding.code == "R10"
    assert "2026-01-05 09:10" in finding.message


def test_an_entry_that_moved_to_an_archive_is_not_lost(tree):
    tree.write("JOURNAL.md", "# Journal\n")
    tree.write("docs/archive/JOURNAL-2026.md", JOURNAL)
    assert list(audit(tree.context())) == []


def test_a_deletion_that_was_committed_is_found_until_it_is_pushed(tree):
    tree.write("TASKS.md", "# Tasks\n")
    tree.commit()
    assert codes(audit(tree.context())) == ["R10"]


def test_a_removed_file_is_one_finding(tree):
    (tree.root / "TASKS.md").unlink()
    (finding,) = audit(tree.context())
    assert finding.remedy == "git restore TASKS.md"


def test_commits_of_a_session_need_a_journal_entry(tree):
    base = tree.git("rev-parse", "HEAD")
    tree.write("run.sh", "changed\n")
    tree.commit()
    assert report(tree.context(session(base=base))).status is Status.VIOLATED
    tree.write("JOURNAL.md", JOURNAL)
    assert report(tree.context(session(base=base))).status is Status.KEPT


def test_no_commit_yet_is_no_crash(repository, git):
    from tests.rules.conftest import Tree

    tree = Tree(repository, git)
    assert list(audit(tree.context())) == []


def test_a_session_that_changed_nothing_needs_no_records(repository, git):
    from tests.rules.conftest import Tree

    tree = Tree(repository, git)
    assert report(tree.context(session())).status is Status.NOT_NEEDED
    tree.write("handler.py", "x = 1\n")
    assert report(tree.context(session())).status is Status.VIOLATED
