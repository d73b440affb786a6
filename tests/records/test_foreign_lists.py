"""TASKS.md as others write it: fences and comments among the items, chains of bullets, no chain at all."""

import pytest

from conductor.records.lint import lint_records
from conductor.records.task_edits import NewTask, add_numbered, create_task
from conductor.records.task_layout import count_progress
from conductor.records.task_lists import load_tasks
from conductor.records.tasks import TaskFile

CHAIN = "### Task Chain\n1. ✅ Build (TASK-2026-01-01-001)\n"
FENCED = "```\n- not an item\n## Current Task\n```\n"


def whole(findings: str, chain: str) -> str:
    return (
        "# Tasks\n\n## Current Task\n**Task ID**: TASK-2026-01-01-002\n**Title**: Deploy\n**Status**: PLANNING\n\n"
        f"### Findings & Decisions\n{findings}\n{chain}\n## Upcoming Phases\n"
    )


@pytest.mark.parametrize("literal", [FENCED, "\n<!--\n- not an item\n-->\n", "\n~~~ sh\n1. no\n- no\n~~~\n"])
def test_an_item_is_never_written_into_a_fence_or_a_comment(records, write, read, literal):
    before = whole(f"- **FINDING-001**: one\n{literal}", "")
    write("TASKS.md", before)
    add_numbered(records, "TASK-2026-01-01-002", "finding", "two\n```")
    line = "- **FINDING-002**: two\n  ```\n"
    assert read("TASKS.md").decode() == before.replace(literal, literal + line)


def test_an_item_goes_before_a_fence_that_is_never_closed(records, write, read):
    before = whole("- **FINDING-001**: one\n```\n- not an item\n", "")
    write("TASKS.md", before)
    add_numbered(records, "TASK-2026-01-01-002", "finding", "two")
    assert read("TASKS.md").decode() == before.replace("one\n", "one\n- **FINDING-002**: two\n")


def test_a_chain_of_bullets_is_read_and_goes_on_as_bullets(records, write, read):
    write("TASKS.md", whole("- a", "### Task Chain\n- ✅ Build (TASK-2026-01-01-001)\n- ⏳ Deploy (CURRENT)\n"))
    task = create_task(records, NewTask("Measure"))
    assert f"(CURRENT)\n- ⏳ Measure ({task.id})\n" in read("TASKS.md").decode()
    assert "TASK-2026-01-01-001" in [one.id for one in load_tasks(records)]


def test_a_file_without_a_chain_gets_none(records, write, read):
    write("TASKS.md", whole("- a\n", ""))
    task = create_task(records, NewTask("Measure"))
    assert b"Task Chain" not in read("TASKS.md")
    assert [one.code for one in lint_records(records)] == []
    assert task.title == "Measure"


def test_rows_in_a_fence_are_not_counted(records, write, read):
    write("TASKS.md", whole("- a\n", CHAIN + "\n```\n2. ⏳ Fenced (TASK-2026-01-01-009)\n```\n"))
    assert count_progress(TaskFile(records.load("TASKS.md"))) == (1, 1)
    assert "TASK-2026-01-01-009" not in [one.id for one in load_tasks(records)]
