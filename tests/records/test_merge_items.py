"""What an item of a list is known by, and how one that both sides changed is merged."""

import pytest

from conductor.records.merge_items import cut_items, item_key, merge_items, renumber_chain
from conductor.records.merge_lines import Labels, Merged

TASK = "TASK-2026-01-05-00"


def merged(base, ours, theirs):
    found = merge_items(base.encode(), ours.encode(), theirs.encode(), Labels())
    return found.text.decode(), found.conflicts


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("- [ ] build: the image builds", "- [x] build: the image builds (evidence r-20260101-101500-ab12cd3#4:9f3c21aa)"),
        (f"1. ⏳ Build ({TASK}1)", f"2. ✅ Build it ({TASK}1)"),
        ("1. ⏳ Build", "3. ✅ Build"),
        ("**Status**: PLANNING", "**status**: DONE"),
        ("- [ ] look at it", "- [x] Look at it"),
        ("- [2026-01](JOURNAL_ARCHIVE/2026-01.md): 3 entries", "- [2026-01](JOURNAL_ARCHIVE/2026-01.md): 31 entries"),
        ("| ERR-2026-01-05-001 | active | a |", "| ERR-2026-01-05-001 | resolved | b |"),
    ],
)  # fmt: skip
def test_what_is_the_same_item_has_the_same_key(one, other):
    assert item_key(one.encode()) == item_key(other.encode()) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("- [ ] build: the image builds", "- [ ] image: the image builds"),
        ("- [ ] command unit: passes", "- [ ] command e2e: passes"),
        ("- [ ] command unit: passes", "- [ ] command unit: passes twice"),
        ("**Status**: a", "**Started**: a"),
        ("1. ⏳ Build", "1. ⏳ Test"),
        ("- [2026-01](JOURNAL_ARCHIVE/2026-01.md): 3 x", "- [2026-02](JOURNAL_ARCHIVE/2026-02.md): 3 x"),
        ("| ERR-2026-01-05-001 | active | a |", "| ERR-2026-01-05-002 | active | a |"),
    ],
)
def test_what_is_another_item_has_another_key(one, other):
    assert item_key(one.encode()) != item_key(other.encode())


@pytest.mark.parametrize("line", ["words", "- a note", "---", "", "# A heading"])
def test_what_is_only_text_has_none(line):
    assert item_key(line.encode()) is None


@pytest.mark.parametrize(
    "text",
    [
        "- a\n  goes on\n\n  and on\n- b\n",
        "- a\n\twith a tab\nno part of it\n",
        "words\nmore\n",
        "- a\n```\n- no item\n```\n- b\n",
        "~~~~\n~~~\n- no item\n~~~~\n- b\n",
        "\n\n- a\n",
        "```\nnever closed\n- a\n",
    ],
)
def test_the_pieces_of_a_text_are_the_text(text):
    assert b"".join(piece.text for piece in cut_items(text.encode())) == text.encode()


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("- a\n  goes on\n\n  and on\n- b\n", ["- a\n  goes on\n\n  and on\n", "- b\n"]),
        ("- a\n\twith a tab\nno part of it\n", ["- a\n\twith a tab\n", "no part of it\n"]),
        ("words\n  more\n", ["words\n", "  more\n"]),
        ("- a\n```\n- no item\n```\n- b\n", ["- a\n", "```\n- no item\n```\n", "- b\n"]),
        ("~~~~\n~~~\n- no item\n~~~~ x\n~~~~~\n- b\n", ["~~~~\n~~~\n- no item\n~~~~ x\n~~~~~\n", "- b\n"]),
        ("- a\n\n\n- b\n", ["- a\n\n\n", "- b\n"]),
    ],
)
def test_an_item_goes_on_as_far_as_it_is_indented_and_a_fence_until_it_is_closed(text, parts):
    assert [piece.text.decode() for piece in cut_items(text.encode())] == parts


def test_each_side_may_change_another_part_of_a_row():
    base = f"1. ⏳ Build ({TASK}1)\n2. ⏳ Test ({TASK}2)\n"
    ours, theirs = base.replace("⏳ Build", "✅ Build"), base.replace("Build", "Build it")
    assert merged(base, ours, theirs) == merged(base, theirs, ours) == (base.replace("⏳ Build", "✅ Build it"), 0)


def test_a_row_whose_mark_both_changed_is_a_conflict_of_that_row():
    base = f"1. ⏳ Build ({TASK}1)\n2. ⏳ Test ({TASK}2)\n"
    text, conflicts = merged(base, base.replace("⏳ Build", "✅ Build"), base.replace("⏳ Build", "🔄 Build"))
    assert conflicts == 1
    assert text.endswith(f">>>>>>> theirs\n2. ⏳ Test ({TASK}2)\n")


def test_a_row_that_both_added_is_one_row():
    old = f"1. ⏳ Build ({TASK}1)\n"
    new = f"2. ⏳ Test ({TASK}2)\n"
    assert merged(old, old + new, old + new) == (old + new, 0)
    assert merged(old, old + new, old + f"3. ⏳ Test ({TASK}2)\n") == (old + new, 0)


def test_a_row_with_more_lines_below_it_is_not_taken_apart():
    base = f"1. ⏳ Build ({TASK}1)\n   a note\n"
    text, conflicts = merged(base, base.replace("⏳", "✅"), base.replace("a note", "another note"))
    assert conflicts == 1
    assert "another note" in text


def test_the_greater_count_of_an_archive_stands():
    line = "- [2026-01](JOURNAL_ARCHIVE/2026-01.md): {} entries\n"
    for ours, theirs in ((9, 10), (10, 9)):
        assert merged(line.format(3), line.format(ours), line.format(theirs)) == (line.format(10), 0)


ROW = "| ERR-2026-01-05-001 | {} | {} | {} |\n"


def test_each_side_may_change_another_cell():
    base, ours, theirs = (
        ROW.format("active", "P1", ""),
        ROW.format("resolved", "P1", "pinned"),
        ROW.format("active", "P0", ""),
    )
    assert merged(base, ours, theirs) == merged(base, theirs, ours) == (ROW.format("resolved", "P0", "pinned"), 0)


@pytest.mark.parametrize("theirs", [ROW.format("open", "P1", ""), "| ERR-2026-01-05-001 | active | P1 | | more |\n"])
def test_a_cell_that_both_changed_or_a_row_of_other_columns_is_a_conflict(theirs):
    assert merged(ROW.format("active", "P1", ""), ROW.format("resolved", "P1", ""), theirs)[1] == 1


def test_a_bar_that_is_part_of_a_cell_is_no_end_of_it():
    base, ours = ROW.format("active", "P1", r"a \| b"), ROW.format("resolved", "P1", r"a \| b")
    assert merged(base, ours, ROW.format("active", "P1", r"a \| c")) == (ROW.format("resolved", "P1", r"a \| c"), 0)


@pytest.mark.parametrize(
    ("rows", "after"),
    [
        ("1. a\n2. b\n2. c\n3. d\n", "1. a\n2. b\n3. c\n4. d\n"),
        ("1. a\n1. b\n", "1. a\n2. b\n"),
        ("1. a\n3. b\n3. c\n", "1. a\n3. b\n4. c\n"),
        ("5. a\n2. b\n5. c\n", "5. a\n2. b\n6. c\n"),
        ("0. a\n0. b\n", "0. a\n1. b\n"),
        ("words\n0. a\n1. b\n", "words\n0. a\n1. b\n"),
        ("1) a\n1) b\n", "1) a\n2) b\n"),
        ("words\n1. a\n  1. below\nwords\n2. b\n", "words\n1. a\n  1. below\nwords\n2. b\n"),
        ("", ""),
    ],
)
def test_rows_with_one_number_go_on_counting(rows, after):
    assert renumber_chain(rows.encode()) == after.encode()


@pytest.mark.parametrize("bullet", ["-", "*", "+"])
def test_a_finding_of_theirs_gets_the_next_number_that_nobody_has(bullet):
    base = f"{bullet} a note\n{bullet} **FINDING-001**: old\n{bullet} **BLOCKER-007**: old\n"
    ours = base + f"{bullet} **FINDING-002**: mine\n{bullet} **FINDING-003**: mine too\n"
    theirs = base + f"{bullet} **FINDING-002**: yours\n{bullet} **DECISION-001**: yours\n"
    text, conflicts = merged(base, ours, theirs)
    assert conflicts == 0
    assert sorted(text.splitlines()) == sorted(
        [*ours.splitlines(), f"{bullet} **FINDING-004**: yours", f"{bullet} **DECISION-001**: yours"]
    )


def test_the_same_finding_of_both_keeps_its_number():
    new = "- **FINDING-001**: it is slow\n"
    assert merge_items(b"", new.encode(), new.encode(), Labels()) == Merged(new.encode())


def test_two_values_of_a_plain_field_are_a_conflict_and_of_a_list_two_items():
    text, conflicts = merged("**Task**: x\n", "**Task**: x\n**Owner**: ada\n", "**Task**: x\n**Owner**: bob\n")
    assert conflicts == 1
    assert text.count("**Owner**: ada") == text.count("**Owner**: bob") == 1
    text, conflicts = merged("- x\n", "- x\n- **Owner**: ada\n", "- x\n- **Owner**: bob\n")
    assert (sorted(text.splitlines()), conflicts) == (["- **Owner**: ada", "- **Owner**: bob", "- x"], 0)
