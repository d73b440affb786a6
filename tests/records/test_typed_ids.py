"""Ids as they are typed: what names a task, what is text, and what is refused with the nearest ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conductor.errors import UsageProblem
from conductor.records.errors_ledger import add_error
from conductor.records.grammar import is_error_id, is_task_id
from conductor.records.typed_ids import parse_typed, resolve_error_id, resolve_task_id, take_task_id, whole_id

BLOCK = "## {heading}\n**Task ID**: {id}\n**Title**: {title}\n**Status**: PLANNING\n\n"
FIRST, SECOND, SUB, OLD = "TASK-2026-11-27-001", "TASK-2026-11-27-002", "TASK-2026-11-27-002a", "TASK-2026-10-03-004"


@pytest.fixture
def tasks(records, write):
    write(
        "TASKS.md",
        "# Tasks\n\n"
        + BLOCK.format(heading="Current Task", id=FIRST, title="Build")
        + BLOCK.format(heading="Open Task", id=SECOND, title="Deploy")
        + BLOCK.format(heading="Open Task", id=SUB, title="Deploy to staging"),
    )
    write("TASKS_ARCHIVE/2026-10.md", BLOCK.format(heading="Previous Task", id=OLD, title="Measure"))
    return records


@pytest.mark.parametrize(
    "word",
    [
        *("TASK-2026-11-27-002", "task-2026-11-27-2", "Task-2026-11-27-002", " TASK-2026-11-27-2 ", "2026-11-27-002"),
        *("11-27-002", "11-27-2", "27-2", "002", "2", "#2", "TASK-2", "task-002", "task2", "TASK_2026_11_27_002"),
        *("[TASK-2026-11-27-002]", "TASK-2026-11-27-002:", "`TASK-2026-11-27-002`"),
        *("TASK\u20132026\u201311\u201327\u2013002", "\uff34\uff21\uff33\uff2b-2026-11-27-002", "\u0662", "\u200b002\ufeff"),
    ],
)  # fmt: skip
def test_every_spelling_names_the_task(tasks, word):
    assert resolve_task_id(tasks, word) == SECOND


def test_a_letter_names_the_subtask(tasks):
    assert {resolve_task_id(tasks, word) for word in ("2a", "002A", "task-2026-11-27-2A", "27-002a")} == {SUB}


def test_what_is_archived_is_found_where_nothing_at_hand_fits(tasks):
    assert resolve_task_id(tasks, "4") == resolve_task_id(tasks, "10-03-4") == OLD


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("9", SECOND),
        ("TASK-2026-11-28-002", SECOND),
        ("TASK-2026-11-27-099", "TASK-2026-11-27-00"),
        ("nonsense", SECOND),
        ("", SECOND),
        ("ERR-2026-01-05-001", "an id reads TASK-"),
        ("TASK-YYYY-MM-DD-NNN", SECOND),
        ("TASK-2026-11-27-002/../x", SECOND),
        ("TASK-2026-11-27-002ab", SECOND),
        ("2026-11-27", SECOND),
    ],
)
def test_what_names_no_task_is_refused_with_the_nearest_ids(tasks, word, said):
    with pytest.raises(UsageProblem) as caught:
        resolve_task_id(tasks, word)
    assert said in caught.value.hint


def test_what_fits_several_is_refused_with_all_of_them(tasks, write):
    write(
        "TASKS.md",
        (tasks.root / "TASKS.md").read_text() + BLOCK.format(heading="Open Task", id="TASK-2026-11-28-002", title="x"),
    )
    with pytest.raises(UsageProblem, match="fits 2 tasks") as caught:
        resolve_task_id(tasks, "2")
    assert SECOND in caught.value.hint
    assert "TASK-2026-11-28-002" in caught.value.hint
    assert resolve_task_id(tasks, "28-2") == "TASK-2026-11-28-002"


@pytest.mark.parametrize(
    ("words", "task", "rest"),
    [
        (["2", "no GPU is free"], SECOND, ["no GPU is free"]),
        (["2", "x"], SECOND, ["x"]),
        (["002", "no", "GPU"], SECOND, ["no", "GPU"]),
        (["task-2026-11-27-2", "no", "GPU"], SECOND, ["no", "GPU"]),
        (["11-27-002", "no GPU"], SECOND, ["no GPU"]),
        (["2a", "no GPU"], SUB, ["no GPU"]),
        # Text that only begins with a number:
        (["2 workers failed"], None, None),
        (["3", "workers", "failed"], None, None),
        (["2x", "faster"], None, None),
        (["3d", "models fail"], None, None),
        (["10-15", "minutes"], None, None),
        (["10-100", "requests a second"], None, None),
        (["2026-01-05", "was the day"], None, None),
        (["40%", "done"], None, None),
        (["0", "errors left"], None, None),
        (["2.7.1", "works"], None, None),
        (["1048576", "bytes"], None, None),
        (["1-800-555-0100", "is the number"], None, None),
        (["task-based", "scheduling"], None, None),
        (["tasks", "pile up"], None, None),
        (["TASK-2026-11-27-002 must be first"], None, None),
        (["ERR-2026-01-05-001", "comes from the base image"], None, None),
        (["-"], None, None),
        (["42"], None, None),
    ],
)  # fmt: skip
def test_a_first_word_is_an_id_or_text(tasks, words, task, rest):
    assert take_task_id(tasks, words) == (task, words if rest is None else rest)


@pytest.mark.parametrize(
    "words",
    [
        ["9", "no GPU is free"],
        ["9", "x"],
        ["009", "no", "GPU"],
        ["TASK-2026-11-27-009", "no GPU"],
        ["TASK-2026-11-28-002", "no", "GPU"],
        ["task-9", "no GPU"],
        ["11-28-002", "no GPU"],
        ["TASK-YYYY-MM-DD-NNN", "no GPU"],
        # Either a task or a number of workers:
        ["2", "workers", "failed"],
        # A task, and nothing behind it:
        ["2"],
        ["TASK-2026-11-27-002"],
        ["002"],
    ],
)
def test_nothing_written_like_an_id_becomes_text(tasks, words):
    with pytest.raises(UsageProblem):
        take_task_id(tasks, words)


def test_an_errors_id_is_read_alike(records):
    add_error(records, "it hangs", "P1")
    name = "ERR-2026-01-05-001"
    assert {resolve_error_id(records, word) for word in (name, "err-2026-1-5-1", "1", "001", "01-05-1", "ERR-1")} == {
        name
    }
    with pytest.raises(UsageProblem, match="no record names") as caught:
        resolve_error_id(records, "ERR-2026-01-05-002")
    assert f"nearest: {name} (it hangs)" in caught.value.hint


def test_a_damaged_file_does_not_hide_a_whole_id(tasks, write):
    write("TASKS.md", (tasks.root / "TASKS.md").read_bytes() + b"\xff\n")
    assert resolve_task_id(tasks, "task-2026-11-27-2") == SECOND


@given(st.from_regex(r"\A(TASK|ERR)-20[0-9]{2}-[01][0-9]-[0-3][0-9]-[0-9]{2}[1-9][a-c]?\Z"), st.booleans())
def test_a_whole_id_in_any_spelling_is_that_id(name, low):
    loose = "-".join(part.lstrip("0") or "0" if part[0].isdigit() else part for part in name.split("-"))
    assert whole_id(loose.lower() if low else loose) == name
    assert is_task_id(name) or is_error_id(name) or name.startswith("ERR")


@given(st.text(max_size=30))
def test_any_text_is_an_id_or_none(text):
    typed = parse_typed(text)
    assert typed is None or typed.prefix in {"", "TASK", "ERR"}
