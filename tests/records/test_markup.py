from hypothesis import given
from hypothesis import strategies as st

from conductor.errors import UsageProblem
from conductor.records.headings import scan_headings
from conductor.records.markup import clean_text, clean_title, escape_title, from_list_item, list_item, unescape_title

TEXT = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("\\|<`#-*!/\n\r\t\0\x1b\u200f\u202e"), min_size=1
)


@given(TEXT)
def test_a_title_comes_back_as_it_was(text):
    try:
        title = clean_title(text)
    except UsageProblem:
        return
    assert "\n" not in escape_title(title)
    assert unescape_title(escape_title(title)) == title


@given(TEXT)
def test_text_in_a_list_item_comes_back_as_it_was(text):
    clean = clean_text(text)
    assert from_list_item(list_item(clean)) == clean


@given(TEXT)
def test_no_text_in_a_list_item_makes_a_heading(text):
    written = f"- **What**: {list_item(clean_text(text))}\n\n## Next\n"
    assert [heading.text for heading in scan_headings(written.encode())] == ["Next"]


def test_a_link_in_a_title_is_no_link():
    assert escape_title("a |TASK:TASK-2026-01-05-001|") == "a \\|TASK:TASK-2026-01-05-001\\|"


def test_a_secret_in_a_title_is_not_written():
    assert "ghp_" not in clean_title("token ghp_" + "a" * 36)
