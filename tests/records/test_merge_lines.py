"""Line by line: what only one side changed is taken, and a conflict is as small as what both changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conductor.records.merge_lines import Labels, Merged, merge_lines, merge_value, split_lines

BASE = b"a\nb\nc\nd\ne\nf\ng\nh\n"


def merged(base, ours, theirs):
    return merge_lines(base, ours, theirs, Labels())


# Between two lines that nobody touches, one side at most does something: (who, what).
PLACES = st.lists(
    st.tuples(st.sampled_from(["ours", "theirs", "both"]), st.sampled_from(["keep", "change", "remove", "add"])),
    min_size=1,
    max_size=6,
)


def text_after(places, side):
    lines = []
    for number, (who, what) in enumerate(places):
        lines.append(f"stays {number}\n")
        acts = side == "merged" or who in {side, "both"}
        if not acts or what in {"keep", "add"}:
            lines.append(f"old {number}\n")
        if acts and what in {"change", "add"}:
            lines.append(f"new {number}\n")
    return "".join([*lines, "the end\n"]).encode()


@given(PLACES)
def test_what_each_side_did_elsewhere_is_all_done(places):
    base, ours, theirs = (text_after(places, side) for side in ("base", "ours", "theirs"))
    assert merged(base, ours, theirs) == Merged(text_after(places, "merged"))


@pytest.mark.parametrize(
    ("ours", "theirs", "text"),
    [
        (b"a\nB\nc\nd\ne\nf\ng\nh\n", b"a\nb\nc\nd\ne\nf\nG\nh\n", b"a\nB\nc\nd\ne\nf\nG\nh\n"),
        (b"b\nc\nd\ne\nf\ng\nh\n", b"a\nb\nc\nd\ne\nf\ng\n", b"b\nc\nd\ne\nf\ng\n"),
        (b"0\n" + BASE, BASE + b"9\n", b"0\n" + BASE + b"9\n"),
        (b"a\nb\ne\nf\ng\nh\n", b"a\nb\nc\nd\ne\nh\n", b"a\nb\ne\nh\n"),
        (BASE, b"", b""),
    ],
)
def test_both_sides_changes_come_together_whoever_is_ours(ours, theirs, text):
    assert merged(BASE, ours, theirs) == merged(BASE, theirs, ours) == Merged(text)


def test_lines_that_stand_many_times_in_a_long_file_are_still_lines():
    base = b"a\nb\nc\n" * 100
    for one, other in ((b"0\n" + base, base + b"9\n"), (base + b"9\n", b"0\n" + base)):
        assert merged(base, one, other) == Merged(b"0\n" + base + b"9\n")


def test_a_conflict_holds_only_the_lines_that_both_changed():
    ours, theirs = BASE.replace(b"d\n", b"mine\n"), BASE.replace(b"d\n", b"yours\n").replace(b"g\n", b"G\n")
    assert merged(BASE, ours, theirs) == Merged(
        b"a\nb\nc\n<<<<<<< ours\nmine\n=======\nyours\n>>>>>>> theirs\ne\nf\nG\nh\n", 1
    )


def test_each_place_is_a_conflict_of_its_own():
    ours = BASE.replace(b"b\n", b"1\n").replace(b"g\n", b"2\n")
    theirs = BASE.replace(b"b\n", b"3\n").replace(b"g\n", b"4\n")
    assert merged(BASE, ours, theirs).conflicts == 2


def test_a_last_line_without_an_end_gets_one_between_the_marks():
    assert merged(b"a", b"b", b"c") == Merged(b"<<<<<<< ours\nb\n=======\nc\n>>>>>>> theirs\n", 1)


def test_the_marks_are_as_long_and_end_as_the_file_does():
    found = merge_lines(b"a\r\n", b"b\r\n", b"c\r\n", Labels("main", "", 9))
    assert found.text == b"<<<<<<<<< main\r\nb\r\n=========\r\nc\r\n>>>>>>>>>\r\n"


@pytest.mark.parametrize(
    ("values", "settled"),
    [
        ((b"a", b"a", b"b"), (True, b"b")),
        ((b"a", b"b", b"a"), (True, b"b")),
        ((b"a", b"b", b"b"), (True, b"b")),
        ((None, b"b", b"b"), (True, b"b")),
        ((b"a", None, b"a"), (True, None)),
        ((b"a", b"b", b"c"), (False, b"b")),
        ((b"a", None, b"c"), (False, None)),
    ],
)
def test_a_value_is_that_of_the_side_which_changed_it(values, settled):
    assert merge_value(*values) == settled


def test_lines_end_where_editors_end_them():
    assert split_lines(b"a\r\nb\rc\n\nd\x0be") == [b"a\r\n", b"b\r", b"c\n", b"\n", b"d\x0be"]
