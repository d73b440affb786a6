"""Which side's ids change where two branches gave one id to two things, and how its text follows."""

import pytest

from conductor.records.merge_ids import Renumbering, Versions, plan_renumbering, renumber
from tests.records.test_merge import ERRORS, block, error, row, tasks_file

FIRST, SECOND, THIRD, FOURTH = (f"TASK-2026-01-05-00{number}" for number in range(1, 5))


def tasks(*titles, start=2):
    """Return TASKS.md with the task Build and one more for each title."""
    named = list(enumerate(titles, start))
    blocks = [block(1, "Build", "Current Task"), *(block(number, title) for number, title in named)]
    return tasks_file(blocks, [row(1, "Build"), *(row(number, title) for number, title in named)])


def plan(ours, theirs, base=None, name="TASKS.md", **more):
    texts = [text.encode() for text in (tasks() if base is None else base, ours, theirs)]
    return plan_renumbering(name, Versions(*texts), **more)


def test_theirs_is_renumbered_where_nothing_tells():
    assert plan(tasks("Mine"), tasks("Yours")) == Renumbering(theirs={SECOND: THIRD})


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        (["Yours"], Renumbering(ours={SECOND: THIRD})),
        (["Mine"], Renumbering(theirs={SECOND: THIRD})),
        (["Another"], Renumbering(theirs={SECOND: THIRD})),
        (["Yours", "Mine"], Renumbering(ours={SECOND: THIRD})),
        (["Mine", "Yours"], Renumbering(theirs={SECOND: THIRD})),
    ],
)
def test_the_side_that_the_surest_target_has_keeps_its_id(targets, expected):
    assert plan(tasks("Mine"), tasks("Yours"), targets=[tasks(title).encode() for title in targets]) == expected


@pytest.mark.parametrize(("ours", "theirs"), [(("Same",), ("Same",)), (("Same",), ("  same ",)), (("Mine",), ())])
def test_one_thing_or_one_side_s_thing_keeps_its_id(ours, theirs):
    found = plan(tasks(*ours), tasks(*theirs))
    assert found == Renumbering()
    assert not found


def test_a_task_of_base_that_both_named_anew_is_one_task():
    assert not plan(tasks("Mine"), tasks("Yours"), tasks("Old"))


def test_several_get_new_ids_one_after_the_other():
    assert plan(tasks("A", "B"), tasks("C", "D")).theirs == {SECOND: FOURTH, THIRD: "TASK-2026-01-05-005"}


def test_no_id_is_given_that_any_text_names():
    assert plan(tasks("A"), tasks("B"), taken=[f"see {FOURTH}".encode()]).theirs == {SECOND: "TASK-2026-01-05-005"}
    targets = [tasks("A", "B", "C", "D").encode()]
    assert plan(tasks("A"), tasks("B"), targets=targets).theirs == {SECOND: "TASK-2026-01-05-006"}
    assert plan(tasks("A"), tasks("B", "C")).theirs == {SECOND: FOURTH}
    assert plan(tasks("A", "C"), tasks("B")).theirs == {SECOND: FOURTH}
    assert plan(tasks("A"), tasks("B"), taken=[b"TASK-2026-01-06-009"]).theirs == {SECOND: THIRD}
    assert plan(tasks("A"), tasks("B"), taken=[b"TASK-2026-01-05-1200"]).theirs == {SECOND: "TASK-2026-01-05-1201"}


def test_a_part_follows_the_task_it_belongs_to():
    part = block(2, "Part").replace(SECOND, f"{SECOND}a")
    theirs = tasks("Yours").replace("## Completed Tasks", part + "## Completed Tasks")
    assert plan(tasks("Mine"), theirs).theirs == {SECOND: THIRD, f"{SECOND}a": f"{THIRD}a"}
    ours = tasks("Mine").replace("## Completed Tasks", part + "## Completed Tasks")
    assert plan(ours, tasks("Yours"), targets=[tasks("Yours").encode()]).ours == {
        SECOND: THIRD,
        f"{SECOND}a": f"{THIRD}a",
    }


def test_errors_are_told_apart_by_their_area():
    first, second = "ERR-2026-01-05-001", "ERR-2026-01-05-002"
    empty, mine, yours = (ERRORS.format(active=rows, resolved="") for rows in ("", error(1), error(1, "smoke")))
    assert plan(mine, yours, empty, "ERRORS.md") == Renumbering(theirs={first: second})
    assert plan(mine, yours, empty, "ERRORS.md", targets=[yours.encode()]) == Renumbering(ours={first: second})
    assert not plan(mine, ERRORS.format(active=error(1, fix="pinned"), resolved=""), empty, "ERRORS.md")


def former(text, old, new):
    return text.replace(f"**Task ID**: {old}\n", f"**Task ID**: {new}\n**Formerly**: {old}\n").replace(
        f"({old})", f"({new})"
    )


@pytest.mark.parametrize("side", ["ours", "theirs"])
def test_a_task_that_an_earlier_merge_renumbered_is_followed_by_the_other_side_and_base(side):
    branch = tasks("Yours")
    main = former(tasks("Mine", "Yours"), THIRD, THIRD).replace(f"**Formerly**: {THIRD}", f"**Formerly**: {SECOND}")
    ours, theirs = (main, branch) if side == "ours" else (branch, main)
    other = "theirs" if side == "ours" else "ours"
    assert plan(ours, theirs, branch) == Renumbering(**{other: {SECOND: THIRD}}, base={SECOND: THIRD})


@pytest.mark.parametrize(
    ("branch", "expected"),
    [
        (tasks(), {}),
        (tasks("Another"), {}),
        (tasks("Yours", "Else"), {THIRD: FOURTH}),
    ],
)
def test_a_side_that_has_the_task_no_more_or_gave_the_new_id_to_another_does_not_follow(branch, expected):
    main = former(tasks("Mine", "Yours"), THIRD, THIRD).replace(f"**Formerly**: {THIRD}", f"**Formerly**: {SECOND}")
    assert plan(main, branch, tasks("Yours")) == Renumbering(theirs=expected, base={SECOND: THIRD})


def test_a_former_id_that_says_nothing_of_base_is_not_followed():
    main = tasks("Mine", "Yours").replace(f"**Task ID**: {THIRD}\n", f"**Task ID**: {THIRD}\n**Formerly**: {SECOND}\n")
    for base in (tasks("Another"), tasks(), main):
        assert not plan(main, base, base).base
    own = tasks("Yours", "Yours").replace(f"**Task ID**: {THIRD}\n", f"**Task ID**: {THIRD}\n**Formerly**: {SECOND}\n")
    assert not plan(own, tasks("Yours"), tasks("Yours")).base


@pytest.mark.parametrize(
    ("text", "after"),
    [
        (f"see {SECOND}.\n", f"see {THIRD}.\n"),
        (f"{SECOND}a and {SECOND}0 and X{SECOND} and -{SECOND}\n", None),
        (f"|TASK:{SECOND}|({SECOND})_{SECOND}_\n", f"|TASK:{THIRD}|({THIRD})_{THIRD}_\n"),
        (f"{SECOND}-b\n", f"{THIRD}-b\n"),
        ("nothing\n", None),
    ],
)
def test_an_id_is_replaced_where_it_stands_whole(text, after):
    assert renumber(text.encode(), b"", {SECOND: THIRD}, name="JOURNAL.md").decode() == (after or text)


def test_lines_that_base_has_too_stay_and_new_ids_are_not_renumbered_again():
    text = f"old {SECOND}\nnew {SECOND}\nand {THIRD}\n"
    assert renumber(text.encode(), f"old {SECOND}\n".encode(), {SECOND: THIRD, THIRD: FOURTH}, name="JOURNAL.md") == (
        f"old {SECOND}\nnew {THIRD}\nand {FOURTH}\n".encode()
    )


def test_without_new_ids_the_text_is_the_same_one():
    text = b"any \xff bytes"
    assert renumber(text, b"", {}, name="TASKS.md") is text
    assert renumber(text, b"", {SECOND: THIRD}, name="TASKS.md") is text


def test_a_part_is_replaced_as_a_part():
    text = renumber(f"{SECOND}a {SECOND}".encode(), b"", {SECOND: FOURTH, f"{SECOND}a": f"{FOURTH}a"}, name="")
    assert text == f"{FOURTH}a {FOURTH}".encode()


def test_a_renumbered_task_says_once_what_it_was_called():
    text = renumber(tasks("Yours").encode(), tasks().encode(), {SECOND: THIRD}, name="TASKS.md").decode()
    assert f"**Task ID**: {THIRD}\n**Formerly**: {SECOND}\n**Title**: Yours" in text
    again = renumber(text.encode(), b"", {THIRD: FOURTH}, name="TASKS.md").decode()
    assert again.count("**Formerly**") == 1
    assert "**Formerly**" not in renumber(tasks("Yours").encode(), b"", {SECOND: THIRD}, name="JOURNAL.md").decode()
