from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conductor.errors import RecordSyntaxError, UsageProblem
from conductor.records.document import Document
from conductor.records.expectations import Expectation, parse_expectation, read_wish, render_expectation
from conductor.records.lint import lint_records
from conductor.records.task_edits import (
    NewTask,
    add_expectations,
    add_note,
    add_numbered,
    close_task,
    create_task,
    drop_expectation,
    reopen_task,
    set_phase,
    start_task,
)
from conductor.records.task_heads import read_status
from conductor.records.task_lists import load_ready, load_tasks, task_as_json
from conductor.records.task_lookup import find_task
from conductor.records.tasks import TaskFile
from tests.records import samples


def test_the_first_task_starts_the_file_and_is_the_current_one(records, read):
    task = create_task(records, NewTask("Use the cp311 wheel", ["it is for Python 3.11"]))
    assert (task.id, task.status, task.current, task.line) == ("TASK-2026-01-05-001", "PLANNING", True, 9)
    text = read("TASKS.md").decode()
    assert "**Progress**: 0/1 tasks completed" in text
    assert "1. ⏳ Use the cp311 wheel (TASK-2026-01-05-001)" in text
    assert not lint_records(records)


def test_a_further_task_keeps_its_full_block(records):
    create_task(records, NewTask("one"))
    second = create_task(records, NewTask("two", priority="P1", phase="next", depends=["TASK-2026-01-05-001"]))
    third = create_task(records, NewTask("three"))
    tasks = {task.id: task for task in load_tasks(records)}
    assert {**task_as_json(tasks[second.id]), "line": second.line} == task_as_json(second)
    assert (second.priority, second.phase, second.depends) == ("P1", "next", ("TASK-2026-01-05-001",))
    assert [task.title for task in load_tasks(records)] == ["one", "three", "two"]
    assert [task.id for task in load_ready(records)] == ["TASK-2026-01-05-001", third.id]
    assert not lint_records(records)


def test_a_new_task_changes_no_line_of_an_old_file(records, write, read):
    write("TASKS.md", samples.TASKS)
    create_task(records, NewTask("Measure again"))
    before, after = samples.TASKS.splitlines(), read("TASKS.md").decode().splitlines()
    added = [line for line in after if line not in before]
    left = iter(after)
    assert all(line in left for line in before)
    assert "6. ⏳ Measure again (TASK-2026-01-05-001)" in added
    assert read("TASKS.md").endswith(b"\n*kept by hand*")


@pytest.mark.parametrize("eol", ["\r\n", "\r"])
def test_line_ends_are_kept(records, write, read, eol):
    write("TASKS.md", samples.TASKS.replace("\n", eol))
    task = create_task(records, NewTask("x"))
    start_task(records, task.id)
    content = read("TASKS.md").decode()
    assert content.count("\n") == (content.count("\r\n") if eol == "\r\n" else 0)
    assert find_task(records, task.id)[1].current


def test_starting_a_task_takes_the_chain_along_and_puts_the_closed_one_away(records, write, read):
    write("TASKS.md", samples.TASKS)
    task = create_task(records, NewTask("Measure again"))
    start_task(records, task.id)
    text = read("TASKS.md").decode()
    assert text.count("## Current Task") == text.count("### Task Chain") == 1
    assert "## Previous Task\n**Task ID**: TASK-2025-11-06-002" in text
    assert text.index("### Task Chain") > text.index(task.id)
    assert "4. ⏳ Deploy and verify (TASK-2025-11-06-003)\n   - on staging first\n" in text
    assert "6. 🔄 Measure again" in text


def test_a_row_of_the_chain_gets_its_block_when_it_starts(records, write):
    write("TASKS.md", samples.TASKS)
    task = start_task(records, "TASK-2025-11-06-003")
    assert (task.title, task.status, task.current) == ("Deploy and verify", "IN_PROGRESS", True)


def test_every_id_of_the_file_is_listed_once(records, write):
    write("TASKS.md", samples.TASKS)
    assert [(task.id[5:], task.status) for task in load_tasks(records)] == [
        ("2025-11-06-002", "COMPLETE"),
        ("2025-11-02-001a", "COMPLETE"),
        ("2025-11-02-001b", "COMPLETE"),
        ("2025-11-06-003", "PLANNING"),
        ("2025-10-30-001", "COMPLETE"),
    ]


def test_placeholders_are_no_tasks(records, write):
    write("TASKS.md", samples.PLACEHOLDER)
    assert load_tasks(records) == []
    task = start_task(records, create_task(records, NewTask("real")).id)
    assert task.current
    assert "## Previous Task\n**Task ID**: TASK-YYYY-MM-DD-NNN" in (records.root / "TASKS.md").read_text()


def test_findings_decisions_and_blockers_are_numbered_in_their_kind(records, write):
    write("TASKS.md", samples.TASKS)
    task_id = "TASK-2025-11-06-002"
    assert add_numbered(records, task_id, "finding", "a\n## b").startswith("- **FINDING-002**")
    add_numbered(records, task_id, "decision", "c")
    add_numbered(records, task_id, "blocker", "d")
    add_note(records, task_id, "e")
    file, task = find_task(records, task_id)
    names = dict(file.notes(file.blocks[task_id], "Findings & Decisions"))
    assert names["FINDING-002"] == "a\n## b"
    assert set(names) == {"FINDING-001", "FINDING-002", "DECISION-001", "DECISION-002", "BLOCKER-001"}
    assert task.status == "BLOCKED"
    assert dict(file.notes(file.blocks[task_id], "Task Context"))["Note 2026-01-05 10:31"] == "e"


def test_a_dropped_task_stays_on_record_with_its_reason(records, read):
    create_task(records, NewTask("one"))
    second = create_task(records, NewTask("two"))
    assert close_task(records, second.id, "DROPPED", "the | request was withdrawn").closed
    text = read("TASKS.md").decode()
    assert "**Dropped**: 2026-01-05 10:31 (the \\| request was withdrawn)" in text
    assert "2. ❌ two" in text
    assert "**Progress**: 0/1 tasks completed" in text
    assert reopen_task(records, second.id, "asked for again").status == "PLANNING"
    assert "2. ⏳ two" in read("TASKS.md").decode()
    assert not lint_records(records)


def test_a_closed_task_is_not_started_again_by_accident(records):
    task = create_task(records, NewTask("one"))
    close_task(records, task.id, "DROPPED", "no")
    with pytest.raises(UsageProblem, match="DROPPED"):
        start_task(records, task.id)


def test_a_counter_that_was_typed_is_left_alone(records, write, read):
    write("TASKS.md", samples.TASKS)
    create_task(records, NewTask("x"))
    assert b"**Progress**: 4/4 tasks completed" in read("TASKS.md")


def test_an_expectation_is_taken_back_on_record(records, read):
    task = create_task(records, NewTask("x", expectations=[read_wish("build"), read_wish("smoke production")]))
    add_expectations(records, task.id, [read_wish("command unit: exits 0")])
    drop_expectation(records, task.id, 2, "no endpoint (yet)")
    assert b"- [-] smoke production: a job passes on the target (dropped 2026-01-05: no endpoint (yet))\n" in read(
        "TASKS.md"
    )
    with pytest.raises(UsageProblem, match="no number 4"):
        drop_expectation(records, task.id, 4, "x")


WORDS = st.text(min_size=1, max_size=40)


@given(kind=st.sampled_from(["build", "command", "file"]), argument=WORDS, text=WORDS, why=st.none() | WORDS)
def test_an_expectation_comes_back_as_it_was(kind, argument, text, why):
    from conductor.errors import ConductorError
    from conductor.records.markup import clean_title

    try:
        wish = read_wish(f"{kind} {argument.replace(':', '')}: {text}")
        one = replace(
            wish, dropped=None if why is None else clean_title(why), dropped_on=None if why is None else "2026-01-05"
        )
    except ConductorError:
        return
    assert parse_expectation(render_expectation(one)) == one


def test_an_unknown_kind_of_expectation_names_the_nearest():
    with pytest.raises(UsageProblem, match="did you mean smoke"):
        read_wish("smok")
    with pytest.raises(UsageProblem):
        read_wish("command")
    assert read_wish("deployed staging") == Expectation(
        "deployed", "staging", "the target runs the image by its digest"
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(min_size=1, max_size=60) | st.sampled_from(["a\n## b", "### x", "|TASK:TASK-2026-01-05-001|", "`", "```\n", "<!--", "-->", "\x1b[2J", "\u202eabc", "a\0b", "# #", "x" * 5000, "(CURRENT)", "a (TASK-2026-01-05-099)", "None", "n/a", "[x]", "-"]))  # fmt: skip
def test_no_title_breaks_the_file(records, title):
    (records.root / "TASKS.md").unlink(missing_ok=True)
    create_task(records, NewTask("before"))
    try:
        task = create_task(records, NewTask(title, context=[title]))
    except UsageProblem:
        return
    create_task(records, NewTask("behind"))
    start_task(records, task.id)
    tasks = load_tasks(records)
    assert [one.title for one in tasks if one.id == task.id] == [task.title]
    assert {one.title for one in tasks} == {"before", task.title, "behind"}
    file, _ = find_task(records, task.id)
    assert [row.title for row in file.chain if row.id == task.id] == [task.title]
    assert not [finding for finding in lint_records(records) if finding.code != "REC-MEMORY-001"]


def test_a_long_title_is_cut_and_kept_in_the_context(records):
    task = create_task(records, NewTask("word " * 300_000))
    assert len(task.title) <= 300
    file, _ = find_task(records, task.id)
    assert len(dict(file.notes(file.blocks[task.id], "Task Context"))["Full title"]) == len("word " * 300_000) - 1


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("COMPLETE", "COMPLETE"),
        ("complete", "COMPLETE"),
        ("COMPLETE (SUPERSEDED BY TASK-2025-01-01-002)", "SUPERSEDED"),
        ("Ongoing", "Ongoing"),
        ("PLANNING | IN_PROGRESS", "PLANNING | IN_PROGRESS"),
    ],
)
def test_a_status_is_read_and_an_unknown_one_is_kept(text, status):
    assert read_status(text) == status


def test_a_file_that_is_not_utf8_is_refused_and_stays(records, write, read):
    content = "# Aufgaben".encode("utf-16")
    write("TASKS.md", content)
    with pytest.raises(RecordSyntaxError, match="UTF-16"):
        create_task(records, NewTask("x"))
    assert read("TASKS.md") == content


def test_a_phase_begins(records, read):
    create_task(records, NewTask("x"))
    set_phase(records, "Runtime on L40", "2026-02-01")
    assert b"**Phase**: Runtime on L40\n**Started**: 2026-01-05\n**Target**: 2026-02-01\n" in read("TASKS.md")


def test_rows_of_the_chain_in_many_spellings():
    text = (
        "### Task Chain\n1. ✅ One (TASK-2026-01-01-001 to 005)\n2. [Two] (TASK-2026-01-01-002)\n"
        "3) ⏸️ Three (x) (TASK-2026-01-01-003a)\n- not a row\n11. plain\n11. 🔄 again (CURRENT)\n"
    )
    rows = TaskFile(Document(text.encode(), "TASKS.md")).chain
    assert [(row.number, row.mark, row.title, row.id) for row in rows] == [
        (1, "✅", "One", None),
        (2, None, "[Two]", "TASK-2026-01-01-002"),
        (3, "⏸", "Three (x)", "TASK-2026-01-01-003a"),
        (11, None, "plain", None),
        (11, "🔄", "again", None),
    ]
    assert rows[0].ids == tuple(f"TASK-2026-01-01-00{number}" for number in range(1, 6))
