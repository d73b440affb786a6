from __future__ import annotations

import pytest

from conductor.cli.wiring import open_project, project_records
from conductor.domain.evidence import Evidence, Outcome
from conductor.records.expectations import read_wish
from conductor.records.reconcile import check_overturned, find_overturned, reopen_overturned
from conductor.records.task_edits import NewTask, add_expectations, close_task, create_task, tick_expectation
from conductor.records.task_lookup import find_task

REVISION = "a" * 40


@pytest.fixture
def complete(repository, conductor):
    """Return records whose one task is COMPLETE on a build."""
    assert conductor("task", "new", "Use the other wheel", cwd=repository).returncode == 0
    records = project_records(open_project(repository))
    line = records.evidence.append("r-1", build(Outcome.PASSED, "10:00"))
    (task,) = {task.id for task in find_tasks(records)}
    every = add_expectations(records, task, [read_wish("build")])
    tick_expectation(records, task, every[-1].number, line.reference)
    close_task(records, task, "COMPLETE")
    return records, task


def find_tasks(records):
    from conductor.records.task_lists import load_tasks

    return load_tasks(records)


def build(outcome, at, revision=REVISION, **detail):
    return Evidence("build", revision, outcome, f"2026-01-05T{at}:00Z", "run 17 attempt 1", detail)


def test_a_later_failure_of_the_same_revision_opens_the_task_again_with_its_cause(complete):
    records, task = complete
    assert check_overturned(records) == []
    records.evidence.append("r-2", build(Outcome.FAILED, "12:00", cause="WHEEL_PLATFORM"))
    (finding,) = check_overturned(records)
    assert finding.fix
    assert reopen_overturned(records) == [task]
    _, found = find_task(records, task)
    assert found.status == "PLANNING"
    text = (records.root / "TASKS.md").read_text()
    assert "WHEEL_PLATFORM (run 17 attempt 1)" in text
    assert check_overturned(records) == []


def test_a_failure_before_it_of_another_revision_or_followed_by_a_success_changes_nothing(complete):
    records, _ = complete
    records.evidence.append("r-2", build(Outcome.FAILED, "09:00"))
    records.evidence.append("r-2", build(Outcome.FAILED, "12:00", revision="b" * 40))
    records.evidence.append("r-2", build(Outcome.FAILED, "12:30"))
    records.evidence.append("r-2", build(Outcome.PASSED, "13:00"))
    assert check_overturned(records) == []
    assert reopen_overturned(records) == []


def test_a_command_that_fails_for_another_task_says_nothing_about_this_one(records):
    def run(outcome, minute, task):
        return Evidence("command", "unit", outcome, f"2026-01-05T10:{minute}:00Z", "make test", {"task": task})

    task = create_task(records, NewTask("x", expectations=[read_wish("command unit")])).id
    line = records.evidence.append("v-1", run(Outcome.PASSED, 40, task))
    tick_expectation(records, task, 1, line.reference)
    close_task(records, task, "COMPLETE")
    records.evidence.append("v-2", run(Outcome.FAILED, 50, "TASK-2026-01-05-009"))
    assert find_overturned(records) == []
    records.evidence.append("v-1", run(Outcome.FAILED, 51, task))
    assert [one.task for one in find_overturned(records)] == [task]
