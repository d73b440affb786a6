import pytest
from hypothesis import given
from hypothesis import strategies as st

from conductor.domain.text import one_line, strip_controls


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]8;;http://x\x07link\x1b]8;;\x07", "link"),
        ("\x9b31mred", "red"),
        ("a\x00b\x08c", "abc"),
        ("a\u202eb", "ab"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("tab\tstays", "tab\tstays"),
    ],
)
def test_sequences_and_controls_are_taken_out(text, shown):
    assert strip_controls(text) == shown


@given(st.text())
def test_what_is_left_has_no_escape_and_is_left_alone_again(text):
    once = strip_controls(text)
    assert "\x1b" not in once
    assert strip_controls(once) == once
    assert "\n" not in one_line(text)
