"""Merging records by meaning: nothing is lost, and only a field that both changed is a conflict."""

import re
from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conductor.records.document import Document
from conductor.records.errors_ledger import read_errors
from conductor.records.journal import JournalFile
from conductor.records.merge import merge_records
from conductor.records.merge_ids import Versions, plan_renumbering
from conductor.records.task_layout import count_progress, read_progress
from conductor.records.tasks import TaskFile

JOURNAL_HEAD = "# Engineering Journal\n\n"


def entry(stamp, title, what="it", link=""):
    return f"## {stamp}\n\n### {title}{link}\n- **What**: {what}\n- **Result**: done\n\n"


def block(number, title, heading="Open Task", status="PLANNING", more=""):
    return (
        f"## {heading}\n**Task ID**: TASK-2026-01-05-{number:03d}\n**Title**: {title}\n**Status**: {status}\n"
        f"**Started**: not yet\n\n### Task Context\n- **Key Files**: a.py\n\n### Findings & Decisions\n{more}\n"
    )


def tasks_file(blocks, rows, progress=None):
    done = sum("✅" in row for row in rows)
    counter = progress or f"{done}/{len(rows)} tasks completed"
    chain = "### Task Chain\n" + "".join(f"{n}. {row}\n" for n, row in enumerate(rows, 1)) + "\n"
    return (
        f"# Task Management\n\n## Active Phase\n**Phase**: One\n**Progress**: {counter}\n\n"
        + blocks[0]
        + chain
        + "".join(blocks[1:])
        + "## Completed Tasks Archive\n<!-- recent -->\n\n---\n*footer*"
    )


def row(number, title, mark="⏳"):
    return f"{mark} {title} (TASK-2026-01-05-{number:03d})"


def merge(name, base, ours, theirs, **more):
    versions = Versions(base.encode(), ours.encode(), theirs.encode())
    plan = plan_renumbering(name, versions, **more)
    return merge_records(name, versions, plan)


def test_entries_of_both_sides_stand_in_the_order_of_the_file():
    old = entry("2026-01-01 10:00", "Old")
    ours = JOURNAL_HEAD + entry("2026-01-04 10:00", "D") + entry("2026-01-02 10:00", "B") + old
    theirs = JOURNAL_HEAD + entry("2026-01-03 10:00", "C") + old
    merged = merge("JOURNAL.md", JOURNAL_HEAD + old, ours, theirs)
    assert merged.conflicts == 0
    assert [one.title for one in JournalFile(Document(merged.text, "JOURNAL.md")).entries()] == ["D", "C", "B", "Old"]


def test_a_file_that_is_written_oldest_first_stays_so():
    old = entry("2026-01-01 10:00", "A") + entry("2026-01-02 10:00", "B").rstrip()
    ours = old + "\n\n" + entry("2026-01-04 10:00", "D").rstrip()
    theirs = old + "\n\n" + entry("2026-01-03 10:00", "C").rstrip() + "\n"
    merged = merge("JOURNAL.md", old, ours, theirs)
    assert [one.title for one in JournalFile(Document(merged.text, "JOURNAL.md")).entries()] == ["A", "B", "C", "D"]
    assert merged.conflicts == 0


def test_two_titles_of_one_minute_come_below_one_date():
    merged = merge(
        "JOURNAL.md",
        JOURNAL_HEAD,
        JOURNAL_HEAD + entry("2026-01-04 10:00", "A"),
        JOURNAL_HEAD + entry("2026-01-04 10:00", "B"),
    )
    assert merged.conflicts == 0
    assert merged.text.count(b"## 2026-01-04 10:00\n") == 1
    assert [one.title for one in JournalFile(Document(merged.text, "JOURNAL.md")).entries()] == ["A", "B"]


def test_one_title_with_two_texts_is_kept_twice():
    merged = merge(
        "JOURNAL.md",
        JOURNAL_HEAD,
        JOURNAL_HEAD + entry("2026-01-04 10:00", "A", "this"),
        JOURNAL_HEAD + entry("2026-01-04 10:00", "A", "that"),
    )
    assert merged.conflicts == 0
    assert b"**What**: this" in merged.text
    assert b"**What**: that" in merged.text


def test_an_entry_that_both_changed_differently_is_a_conflict_in_that_field_only():
    base = JOURNAL_HEAD + entry("2026-01-04 10:00", "A", "old")
    merged = merge("JOURNAL.md", base, base.replace("old", "mine"), base.replace("old", "yours"))
    assert merged.conflicts == 1
    assert merged.text.count(b"<<<<<<<") == merged.text.count(b">>>>>>>") == 1
    assert b"<<<<<<< ours\n- **What**: mine\n=======\n- **What**: yours\n>>>>>>> theirs\n- **Result**" in merged.text


def test_an_entry_that_one_side_removed_and_the_other_changed_is_a_conflict():
    old = entry("2026-01-04 10:00", "A", "old")
    merged = merge("JOURNAL.md", JOURNAL_HEAD + old, JOURNAL_HEAD, JOURNAL_HEAD + old.replace("old", "new"))
    assert merged.conflicts == 1
    assert b"**What**: new" in merged.text


def test_entries_that_one_side_archived_go_and_new_ones_stay():
    old, kept = entry("2026-01-01 10:00", "Old"), entry("2026-01-02 10:00", "Kept")
    base = JOURNAL_HEAD + kept + old
    theirs = JOURNAL_HEAD + entry("2026-01-03 10:00", "New") + kept + old
    merged = merge("JOURNAL.md", base, JOURNAL_HEAD + kept, theirs)
    titles = [one.title for one in JournalFile(Document(merged.text, "JOURNAL.md")).entries()]
    assert (titles, merged.conflicts) == (["New", "Kept"], 0)


def test_different_fields_of_one_task_are_merged():
    base = tasks_file([block(1, "Build", "Current Task")], [row(1, "Build")])
    ours = base.replace("**Status**: PLANNING", "**Status**: IN_PROGRESS").replace("⏳", "🔄")
    theirs = base.replace("**Started**: not yet", "**Started**: 2026-01-05 10:00").replace(") \n", ")\n")
    merged = merge("TASKS.md", base, ours, theirs)
    assert merged.conflicts == 0
    assert b"**Status**: IN_PROGRESS\n**Started**: 2026-01-05 10:00\n" in merged.text


def test_one_field_that_both_changed_is_a_conflict():
    base = tasks_file([block(1, "Build", "Current Task")], [row(1, "Build")])
    merged = merge("TASKS.md", base, base.replace(": PLANNING", ": BLOCKED"), base.replace(": PLANNING", ": TESTING"))
    assert merged.conflicts == 1
    assert (
        b"<<<<<<< ours\n**Status**: BLOCKED\n=======\n**Status**: TESTING\n>>>>>>> theirs\n**Started**" in merged.text
    )


def two_tasks(side_title, number=2):
    return tasks_file(
        [block(1, "Build", "Current Task"), block(number, side_title)], [row(1, "Build"), row(number, side_title)]
    )


def test_an_id_of_two_tasks_is_renumbered_on_the_side_that_is_not_on_the_target():
    base = tasks_file([block(1, "Build", "Current Task")], [row(1, "Build")])
    ours, theirs = two_tasks("Mine"), two_tasks("Yours")
    merged = merge("TASKS.md", base, ours, theirs)
    file = TaskFile(Document(merged.text, "TASKS.md"))
    assert {task.id[-3:]: task.title for task in file.tasks()} == {"001": "Build", "002": "Mine", "003": "Yours"}
    assert [(one.number, one.title) for one in file.chain] == [(1, "Build"), (2, "Mine"), (3, "Yours")]
    assert read_progress(file) == count_progress(file) == (0, 3)
    assert file.blocks["TASK-2026-01-05-003"].value("Formerly") == "TASK-2026-01-05-002"
    other = merge("TASKS.md", base, ours, theirs, targets=[theirs.encode()])
    titles = {task.id[-3:]: task.title for task in TaskFile(Document(other.text, "TASKS.md")).tasks()}
    assert titles == {"001": "Build", "002": "Yours", "003": "Mine"}
    assert merged.conflicts == other.conflicts == 0


def test_a_branch_that_goes_on_after_its_task_was_renumbered_is_understood():
    base = tasks_file([block(1, "Build", "Current Task")], [row(1, "Build")])
    ours, branch = two_tasks("Mine"), two_tasks("Yours")
    main = merge("TASKS.md", base, ours, branch).text.decode()
    later = branch.replace("**Title**: Yours\n**Status**: PLANNING", "**Title**: Yours\n**Status**: BLOCKED")
    for mine, yours in ((main, later), (later, main)):
        again = merge("TASKS.md", branch, mine, yours)
        file = TaskFile(Document(again.text, "TASKS.md"))
        states = {task.id[-3:]: (task.title, task.status) for task in file.tasks()}
        assert states["002"] == ("Mine", "PLANNING")
        assert states["003"] == ("Yours", "BLOCKED")
        assert again.conflicts == 0


def test_the_chain_follows_the_current_task_and_keeps_the_rows_of_both():
    rows = [row(1, "Build"), row(2, "Test")]
    base = tasks_file([block(1, "Build", "Current Task"), block(2, "Test")], rows)
    ours = tasks_file(
        [block(2, "Test", "Current Task", "IN_PROGRESS"), block(1, "Build", "Previous Task", "COMPLETE")],
        [row(1, "Build", "✅"), row(2, "Test", "🔄")],
    )
    theirs = tasks_file(
        [block(1, "Build", "Current Task"), block(3, "Ship"), block(2, "Test")], [*rows, row(3, "Ship")]
    )
    for mine, yours in ((ours, theirs), (theirs, ours)):
        merged = merge("TASKS.md", base, mine, yours)
        file = TaskFile(Document(merged.text, "TASKS.md"))
        assert merged.conflicts == 0
        assert file.current.value("Task ID") == "TASK-2026-01-05-002"
        assert [(one.mark, one.title) for one in file.chain] == [("✅", "Build"), ("🔄", "Test"), ("⏳", "Ship")]
        assert merged.text.count(b"Task Chain") == 1
        assert merged.text.endswith(b"\n---\n*footer*")


def test_the_first_tasks_of_two_branches_leave_one_current_task():
    head = "# Task Management\n\n## Active Phase\n**Progress**: 0/0 tasks completed\n\n"
    ours = head + block(1, "Mine", "Current Task") + "### Task Chain\n1. " + row(1, "Mine") + "\n"
    theirs = head + block(1, "Yours", "Current Task") + "### Task Chain\n1. " + row(1, "Yours") + "\n"
    merged = merge("TASKS.md", head, ours, theirs)
    file = TaskFile(Document(merged.text, "TASKS.md"))
    assert merged.conflicts == 0
    assert [task.title for task in file.tasks() if task.current] == ["Mine"]
    assert [one.title for one in file.chain] == ["Mine", "Yours"]


def test_findings_with_one_number_are_both_kept():
    base = tasks_file([block(1, "Build", "Current Task")], [row(1, "Build")])
    marker = "### Findings & Decisions\n"
    ours = base.replace(marker, marker + "- **FINDING-001**: it is slow\n")
    theirs = base.replace(marker, marker + "- **FINDING-001**: it is red\n")
    merged = merge("TASKS.md", base, ours, theirs)
    assert merged.conflicts == 0
    assert b"- **FINDING-001**: it is slow\n- **FINDING-002**: it is red\n" in merged.text


ERRORS = "# Errors\n\n## Active Errors\n{active}\n## Resolved Errors\n{resolved}\n"


def error(number, area="build", status="active", fix="", severity="P1"):
    return f"| ERR-2026-01-05-{number:03d} | 2026-01-05 10:00 | {status} | {severity} | {area} | {fix} |\n"


def test_an_error_that_one_side_resolved_and_the_other_rated_anew():
    base = ERRORS.format(active=error(1), resolved="")
    ours = ERRORS.format(active="", resolved=error(1, status="resolved", fix="pinned"))
    theirs = ERRORS.format(active=error(2, "smoke") + error(1, severity="P0"), resolved="")
    for mine, yours in ((ours, theirs), (theirs, ours)):
        merged = merge("ERRORS.md", base, mine, yours)
        rows = {one.id[-1]: one for one in read_errors(Document(merged.text, "ERRORS.md"))}
        assert merged.conflicts == 0
        assert (rows["1"].status, rows["1"].severity, rows["1"].fix) == ("resolved", "P0", "pinned")
        assert rows["2"].area == "smoke"
        assert merged.text.index(b"Resolved Errors") < merged.text.index(b"ERR-2026-01-05-001")


def test_line_ends_that_one_side_changed_do_not_make_a_conflict():
    base = JOURNAL_HEAD + entry("2026-01-01 10:00", "Old")
    ours = JOURNAL_HEAD + entry("2026-01-02 10:00", "New") + entry("2026-01-01 10:00", "Old")
    merged = merge("JOURNAL.md", base, ours, base.replace("\n", "\r\n"))
    assert merged.conflicts == 0
    assert merged.text == ours.replace("\n", "\r\n").encode()


WORDS = st.sampled_from(["alpha", "beta", "gamma", "delta", "fix the build", "`code`", "## not", "- dash"])
MINUTE = st.integers(0, 59)
JOURNAL_ENTRIES = st.lists(st.tuples(MINUTE, WORDS, WORDS), max_size=5)


def journal_of(entries):
    ordered = sorted(entries, key=lambda one: one[0], reverse=True)
    return JOURNAL_HEAD + "".join(entry(f"2026-01-05 10:{at:02d}", title, what) for at, title, what in ordered)


ALIKE = st.lists(st.tuples(st.integers(0, 1), *[st.sampled_from(["alpha", "beta"])] * 2), max_size=4)
EITHER = JOURNAL_ENTRIES | ALIKE


@settings(max_examples=250, deadline=None)
@given(EITHER, EITHER, EITHER)
@example([], [(0, "alpha", "alpha"), (0, "alpha", "beta")], [(0, "alpha", "beta")] * 3)
def test_no_entry_of_either_side_is_ever_lost(common, mine, yours):
    base, ours, theirs = (journal_of(part) for part in (common, common + mine, common + yours))
    merged = merge("JOURNAL.md", base, ours, theirs)
    assert merged.conflicts == 0
    result = bodies(merged.text)
    assert set(result) == set(bodies(ours.encode())) | set(bodies(theirs.encode()))
    assert bodies(merge("JOURNAL.md", base, theirs, ours).text) == result
    for side in (ours, theirs):
        assert merge("JOURNAL.md", side, merged.text.decode(), side).text == merged.text
        assert merge("JOURNAL.md", base, merged.text.decode(), side).text == merged.text


def bodies(text):
    file = JournalFile(Document(text, "JOURNAL.md"))
    return Counter((one.stamp, one.title, tuple(file.fields(one))) for one in file.entries())


CHANGE = st.sampled_from(["new", "status", "finding", "done", "start", "drop"])


def changed(text, steps, side):
    """Do to TASKS.md what a person would, by plain text."""
    for number, (step, which) in enumerate(steps):
        file = TaskFile(Document(text.encode(), "TASKS.md"))
        ids = list(file.blocks)
        task_id = ids[which % len(ids)]
        start = file.blocks[task_id].start
        head, rest = text.encode()[:start].decode(), text.encode()[start:].decode()
        if step == "new":
            new = 1 + max(int(task.id[-3:]) for task in file.tasks())
            title = f"{side} task {number}"
            rows = [(one.mark, one.title, int(one.id[-3:])) for one in file.chain]
            text = head + block(new, title) + rest if head.endswith("\n\n") and which else text
            if f"TASK-2026-01-05-{new:03d}" in text:
                last = f"{len(rows)}. {rows[-1][0]} {rows[-1][1]} (TASK-2026-01-05-{rows[-1][2]:03d})\n"
                text = text.replace(last, last + f"{len(rows) + 1}. {row(new, title)}\n")
        elif step == "finding":
            marker = "### Findings & Decisions\n"
            text = head + rest.replace(marker, f"{marker}- {side} found {number}\n", 1)
        elif step == "status":
            text = head + re.sub(r"(\*\*Status\*\*: )\w+", rf"\g<1>{side}{number}", rest, count=1)
        elif step == "done":
            text = text.replace("⏳", "✅", 1)
        elif step == "drop":
            text = head + rest.replace("### Task Context\n", f"### Task Context\n- {side} note {number}\n", 1)
    return text


STEPS = st.lists(st.tuples(CHANGE, st.integers(0, 5)), max_size=6)


@settings(max_examples=200, deadline=None)
@given(STEPS, STEPS)
def test_no_line_that_one_side_added_to_the_tasks_is_lost(mine, yours):
    base = tasks_file([block(1, "Build", "Current Task"), block(2, "Test")], [row(1, "Build"), row(2, "Test")])
    ours, theirs = changed(base, mine, "OURS"), changed(base, yours, "THEIRS")
    for first, second in ((ours, theirs), (theirs, ours)):
        merged = merge("TASKS.md", base, first, second)
        plain = numbered_away(merged.text.decode())
        for side in (first, second):
            for line, count in (Counter(numbered_away(side)) - Counter(numbered_away(base))).items():
                assert plain.count(line) >= min(count, 1), line
        file = TaskFile(Document(merged.text, "TASKS.md"))
        assert {task.title for task in file.tasks()} >= {"Build", "Test"}
        again = merge("TASKS.md", second, merged.text.decode(), second)
        assert again.text == merged.text


def numbered_away(text):
    """Return the lines without the numbers of ids, rows and the counter, which a merge may give anew."""
    text = re.sub(r"(?m)^\*\*(Progress|Formerly)\*\*.*$", "", text)
    text = re.sub(r"TASK-[0-9-]+", "TASK", text)
    return re.sub(r"(?m)^[0-9]+\. \S+ ", "", text).split("\n")


def test_a_heading_that_one_side_left_without_text_is_not_glued_to_the_text_of_the_other():
    for name in ("TASKS.md", "JOURNAL.md"):
        assert merge(name, "## H\na\n", "## H\n", "## H\nb\n").text == b"## H\nb\n"
        assert merge(name, "## H\r\na\r\n", "## H\r\nb\r\n", "## H\r\n").text == b"## H\r\nb\r\n"
        assert merge(name, "- a", "- a\n- b", "- a\n- c").text == b"- a\n- b\n- c"


LINES = st.lists(st.sampled_from(["## H", "### P", "a", "- x", "- y", "**F**: 1", "1. ✅ r", "", "---"]), max_size=6)
TEXTS = st.builds(lambda lines, eol, end: eol.join(lines) + end, LINES, st.sampled_from(["\n", "\r\n"]), st.sampled_from(["", "\n", "\r\n"]))  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(TEXTS, TEXTS, TEXTS)
def test_whatever_ends_a_text_no_two_lines_become_one(base, mine, yours):
    for name in ("TASKS.md", "JOURNAL.md", "ERRORS.md"):
        merged = merge(name, base, mine, yours).text.decode()
        known = {line for text in (base, mine, yours) for line in text.splitlines()}
        assert [line for line in merged.splitlines() if line and line not in known and line[0] not in "<=>"] == []


@settings(max_examples=200, deadline=None)
@given(
    *[
        st.lists(
            st.sampled_from(["a\n", "b\n", "## H\n", "- x\n", "```\n", "<!--\n", "**F**: 1\n", "| r |\n", "\n"]),
            max_size=10,
        )
    ]
    * 3
)
def test_any_three_texts_merge_without_losing_a_line(base, mine, yours):
    versions = ["".join(lines) for lines in (base, mine, yours)]
    for name in ("TASKS.md", "JOURNAL.md", "ERRORS.md"):
        merged = merge(name, *versions)
        lines = Counter(merged.text.decode().splitlines())
        for side in (mine, yours):
            added = Counter(line.strip() for line in side) - Counter(line.strip() for line in base)
            for line in added:
                assert not line or lines[line] >= 1, (name, line)


@pytest.mark.parametrize("name", ["TASKS.md", "JOURNAL.md", "ERRORS.md"])
def test_a_side_that_changed_nothing_gives_the_other_byte_for_byte(name):
    base = tasks_file([block(1, "Build", "Current Task")], [row(1, "Build")], progress="free text")
    other = base.replace("Build", "Make").rstrip() + "   \r\n\f end"
    assert merge(name, base, base, other).text == other.encode()
    assert merge(name, base, other, base).text == other.encode()
    assert merge(name, base, other, other).text == other.encode()


@pytest.mark.parametrize("name", ["TASKS.md", "JOURNAL.md", "ERRORS.md"])
@given(
    base=st.lists(st.sampled_from(["- a", "- b", "", "text", "## H", "1. row"]), max_size=4),
    ours=st.lists(st.sampled_from(["- c", "more", "", "**Owner**: ada"]), max_size=3),
    theirs=st.lists(st.sampled_from(["- d", "other", "", "**Owner**: bob"]), max_size=3),
)
def test_a_merge_of_files_with_crlf_has_no_other_line_end(name, base, ours, theirs):
    three = ["".join(f"{line}\r\n" for line in ["# E", *base, *added]).encode() for added in ([], ours, theirs)]
    text = merge_records(name, Versions(*three)).text
    assert text.count(b"\n") == text.count(b"\r\n")
