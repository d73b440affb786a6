"""A new id is written into the lines that a merged branch brought, and into no other line."""

import pytest

from conductor.errors import UsageProblem
from conductor.records.merge_driver import renumber_lines

OLD, NEW = "TASK-2026-01-05-002", "TASK-2026-01-05-003"
ERROR, OTHER = "ERR-2026-01-05-001", "ERR-2026-01-05-002"


@pytest.fixture
def save(records, git):
    """Return a function that commits the given files and returns the revision."""

    def write(**texts):
        for name, text in texts.items():
            (records.root / f"{name}.md").write_text(text)
        git("add", "-A", cwd=records.root)
        git("commit", "-q", "--allow-empty", "-m", "Change", cwd=records.root)
        return git("rev-parse", "HEAD", cwd=records.root)

    return write


def test_only_lines_that_the_commits_brought_get_the_new_id(records, save):
    base = save(JOURNAL=f"# Journal\n\nmine {OLD}\n")
    tip = save(JOURNAL=f"# Journal\n\nmine {OLD}\nyours {OLD}\n", TASKS=f"words {OLD}\n")
    assert renumber_lines(records, OLD, NEW, f"{base}..{tip}") == ["JOURNAL.md"]
    assert (records.root / "JOURNAL.md").read_text() == f"# Journal\n\nmine {OLD}\nyours {NEW}\n"
    assert (records.root / "TASKS.md").read_text() == f"words {OLD}\n"
    assert renumber_lines(records, OLD, NEW, f"{base}..{tip}") == []


def test_a_task_s_id_is_looked_for_in_the_errors_and_an_error_s_in_the_tasks(records, save):
    base = save()
    tip = save(ERRORS=f"see {OLD}\n", TASKS=f"see {ERROR}\n")
    assert renumber_lines(records, OLD, NEW, f"{base}..{tip}") == ["ERRORS.md"]
    assert renumber_lines(records, ERROR, OTHER, f"{base}..{tip}") == ["TASKS.md"]
    assert (records.root / "TASKS.md").read_text() == f"see {OTHER}\n"


def test_a_file_that_is_gone_since_or_was_not_there_is_left_out(records, save):
    base = save()
    tip = save(JOURNAL=f"see {OLD}\n")
    (records.root / "JOURNAL.md").unlink()
    (records.root / "ERRORS.md").write_text(f"see {OLD}\n")
    assert renumber_lines(records, OLD, NEW, f"{base}..{tip}") == []
    assert (records.root / "ERRORS.md").read_text() == f"see {OLD}\n"


@pytest.mark.parametrize("span", ["HEAD", "..", "..HEAD", "HEAD..", "-x..HEAD", "HEAD..nothing", "HEAD..--all", ""])
def test_what_is_no_range_is_refused(records, save, span):
    save(JOURNAL=f"see {OLD}\n")
    with pytest.raises(UsageProblem, match="is not a range of commits"):
        renumber_lines(records, OLD, NEW, span)
    assert (records.root / "JOURNAL.md").read_text() == f"see {OLD}\n"
