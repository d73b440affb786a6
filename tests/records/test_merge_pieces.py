"""Three lists of pieces: what was added stays where its neighbours say, and what goes was not changed by the other side."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conductor.records.merge_lines import Labels, Merged, conflict
from conductor.records.merge_pieces import Piece, Rules, merge_pieces, unkeyed_clash

LABELS = Labels()


def piece(text, rank=None):
    """Return a piece that is known by its first letter, or by nothing where that is a dot."""
    return Piece(None if text[:1] == "." else text[:1], text.encode(), rank)


def pieces(*texts, ranks=()):
    return [piece(text, dict(ranks).get(text[:1])) for text in texts]


def both(_, base, ours, theirs):
    del base
    return Merged(conflict(ours, theirs, LABELS), 1)


def merged(base, ours, theirs, *, join=True, ranks=(), **more):
    rules = Rules(both, lambda _: join, LABELS, **more)
    return merge_pieces(rules, *(pieces(*side, ranks=ranks) for side in (base, ours, theirs)))


def lines(*parts):
    return [f"{part}\n" for part in parts]


def text(*parts):
    return Merged("".join(lines(*parts)).encode())


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "result"),
    [
        ("a b c", "a b c", "a b c", "a b c"),
        ("a b c", "a x b c", "a b y c", "a x b y c"),
        ("a b c", "x a b c", "a b c y", "x a b c y"),
        ("a b c", "a c", "a b c", "a c"),
        ("a b c", "a c", "b c", "c"),
        ("a b c", "c a b", "a b c", "c a b"),
        ("a b c", "a b c", "c a b", "c a b"),
        ("a b c", "c a b", "a b c y", "c y a b"),
        ("a b c", "c b a", "b a c", "c b a"),
        ("a b", "a x b", "a y b", "a x y b"),
        ("", "a", "b", "a b"),
        ("a", "", "", ""),
    ],
)
def test_pieces_stand_where_their_neighbours_do(base, ours, theirs, result):
    found = merged(*(lines(*side.split()) for side in (base, ours, theirs)))
    assert (found.text.decode().split(), found.conflicts) == (result.split(), 0)


def test_what_both_put_at_one_place_stands_by_its_rank():
    ranks = {"p": "1", "q": "2", "r": "3", "s": "4"}.items()
    for newest_first, order in ((True, "s r q p"), (False, "p q r s")):
        ours, theirs = (["s", "q"], ["r", "p"]) if newest_first else (["q", "s"], ["p", "r"])
        sides = (lines("a"), lines("a", *ours), lines("a", *theirs))
        found = merged(*sides, ranks=ranks, descending=newest_first)
        assert found.text.decode().split() == ["a", *order.split()]


def test_without_a_rank_ours_stand_before_theirs():
    for ranked in "zb":
        for descending in (True, False):
            sides, ranks = (lines("a"), lines("a", "z"), lines("a", "b")), {ranked: "1"}.items()
            assert merged(*sides, ranks=ranks, descending=descending) == text("a", "z", "b")


def test_of_one_rank_ours_stands_first():
    ranks = {"y": "1", "z": "1"}.items()
    for descending in (True, False):
        sides = (lines("a"), lines("a", "z"), lines("a", "y"))
        assert merged(*sides, ranks=ranks, descending=descending) == text("a", "z", "y")


def test_what_one_side_took_away_and_the_other_changed_is_a_conflict():
    found = merged(lines("a", "b"), lines("a"), lines("a", "b changed"))
    assert found == Merged(b"a\n<<<<<<< ours\n=======\nb changed\n>>>>>>> theirs\n", 1)
    found = merged(lines("a", "b"), lines("a", "b changed"), lines("a"))
    assert found == Merged(b"a\n<<<<<<< ours\nb changed\n=======\n>>>>>>> theirs\n", 1)


def test_what_one_side_changed_is_taken_and_what_both_changed_is_asked_about():
    assert merged(lines("a"), lines("a 1"), lines("a")) == merged(lines("a"), lines("a"), lines("a 1")) == text("a 1")
    assert merged(lines("a"), lines("a 1"), lines("a 1")) == text("a 1")
    assert merged(lines("a"), lines("a 1"), lines("a 2")).conflicts == 1


def test_pieces_of_one_key_that_both_added_are_one_only_where_the_rules_say_so():
    assert merged([], lines("a 1"), lines("a 2")).conflicts == 1
    assert merged([], lines("a 1"), lines("a 2"), join=False) == text("a 1", "a 2")
    assert merged([], lines("a 1"), lines("a 1"), join=False) == text("a 1")


def test_the_same_text_is_one_piece_each_time_it_stands_there():
    assert merged(lines(".x"), lines(".x", ".x"), lines(".x")) == text(".x", ".x")
    assert merged(lines(".x", ".x"), lines(".x"), lines(".x", ".x")) == text(".x")
    assert merged([], lines(".x", ".x"), lines(".x")) == text(".x", ".x")


def test_of_several_with_one_key_the_last_is_the_oldest():
    assert merged(lines("a 1"), lines("a 3", "a 2"), lines("a 1")) == text("a 3", "a 2")
    assert merged(lines("b", "a 1"), lines("b", "a 3", "a 2"), lines("b")).conflicts == 1


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "result"),
    [
        ("a\n", "a\n\n", "a\n", "a\n\n"),
        ("a\n", "a\n", "a\n\n", "a\n\n"),
        ("a\n", "a\n\n", "a\n\n\n", "a\n\n\n"),
        ("a\n\n", "a 1\n\n", "a\n", "a 1\n"),
        ("a\n\n---\n", "a 1\n\n---\n", "a\n\n---\n", "a 1\n\n---\n"),
    ],
)
def test_the_blank_lines_behind_a_piece_are_merged_apart_from_it(base, ours, theirs, result):
    assert merged([base], [ours], [theirs]) == Merged(result.encode())


def test_a_piece_that_is_not_the_last_any_more_is_set_apart():
    assert merged(["a"], ["a", "b"], ["a"]).text == b"a\nb"
    assert merged(["a"], ["a\n", "b\n"], ["a\n", "c\n"]).text == b"a\nb\nc\n"
    assert merged(["a\n"], ["a\n\n", "b\n"], ["a\n"], gap=2).text == b"a\n\nb\n"
    assert merged(["a\r\n"], ["a\r\n", "b\r\n"], ["a\r\n", "c"], gap=2).text == b"a\r\nb\r\n\r\nc"


def test_the_end_of_the_file_is_as_the_last_piece_had_it():
    assert merged(["a\n\n", "b\n"], ["a\n\n"], ["a\n\n", "b\n"]).text == b"a\n\n"
    assert merged(["a\n\n", "b"], ["a\n\n", "b"], ["a\n\n"]).text == b"a"
    assert merged(["a\n\n---\n", "b\n"], ["a\n\n---\n"], ["a\n\n---\n", "b\n"]).text == b"a\n\n---\n"


def test_the_marks_of_a_conflict_take_the_line_end_of_the_piece_with_them():
    found = merged(lines("a", "b"), lines("a 1", "b"), lines("a 2", "b"))
    assert found.text == b"<<<<<<< ours\na 1\n=======\na 2\n>>>>>>> theirs\nb\n"


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "clash"),
    [
        (".x", ".y", ".z", True),
        (".x", ".y", ".y", False),
        (".x", ".y", ".x", False),
        (".x", ".x .y", ".z", False),
        (".x", ".y", "", False),
        ("x", "y", "z", False),
        (".x", "y", ".z", False),
        ("", ".y", ".z", False),
    ],
)
def test_free_text_clashes_where_both_wrote_something_else_for_it(base, ours, theirs, clash):
    assert unkeyed_clash(*(pieces(*side.split()) for side in (base, ours, theirs))) is clash


LETTERS = st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=6)


@given(LETTERS, LETTERS, LETTERS)
def test_every_piece_that_a_side_added_or_both_kept_stands_there_once(base, ours, theirs):
    found = merged(lines(*base), lines(*ours), lines(*theirs))
    kept = {one for one in {*base, *ours, *theirs} if one not in base or (one in ours and one in theirs)}
    assert sorted(found.text.decode().split()) == sorted(kept)
    assert found.conflicts == 0


@given(LETTERS, LETTERS)
def test_a_side_alone_decides_the_order(base, ours):
    assert merged(lines(*base), lines(*ours), lines(*base)) == text(*ours)
    assert merged(lines(*base), lines(*base), lines(*ours)) == text(*ours)
