"""One grammar for every reader: ids, stamps, fields, fences and rows mean the same to checks, merges and restores."""

import ast
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import conductor.records
from conductor.errors import UsageProblem
from conductor.records.grammar import (
    MARKS,
    expand_ids,
    fenced_spans,
    find_links,
    parse_field,
    parse_listed,
    parse_row,
    parse_table_row,
    read_stamp,
    without_links,
)
from conductor.records.markup import clean_title, escape_title

ONE, TWO = "TASK-2026-01-05-001", "TASK-2026-01-05-002"


@pytest.mark.parametrize(
    ("line", "title", "ids", "current"),
    [
        (f"1. ✅ Build ({ONE})", "Build", [ONE], False),
        (f"1. ✅ Build ({ONE})  ", "Build", [ONE], False),
        (f"1) ✔️ Build ({ONE}a)", "Build", [f"{ONE}a"], False),
        ("2. 🔄 Build (CURRENT)", "Build", [], True),
        ("2. 🔄 Build (CURRENT) ← here", "Build", [], True),
        ("2. 🔄 Build **(CURRENT)**", "Build", [], True),
        (f"2. 🔄 Build (CURRENT: {ONE})", "Build", [ONE], False),
        (f"2. 🔄 Build ({ONE}, CURRENT)", "Build", [ONE], False),
        (f"3. ✅ Build ({ONE}, {TWO})", "Build", [ONE, TWO], False),
        (f"3. ✅ Build ({ONE} to 003)", "Build", [ONE, TWO, "TASK-2026-01-05-003"], False),
        (f"3. ✅ Build ({ONE} to TASK-2026-01-05-003)", "Build", [ONE, TWO, "TASK-2026-01-05-003"], False),
        (f"3. ✅ Build ({ONE}, 002)", "Build", [ONE, TWO], False),
        (f"4. ✅ Build ({ONE}) - in r-1", "Build", [ONE], False),
        (f"4. ✅ Build (twice) ({ONE}) (2h)", "Build (twice)", [ONE], False),
        (f"4. ✅ Build ({ONE}, done 2026-01-06)", "Build", [ONE], False),
        (f"5. ✅ {ONE}: Build", "Build", [ONE], False),
        (f"5. ✅ **{ONE}**: Build", "Build", [ONE], False),
        (f"- ⏳ Build ({ONE})", "Build", [ONE], False),
        # What a row only mentions is its title:
        (f"6. ⏳ Clean up after ({ONE}) is deployed", f"Clean up after ({ONE}) is deployed", [], False),
        (f"6. ✅ Build (SUPERSEDED BY {ONE})", f"Build (SUPERSEDED BY {ONE})", [], False),
        ("6. ⏳ Explain `(CURRENT)` in the docs", "Explain `(CURRENT)` in the docs", [], False),
        (f"6. ⏳ Follow up ({ONE}) ({TWO})", f"Follow up ({ONE})", [TWO], False),
        ("6. ⏳ Measure (current) load", "Measure (current) load", [], False),
        ("7. Build", "Build", [], False),
    ],
)
def test_a_row_is_its_title_and_what_it_links_to(line, title, ids, current):
    row = parse_row(line)
    assert (row.title, list(row.ids), row.is_current) == (title, ids, current)
    assert "".join(row) == line.rstrip()


@given(st.text(st.characters(exclude_characters="\n\r"), max_size=60))
def test_a_row_in_parts_is_the_line_again(text):
    line = f"1. ✅ {text}"
    row = parse_row(line)
    assert row is None or "".join(row) == line.rstrip(" \t")


@pytest.mark.parametrize(
    "text",
    ["1. ✅ " + "(" * 5000, "1. ✅ x" + " " * 20000 + "y", f"1. ✅ {f'({ONE}) ' * 500}x", "1. " + "TASK-" * 4000],
)
def test_a_long_row_is_read_in_one_go(text):
    assert parse_row(text) is not None


def test_ranges_name_each_of_their_tasks_but_no_thousands():
    assert expand_ids(f"{ONE} to 003, 007") == [ONE, TWO, "TASK-2026-01-05-003", "TASK-2026-01-05-007"]
    assert len(expand_ids(f"{ONE} to 999999")) == 2


def test_a_field_is_bold_with_its_colon_inside_or_outside():
    assert parse_field("**Status**: DONE") == parse_field("- **Status:** DONE") == ("Status", "DONE")
    assert parse_field("**Note 2026-01-05 10:31**: a\n  b") == ("Note 2026-01-05 10:31", "a\n  b")
    assert parse_field("Status: DONE") is None


def test_a_stamp_is_a_day_or_a_minute():
    assert read_stamp("2026-01-05T10:31 - Title").text == "2026-01-05 10:31"
    assert read_stamp("2026-01-05 Session").text == "2026-01-05"
    assert read_stamp("2026-01-051") is None
    assert read_stamp("(2026-01-05)") is None


def test_links_of_a_title_are_those_that_are_not_escaped():
    assert find_links(f"Pinned |TASK:{ONE}| |ERROR:ERR-1|") == (("TASK", ONE), ("ERROR", "ERR-1"))
    assert find_links(rf"Pinned \|TASK:{ONE}\|") == ()
    assert without_links(f"Pinned |TASK:{ONE}|").strip() == "Pinned"


def test_rows_of_lists_and_tables():
    assert parse_listed(f"- [x] [{ONE}]: Build → See JOURNAL.md") == (ONE, "Build")
    assert parse_table_row("| ERR-2026-01-05-001 | a | b \\| c |") == ("ERR-2026-01-05-001", ["a", "b | c", ""])


def test_fences_are_found_in_lists_too_and_end_with_their_own_mark():
    text = b"a\n  ````\n```\n  ````\nb\n- ~~~ sh\n  x\n  ~~~\nc\n```\nopen"
    assert [text[start:end] for start, end in fenced_spans(text)] == [
        b"  ````\n```\n  ````",
        b"- ~~~ sh\n  x\n  ~~~",
        b"```\nopen",
    ]


BITS = [
    "a",
    "-",
    "→",
    "🎉",
    "✅",
    "\ufe0f",
    "`",
    "``",
    "(",
    ")",
    "[",
    "]",
    "**",
    "\\",
    "|",
    "<!--",
    "#",
    " ",
    ":",
    ",",
    "1.",
]
BITS += [
    "(CURRENT)",
    "(TASK-2026-01-05-001)",
    "TASK-2026-01-05-009",
    "TASK-2026-01-05-009:",
    "to",
    "~~~",
    "None",
    "\u00a0",
]


@settings(max_examples=1000)
@given(st.lists(st.sampled_from(BITS), min_size=1, max_size=5).map("".join) | st.text(min_size=1, max_size=12))
def test_a_title_that_is_written_into_a_row_is_read_back(words):
    try:
        title = clean_title(words)
    except UsageProblem:
        return
    for mark in MARKS:
        row = parse_row(f"3. {mark} {escape_title(title)} (TASK-2026-01-05-001)")
        assert row is not None
        assert (row.symbol, row.title, row.id) == (mark, title, "TASK-2026-01-05-001")


def test_no_module_outside_the_records_has_a_pattern_of_an_id():
    package = Path(conductor.records.__file__).parent.parent
    spelled = re.compile(r"(?:TASK|ERR)-(?:\\d|\[0-9|\[\\d|\(\\d)")
    found = [path.name for path in package.rglob("*.py") if spelled.search(path.read_text("utf-8"))]
    assert found == []


def test_no_other_module_of_the_records_spells_out_an_id_or_a_date():
    folder = Path(conductor.records.__file__).parent
    spelled = re.compile(r"\[0-9\]\{4\}-|\\d\{4\}-|\(CURRENT\)\[|TASK-\[0-9")
    found = []
    for path in sorted(folder.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            text = node.value if isinstance(node, ast.Constant) else b""
            words = text.decode("latin-1") if isinstance(text, bytes) else str(text)
            if path.name != "grammar.py" and spelled.search(words):
                found.append(f"{path.name}:{node.lineno}")
    assert found == []
