"""A file is merged by its sections: tasks by id, entries by date and title, the rest by heading."""

import pytest

from conductor.records.merge_lines import Labels, Merged
from conductor.records.merge_sections import merge_body, merge_sections

JOURNAL, TASKS, ERRORS = "JOURNAL.md", "TASKS.md", "ERRORS.md"


def merged(name, base, ours, theirs):
    found = merge_sections(name, base.encode(), ours.encode(), theirs.encode(), Labels())
    return found.text.decode(), found.conflicts


def old_entry(number):
    return f"## 2026-01-{number:02d} 10:00: Entry {number}\n\nwords\n\n"


def new_entry(number, title="A", text="words"):
    return f"## 2026-01-{number:02d} 10:00\n\n### {title}\n- **What**: {text}\n\n"


def test_an_old_heading_holds_its_title_and_two_of_them_are_two_entries():
    head = "# Journal\n\n"
    one, two = "## 2026-01-04 10:00: It\n\none\n\n", "## 2026-01-04 10:00: It\n\ntwo\n\n"
    text, conflicts = merged(JOURNAL, head, head + one, head + two)
    assert conflicts == 0
    assert text.count("## 2026-01-04 10:00: It\n") == 2
    assert "one" in text
    assert "two" in text


def test_a_date_alone_above_titles_is_one_group_and_without_titles_is_not():
    text, conflicts = merged(JOURNAL, "", new_entry(4, "A"), new_entry(4, "B"))
    assert (text.count("## 2026-01-04"), conflicts) == (1, 0)
    bare = "## 2026-01-04 10:00\n\n{}\n\n"
    text, conflicts = merged(JOURNAL, "", bare.format("mine"), bare.format("yours"))
    assert (text.count("## 2026-01-04"), conflicts) == (2, 0)


def test_a_section_of_the_journal_that_is_no_date_is_its_own_on_each_side():
    text, conflicts = merged(JOURNAL, "", "## Notes\n\nmine\n", "## Notes\n\nyours\n")
    assert (text.count("## Notes"), conflicts) == (2, 0)
    text, conflicts = merged(ERRORS, "", "## Notes\n\n- mine\n", "## Notes\n\n- yours\n")
    assert (text, conflicts) == ("## Notes\n\n- mine\n- yours\n", 0)


def test_the_title_of_a_journal_that_both_began_is_one():
    text, conflicts = merged(JOURNAL, "", "# Journal\n\n" + new_entry(4), "# Journal\n\n" + new_entry(5))
    assert (text, conflicts) == ("# Journal\n\n" + new_entry(5) + new_entry(4), 0)


def test_a_deeper_heading_among_the_entries_is_no_entry():
    base = "# Journal\n\n" + new_entry(3)
    ours = base.replace("words", "words\n\n#### Below\nmore")
    assert merged(JOURNAL, base, ours, "# Journal\n\n" + new_entry(4) + new_entry(3)) == (
        ours.replace("## 2026-01-03", new_entry(4) + "## 2026-01-03", 1),
        0,
    )


@pytest.mark.parametrize("newest_first", [True, False])
def test_entries_of_both_sides_stand_in_the_order_that_the_file_has(newest_first):
    def journal(*numbers):
        return "# Journal\n\n" + "".join(map(new_entry, sorted(numbers, reverse=newest_first)))

    base, ours, theirs = journal(1, 2), journal(1, 2, 4), journal(1, 2, 3, 5)
    assert merged(JOURNAL, base, ours, theirs) == (journal(1, 2, 3, 4, 5), 0)
    assert merged(JOURNAL, base, theirs, ours) == (journal(1, 2, 3, 4, 5), 0)


def test_where_base_tells_no_order_ours_does():
    def journal(*numbers):
        return "# Journal\n\n" + "".join(map(new_entry, numbers))

    assert merged(JOURNAL, journal(), journal(1, 3), journal(2)) == (journal(1, 2, 3), 0)
    assert merged(JOURNAL, journal(), journal(3, 1), journal(2)) == (journal(3, 2, 1), 0)
    assert merged(JOURNAL, journal(1), journal(1, 3), journal(1, 2)) == (journal(1, 2, 3), 0)


def task(number, heading="Open Task", status="PLANNING"):
    return f"## {heading}\n**Task ID**: TASK-2026-01-05-{number:03d}\n**Title**: T{number}\n**Status**: {status}\n\n"


def test_new_tasks_stand_in_the_order_of_the_open_ones():
    def tasks(*numbers):
        return "# Tasks\n\n" + "".join(map(task, numbers))

    assert merged(TASKS, tasks(1, 2), tasks(1, 2, 4), tasks(1, 2, 3)) == (tasks(1, 2, 3, 4), 0)
    assert merged(TASKS, tasks(2, 1), tasks(4, 2, 1), tasks(3, 2, 1)) == (tasks(4, 3, 2, 1), 0)
    assert merged(TASKS, tasks(1), tasks(3, 1), tasks(2, 1)) == (tasks(3, 2, 1), 0)


@pytest.mark.parametrize(
    ("ours", "theirs", "chosen"),
    [
        ("Current Task", "Previous Task", "Previous Task"),
        ("Previous Task", "Current Task", "Previous Task"),
        ("Completed Task", "Current Task", "Completed Task"),
        ("Current Task", "Completed Task", "Completed Task"),
    ],
)
def test_of_two_new_headings_the_one_that_says_more_about_the_end_wins(ours, theirs, chosen):
    from conductor.records.tasks import CLOSED_HEADING

    chosen = CLOSED_HEADING if CLOSED_HEADING in {ours, theirs} else None
    text, conflicts = merged(TASKS, task(1), task(1, ours), task(1, theirs))
    if chosen:
        assert (text, conflicts) == (task(1, chosen), 0)
    else:
        assert "Current Task" in text


def test_two_other_headings_are_a_conflict_of_the_heading_alone():
    text, conflicts = merged(TASKS, task(1), task(1, "Mine"), task(1, "Yours"))
    assert conflicts == 1
    assert text == (
        "<<<<<<< ours\n## Mine\n=======\n## Yours\n>>>>>>> theirs\n" + task(1).partition("\n")[2]
    )  # fmt: skip


def test_a_heading_and_what_stands_below_it_are_merged_apart():
    base = task(1)
    ours, theirs = base.replace("Open", "Current"), base.replace("PLANNING", "BLOCKED")
    for one, other in ((ours, theirs), (theirs, ours)):
        assert merged(TASKS, base, one, other) == (ours.replace("PLANNING", "BLOCKED"), 0)


def test_free_text_that_both_wrote_anew_is_a_conflict_by_line():
    base = "## Notes\n\nfirst\n\nsecond\n\nthird\n"
    ours, theirs = base.replace("first", "mine"), base.replace("third", "yours").replace("first", "theirs")
    text, conflicts = merged(ERRORS, base, ours, theirs)
    assert (text, conflicts) == (
        "## Notes\n\n<<<<<<< ours\nmine\n=======\ntheirs\n>>>>>>> theirs\n\nsecond\n\nyours\n",
        1,
    )


def test_what_stands_above_the_first_heading_and_below_a_third_one_is_kept():
    base = "above\n\n# Tasks\n\n## Phase\n\n### One\n- a\n\n### Two\n- b\n"
    ours, theirs = (
        base.replace("- a\n", "- a\n- c\n"),
        base.replace("above", "high above").replace("- b\n", "- b\n- d\n"),
    )
    both = ours.replace("above", "high above").replace("- b\n", "- b\n- d\n")
    assert merged(ERRORS, base, ours, theirs) == merged(ERRORS, base, theirs, ours) == (both, 0)


def test_two_third_headings_of_one_name_in_the_journal_are_two():
    base = new_entry(4, "A", "old")
    ours, theirs = base + "### B\n- mine\n\n", base + "### B\n- yours\n\n"
    text, conflicts = merged(JOURNAL, base, ours, theirs)
    assert (text.count("### B\n"), conflicts) == (2, 0)
    text, conflicts = merged(ERRORS, base, ours, theirs)
    assert (text, conflicts) == (base + "### B\n- mine\n- yours\n\n", 0)


def test_the_same_three_versions_are_that_version():
    for text in ("", "words", "# A", "## A\n### B\n", "## A\n"):
        assert merge_sections(TASKS, *[text.encode()] * 3, Labels()) == Merged(text.encode())


@pytest.mark.parametrize("other", [b"- a\n\n", b"- a\n\n- b\n- c", b"", b"words\n", b"- b\n\n\n- a\n"])
def test_below_a_heading_that_one_side_left_alone_the_other_s_bytes_stand(other):
    base = b"- a\n\n- b\n"
    assert merge_body(base, base, other, Labels()) == merge_body(base, other, base, Labels()) == Merged(other)
    assert merge_body(base, other, other, Labels()) == Merged(other)
