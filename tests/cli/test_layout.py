"""Lines are folded between words, by terminal cells; what can't be broken stands alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conductor.cli.layout import beside, cells, cut, fold, pad

WORDS = st.lists(st.text(alphabet="abcdefgh/.:-é", min_size=1, max_size=30), min_size=1, max_size=30)
ANY_LINE = st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=200)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("plain", 5),
        ("", 0),
        ("日本語", 6),
        ("🚀", 2),
        ("e\u0301", 1),
        ("\x1b[31mred\x1b[0m", 3),
        ("☑\ufe0f", 2),
        ("🇩🇪", 2),
        ("…×→", 3),
        ("\u200bx", 1),
    ],
)
def test_cells_are_what_a_terminal_uses(text, size):
    assert cells(text) == size


def test_a_line_that_fits_is_left_alone():
    assert fold("a  b   c", 80) == ["a  b   c"]
    assert fold("x" * 500, None) == ["x" * 500]


def test_what_continues_stands_under_the_last_column_that_leaves_room():
    line = "TASK-2026-01-05-001  PLANNING  Use the wheel that was built for this Python and this torch"
    assert fold(line, 60) == [
        "TASK-2026-01-05-001  PLANNING  Use the wheel that was built",
        "                               for this Python and this",
        "                               torch",
    ]


def test_a_sentence_goes_on_where_it_began_and_a_place_further_in():
    assert fold("Nothing was done because of it", 20) == ["Nothing was done", "because of it"]
    assert fold("a.py:3: error[X] it is wrong", 20) == ["a.py:3: error[X] it", "  is wrong"]
    assert fold("  remedy: write it anew now", 20) == ["  remedy: write it", "    anew now"]


def test_a_long_path_stands_alone_and_whole_and_is_moved_left_where_that_makes_it_fit():
    path = "/state/conductor/rehearsals/" + "r" * 60
    assert fold(f"All of it: {path} (kept)", 80) == ["All of it:", path, "(kept)"]
    digest = "sha256:" + "0" * 71
    assert fold(f"    digest    {digest}", 80) == ["    digest", "  " + digest]


def test_a_number_stays_with_its_unit():
    assert fold("it took all of 0.038 s warm", 20) == ["it took all of", "  0.038 s warm"]


def test_an_expression_of_a_workflow_is_one_word():
    assert fold("it is ${{ secrets.USER }}/worker", 20) == ["it is", "${{ secrets.USER }}/worker"]


def test_wide_letters_need_no_blanks_to_be_folded():
    lines = fold("日本語" * 20, 40)
    assert max(map(cells, lines)) <= 40
    assert "".join(line.strip() for line in lines) == "日本語" * 20


def test_a_column_beside_a_head_carries_its_tail_on_the_first_line():
    assert beside("  push   ", "to the remote that is far away", 30, tail="0.2 s") == [
        "  push   to the remote   0.2 s",
        "         that is far",
        "         away",
    ]
    assert beside("  push   ", "to it", None, tail="0.2 s")[0].endswith(" 0.2 s")
    assert cells(beside("  push   ", "to it", None, tail="0.2 s")[0]) == 100


def test_padding_and_cutting_count_cells():
    assert pad("日本", 6) == "日本  "
    assert cut("日本語", 5) == "日本"
    assert cut("abc", 5) == "abc"


@given(WORDS, st.integers(20, 120))
def test_every_folded_line_fits_or_is_one_word_and_no_word_is_lost(words, width):
    lines = fold(" ".join(words), width)
    assert " ".join(lines).split() == words
    for line in lines:
        assert cells(line) <= width or len(line.split()) == 1


@given(ANY_LINE, st.integers(20, 120))
def test_folding_any_text_loses_nothing_but_blanks(line, width):
    assert "".join("".join(fold(line, width)).split()) == "".join(line.split())


@given(ANY_LINE, st.integers(0, 50))
def test_cutting_never_exceeds_the_width(text, width):
    assert cells(cut(text, width)) <= width
    assert text.startswith(cut(text, width))
