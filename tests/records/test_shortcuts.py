"""What is read by its bytes, so that thousands of tasks cost little, is what is read piece by piece."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conductor.records.document import Document
from conductor.records.grammar import _parse_any_row, parse_row, read_stamp
from conductor.records.journal import JournalFile
from conductor.records.lint_tasks import check_tasks
from conductor.records.sections import find_section, find_sections, item_offset, items, items_with, plain_title
from conductor.records.task_heads import match_heads
from conductor.records.tasks import TaskFile
from tests.records import samples

IDS = [f"TASK-2026-01-05-00{number}" for number in range(1, 5)]
HEADINGS = st.sampled_from(
    ["## Current Task", "## Open Task", "##  Previous Task ", "### Deeper", "## **Current Task** <!-- x -->"]
)
STATUSES = st.sampled_from(
    ["PLANNING", "COMPLETE", "COMPLETE (SUPERSEDED BY TASK-2026-01-05-001)", "Ongoing", "DROPPED", "blocked", ""]
)
TITLES = st.sampled_from(["Build", "a \\| b", "None", "[Name]", "x ", "Ende — gut"])
FIELDS = st.lists(
    st.sampled_from(
        [
            "**Dependencies**: TASK-2026-01-05-009",
            "**Priority**: P1",
            "**Started**: not yet",
            "**Phase:** One",
            "**Formerly**: TASK-2025-01-01-001",
        ]
    ),
    max_size=3,
)
BODIES = st.sampled_from(
    ["", "\n### Expectations\n- [x] build: x\n- [ ] image: y\n", "\n- a\n", "\n```\n**Task ID**: TASK-2026-01-05-001\n```\n", "\n<!--\n## Open Task\n-->\n", "\nabout **Task ID** lines\n"]
)  # fmt: skip


def block(heading, task_id, title, status, fields, body, bullets):
    lead = "- " if bullets else ""
    lines = [f"**Task ID**: {task_id}", f"**Title**: {title}", f"**Status**: {status}", *fields]
    return "\n".join([heading, *(lead + line for line in lines)]) + "\n" + body + "\n"


BLOCKS = st.builds(
    block, HEADINGS, st.sampled_from([*IDS, "TASK-YYYY-MM-DD-001"]), TITLES, STATUSES, FIELDS, BODIES, st.booleans()
)
ROWS = st.lists(
    st.builds(
        "{}{} {}".format,
        st.sampled_from(["1. ", "2) ", "- ", "3.  "]),
        st.sampled_from(["✅", "🔄", "⏳", "❌", "✅\ufe0f"]),
        st.sampled_from([f"Build ({IDS[0]})", f"Deploy ({IDS[1]})", f"x ({IDS[1]}) - done", "Build (CURRENT)", f"{IDS[2]}: y", "plain", f"a (b) ({IDS[3]})"]),
    ),
    max_size=5,
)  # fmt: skip


def whole(blocks, rows, eol="\n"):
    chain = "### Task Chain\n" + "".join(f"{row}\n" for row in rows) + "\n" if rows else ""
    text = "# Task Management\n\n## Active Phase\n**Progress**: 1/2 tasks completed\n\n" + "".join(blocks[:1]) + chain
    text += "".join(blocks[1:]) + "## Completed Tasks Archive\n- [TASK-2025-10-30-001]: Choose → See JOURNAL.md\n"
    return Document(text.replace("\n", eol).encode(), "TASKS.md")


@settings(max_examples=200, deadline=None)
@given(st.lists(BLOCKS, max_size=4), ROWS, st.sampled_from(["\n", "\r\n"]))
def test_a_list_is_what_the_blocks_say_one_by_one(blocks, rows, eol):
    document = whole(blocks, rows, eol)
    file = TaskFile(document)
    one_by_one = [file.task_of(found) for found in file.blocks.values()]
    listed = [task for task in file.tasks() if task.place == "block"]
    assert listed == one_by_one
    opened = [task for task in file.tasks(only_open=True) if task.place == "block"]
    assert opened == [task for task in one_by_one if not task.closed]
    assert file.tasks(only_open=True, most=1)[:1] == file.tasks(only_open=True)[:1]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(BLOCKS, max_size=4), ROWS)
def test_a_check_by_bytes_finds_what_a_check_of_every_block_finds(records, blocks, rows):
    document = whole(blocks, rows)
    # Words about the field make the bytes ambiguous, so every block and row is read.
    slow = Document(document.content + b"\nabout **Task ID** lines\n\n<!--\n-->\n", "TASKS.md")
    assert match_heads(slow) is None
    assert told(records, document) == told(records, slow)


def told(records, document):
    return [(one.code, one.location.line, one.message) for one in check_tasks(records, TaskFile(document), set(IDS))]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(BLOCKS, max_size=4),
    ROWS,
    st.sampled_from(["current task", "Task Chain", "completed tasks archive", "nothing"]),
)
def test_a_heading_that_is_looked_for_is_the_one_that_a_walk_finds(blocks, rows, title):
    document = whole(blocks, rows)
    walked = [index for index, one in enumerate(document.headings) if plain_title(one.text) == title.casefold()]
    assert list(find_sections(document, title)) == walked
    middle = len(document.content) // 2
    behind = [index for index in walked if document.starts[index] >= middle]
    assert find_section(document, title, middle) == next(iter(behind), None)


@settings(max_examples=200, deadline=None)
@given(st.lists(BLOCKS, min_size=1, max_size=4), ROWS)
def test_rows_of_a_task_are_those_of_the_whole_chain(blocks, rows):
    file = TaskFile(whole(blocks, rows))
    for task_id in IDS:
        every = file.rows_below(file.chain_index) if file.chain_index is not None else []
        numbered = any(row.number for row in every)
        wanted = [row for row in every if row.id == task_id]
        assert [row for row in file.rows_of(task_id) if row.number or not numbered] == wanted


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(["- a\n", "  b\n", "\n", "1. c\n", "text\n", "```\n", "\tcode\n", "* d\n  - e\n", "---\n"]),
        max_size=60,
    )
)
def test_the_last_item_is_found_from_the_end(lines):
    document = Document(("## H\n" + "".join(lines) * 9).encode(), "x.md")
    start, end = document.heading_body(0)
    every = list(items(document, start, end))
    if every:
        assert item_offset(document, start, end, first=True) == every[0][0]
        assert item_offset(document, start, end) >= every[-1][1]
    assert items_with(document, start, end, b"a", b"c") == [
        one for one in every if {97, 99} & set(document.content[one[0] : one[0] + 4])
    ]


@pytest.mark.parametrize(
    "text",
    [
        samples.JOURNAL,
        samples.JOURNAL.replace("\n", "\r\n"),
        "## 2026-01-05\n### a\n## 2026-01-051\n## 2026-01-04T10:00 x\n",
    ],
)
def test_dates_of_a_journal_are_those_of_its_headings(text):
    file = JournalFile(Document(text.encode(), "JOURNAL.md"))
    walked = [
        (read_stamp(one.text).text, index)
        for index, one in enumerate(file.document.headings)
        if one.level == 2 and read_stamp(one.text)
    ]
    assert file.dates == walked


@given(
    st.sampled_from(["", "**", "[", "T", f"{IDS[1]}: ", f"[{IDS[1]}] - ", "`", f"({IDS[1]}) "]),
    st.text(st.characters(exclude_characters="\n\r"), max_size=40),
    st.sampled_from([f" ({IDS[0]})", f"({IDS[0]})", f" ({IDS[0]}) - done", f" **({IDS[0]})**", f"` ({IDS[0]})", ""]),
)
def test_a_plain_row_is_what_the_whole_grammar_reads(front, title, link):
    line = f"1. ✅ {front}{title}{link}"
    row = parse_row(line)
    assert row == _parse_any_row(line.rstrip(" \t"))
    assert "".join(row or ()) == line.rstrip(" \t")
