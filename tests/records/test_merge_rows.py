"""Errors move between sections when they are resolved, and one task is the current one: what a merge settles by itself."""

import pytest

from conductor.records.document import Document
from conductor.records.task_layout import count_progress, read_progress
from conductor.records.tasks import TaskFile
from tests.records.test_merge import ERRORS, block, error, merge, row, tasks_file


def errors(active="", resolved=""):
    return ERRORS.format(active=active, resolved=resolved)


RESOLVED = {"status": "resolved", "fix": "pinned"}


@pytest.mark.parametrize("swapped", [False, True])
def test_a_resolved_error_moves_and_the_others_stay_where_they_are(swapped):
    base = errors(error(3) + error(2) + error(1))
    ours = errors(error(3) + error(1), error(2, **RESOLVED))
    theirs = errors(error(4, "smoke") + error(3) + error(2) + error(1, severity="P0"))
    merged = merge("ERRORS.md", base, *((theirs, ours) if swapped else (ours, theirs)))
    wanted = errors(error(4, "smoke") + error(3) + error(1, severity="P0"), error(2, **RESOLVED))
    assert (merged.text.decode(), merged.conflicts) == (wanted, 0)


def test_a_moved_row_stands_first_among_those_of_its_section():
    base = errors(error(3) + error(2), error(1, **RESOLVED))
    ours = errors(error(3), error(2, **RESOLVED) + error(1, **RESOLVED))
    theirs = errors(error(2, severity="P0") + error(3).replace("build", "images"), error(1, **RESOLVED))
    merged = merge("ERRORS.md", base, ours, theirs)
    assert merged.text.decode().partition("## Resolved")[2].count("ERR-2026-01-05-002") == 1
    assert error(2, severity="P0", **RESOLVED) + error(1, **RESOLVED) in merged.text.decode()


def test_an_error_that_both_resolved_in_other_words_is_a_conflict_of_that_row_only():
    base = errors(error(2) + error(1))
    ours, theirs = (errors(error(2), error(1, status="resolved", fix=fix)) for fix in ("pinned", "removed"))
    merged = merge("ERRORS.md", base, ours, theirs)
    assert merged.conflicts == 1
    assert merged.text.decode().count("ERR-2026-01-05-001") == 2
    assert merged.text.decode().startswith("# Errors\n\n## Active Errors\n" + error(2))


def test_an_error_that_both_moved_to_another_place_is_left_to_a_person():
    base = errors(error(1)) + "\n## Parked\n"
    ours, theirs = errors("", error(1)) + "\n## Parked\n", errors() + "\n## Parked\n" + error(1)
    merged = merge("ERRORS.md", base, ours, theirs)
    assert merged.text.decode().count("ERR-2026-01-05-001") >= 1


def test_rows_without_a_heading_above_them_stay_where_they_are():
    base, ours = error(1), "## Resolved Errors\n" + error(1, **RESOLVED)
    merged = merge("ERRORS.md", base, ours, error(2) + error(1))
    assert error(2) in merged.text.decode()
    assert error(1, **RESOLVED) in merged.text.decode()


@pytest.mark.parametrize("below", ["words\n\n", "", "words\n\n- a\n\n"])
def test_a_row_comes_into_a_section_that_has_no_rows_yet(below):
    base = errors(error(1)) + "\n## Parked\n" + below
    ours = errors() + "\n## Parked\n" + below + error(1)
    merged = merge("ERRORS.md", base, ours, base.replace("P1", "P0"))
    text = merged.text.decode()
    assert (text.count("ERR-2026-01-05-001"), merged.conflicts) == (1, 0)
    assert text.index("## Parked") < text.index("\n" + error(1, severity="P0"))


def test_a_row_that_one_side_moved_to_a_section_of_its_own_making_is_left_to_a_person_where_the_other_changed_it():
    ours, theirs = errors() + "\n## Parked\n" + error(1), errors(error(1, severity="P0"))
    merged = merge("ERRORS.md", errors(error(1)), ours, theirs)
    assert merged.conflicts == 1
    assert merged.text.decode().count(error(1, severity="P0")) == 2


def states(merged):
    file = TaskFile(Document(merged.text, "TASKS.md"))
    return {task.title: task.current for task in file.tasks()}


def three(current):
    names = {1: "Build", 2: "Test", 3: "Ship"}
    order = [current, *(number for number in names if number != current)]
    blocks = [block(number, names[number], "Current Task" if number == current else "Open Task") for number in order]
    return tasks_file(blocks, [row(number, name) for number, name in names.items()])


@pytest.mark.parametrize(
    ("ours", "theirs", "current"), [(2, 1, "Test"), (1, 3, "Ship"), (2, 3, "Test"), (2, 2, "Test")]
)
def test_the_side_that_changed_the_current_task_says_which_it_is(ours, theirs, current):
    merged = merge("TASKS.md", three(1), three(ours), three(theirs))
    assert [title for title, is_current in states(merged).items() if is_current] == [current]
    assert merged.text.count(b"Task Chain") == 1
    assert merged.text.count(b"## Open Task\n") == 2


def test_a_closed_task_that_is_not_current_any_more_is_not_opened_again():
    base = tasks_file([block(2, "Test"), block(1, "Build")], [row(1, "Build"), row(2, "Test")])
    ours = base.replace(
        "## Open Task\n**Task ID**: TASK-2026-01-05-001", "## Current Task\n**Task ID**: TASK-2026-01-05-001"
    )
    theirs = base.replace(
        "## Open Task\n**Task ID**: TASK-2026-01-05-002", "## Current Task\n**Task ID**: TASK-2026-01-05-002"
    )
    merged = merge(
        "TASKS.md",
        base,
        ours,
        theirs.replace("**Title**: Test\n**Status**: PLANNING", "**Title**: Test\n**Status**: COMPLETE"),
    )
    assert states(merged) == {"Test": False, "Build": True}
    heading = merged.text.decode().partition("\n**Task ID**: TASK-2026-01-05-002")[0].rpartition("\n")[2]
    assert heading not in {"## Open Task", "## Current Task"}


def test_a_file_with_two_current_tasks_is_left_as_it_is():
    twice = three(1).replace("## Open Task", "## Current Task", 1)
    merged = merge("TASKS.md", three(1), twice, three(1).replace("a.py", "b.py"))
    assert sum(states(merged).values()) == 2


@pytest.mark.parametrize("counter", ["0/2 tasks completed", "7/9 tasks completed"])
def test_a_counter_is_counted_anew_where_a_side_counted_right(counter):
    base = tasks_file([block(1, "Build", "Current Task")], [row(1, "Build")])
    ours = tasks_file([block(1, "Build", "Current Task"), block(2, "A")], [row(1, "Build", "✅"), row(2, "A")])
    theirs = tasks_file([block(1, "Build", "Current Task"), block(3, "B")], [row(1, "Build"), row(3, "B")], counter)
    merged = merge("TASKS.md", base, ours, theirs)
    file = TaskFile(Document(merged.text, "TASKS.md"))
    assert merged.conflicts == 0
    assert read_progress(file) == count_progress(file) == (1, 3)


def test_a_counter_that_both_began_is_one():
    base = tasks_file([block(1, "Build", "Current Task")], [row(1, "Build")]).replace(
        "**Progress**: 0/1 tasks completed\n", ""
    )
    ours = tasks_file([block(1, "Build", "Current Task"), block(2, "A")], [row(1, "Build", "✅"), row(2, "A")])
    theirs = tasks_file([block(1, "Build", "Current Task"), block(3, "B")], [row(1, "Build"), row(3, "B")])
    merged = merge("TASKS.md", base, ours, theirs)
    assert (merged.text.count(b"**Progress**"), merged.conflicts) == (1, 0)
    assert read_progress(TaskFile(Document(merged.text, "TASKS.md"))) == (1, 3)


def test_a_counter_that_nobody_counts_is_text_like_any_other():
    def tasks(counter, more=""):
        return tasks_file([block(1, "Build", "Current Task", more=more)], [row(1, "Build")], counter)

    merged = merge("TASKS.md", tasks("half"), tasks("half", "- a\n"), tasks("nearly all"))
    assert b"**Progress**: nearly all\n" in merged.text
    assert merge("TASKS.md", tasks("half"), tasks("mine"), tasks("yours")).conflicts == 1


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "wanted"),
    [
        ("\n", "\n", "\r\n", "\r\n"),
        ("\n", "\r\n", "\n", "\r\n"),
        ("\r\n", "\n", "\r\n", "\n"),
        ("\r\n", "\r\n", "\n", "\n"),
    ],
)
def test_line_ends_are_those_that_a_side_changed_to(base, ours, theirs, wanted):
    texts = ["# E\n- a\n- b\n", "# E\n- a\n- b\n- c\n", "# E\n- 0\n- a\n- b\n"]
    merged = merge(
        "ERRORS.md", *(text.replace("\n", eol) for text, eol in zip(texts, (base, ours, theirs), strict=True))
    )
    assert merged.text.decode() == "# E\n- 0\n- a\n- b\n- c\n".replace("\n", wanted)


def test_without_a_base_ours_says_how_lines_end():
    merged = merge("ERRORS.md", "", "# E\r\n- a\r\n\r\n## F\r\n", "# E\n- a\n")
    assert merged.text == b"# E\r\n- a\r\n\r\n## F\r\n"


@pytest.mark.parametrize("swapped", [False, True])
def test_a_file_that_one_side_removed_says_nothing_of_line_ends(swapped):
    base, changed = "# E\r\n- a\r\n", "# E\r\n- b\r\n"
    merged = merge("ERRORS.md", base, *(("", changed) if swapped else (changed, "")))
    assert merged.conflicts == 1
    assert merged.text.count(b"\n") == merged.text.count(b"\r\n")
