from dataclasses import replace

import pytest

from conductor.domain.evidence import Evidence, Outcome
from conductor.errors import UsageProblem
from conductor.records.claims import claim_task
from conductor.records.expectations import read_wish
from conductor.records.lint import lint_records
from conductor.records.proof import find_beginning
from conductor.records.release_records import TaskAndJournal
from conductor.records.task_edits import NewTask, create_task, drop_expectation, start_task, tick_expectation
from conductor.records.task_lookup import find_task


def observe(records, kind, subject, outcome=Outcome.PASSED, at="2026-01-05T10:31:00Z"):
    return records.evidence.append("r-1", Evidence(kind, subject, outcome, at, "run 17", {}))


@pytest.fixture
def task(records):
    return create_task(records, NewTask("x", expectations=[read_wish("build"), read_wish("smoke production")])).id


def test_a_claim_without_evidence_is_not_complete(records, task):
    done, judged = claim_task(records, task)
    assert done.status == "CLAIMED"
    assert [(one.state, one.reason) for one in judged] == [("unmet", "no evidence yet"), ("unmet", "waits for build")]


def test_a_task_that_expects_nothing_is_only_claimed(records):
    assert claim_task(records, create_task(records, NewTask("x")).id)[0].status == "CLAIMED"


def test_a_task_with_every_expectation_met_is_complete(records, task):
    lines = [observe(records, "build", "a" * 40), observe(records, "smoke", "production@sha256:" + "0" * 64)]
    assert TaskAndJournal(records).apply_evidence(task, lines) == "COMPLETE"
    assert claim_task(records, task)[0].status == "COMPLETE"


def test_evidence_of_another_target_or_outcome_proves_nothing(records, task):
    lines = [
        observe(records, "build", "a" * 40, Outcome.FAILED),
        observe(records, "smoke", "staging@sha256:" + "0" * 64),
    ]
    assert TaskAndJournal(records).apply_evidence(task, lines) == "PLANNING"
    _, judged = claim_task(records, task)
    assert judged[0].reason == "failed: run 17"


@pytest.mark.parametrize(
    ("timezone", "at", "state"),
    [
        ("UTC", "2026-01-05T10:30:59Z", "unmet"),
        ("UTC", "2026-01-05T10:31:00+00:00", "met"),
        ("America/New_York", "2026-01-05T10:30:59Z", "unmet"),
        ("America/New_York", "2026-01-05T10:31:00Z", "met"),
    ],
)
def test_only_what_was_observed_since_the_task_was_created_proves_it(records, timezone, at, state):
    records = replace(records, timezone=timezone)
    task = create_task(records, NewTask("x", expectations=[read_wish("build")])).id
    line = observe(records, "build", "a" * 40, at=at)
    assert TaskAndJournal(records).apply_evidence(task, [line]) == ("COMPLETE" if state == "met" else "PLANNING")
    assert [one.state for one in claim_task(records, task)[1]] == [state]


def test_a_build_that_failed_before_the_task_was_created_is_not_its_reason(records, task):
    observe(records, "build", "a" * 40, Outcome.FAILED, at="2026-01-04T10:00:00Z")
    assert claim_task(records, task)[1][0].reason == "no evidence yet"


def test_a_tick_on_evidence_that_is_older_than_the_task_proves_nothing(records, task):
    line = observe(records, "build", "a" * 40, at="2026-01-04T10:00:00Z")
    tick_expectation(records, task, 1, line.reference)
    _, judged = claim_task(records, task)
    assert (judged[0].state, "older than the task" in judged[0].reason) == ("unmet", True)
    assert any("older than the task" in finding.message for finding in lint_records(records))


@pytest.mark.parametrize(
    ("line", "begins"),
    [
        ("**Created**: 2026-01-06 09:00\n", "2026-01-06T09:00"),
        ("**Created**: 2026-01-06\n", "2026-01-06T00:00"),
        ("**Created**: 2026-99-99\n**Started**: 2026-01-07 08:15\n", "2026-01-07T08:15"),
        ("**Started**: not yet\n", "2026-01-05T00:00"),
        ("", "2026-01-05T00:00"),
    ],
)
def test_a_task_begins_when_it_was_created_or_started_or_on_its_ids_day(records, write, line, begins):
    write("TASKS.md", f"## Current Task\n**Task ID**: TASK-2026-01-05-001\n**Title**: x\n{line}")
    file, _ = find_task(records, "TASK-2026-01-05-001")
    assert find_beginning(records, file.find_block("TASK-2026-01-05-001")) == begins


def test_a_dropped_expectation_does_not_hold_the_task_up(records, task):
    drop_expectation(records, task, 2, "no endpoint")
    TaskAndJournal(records).apply_evidence(task, [observe(records, "build", "a" * 40)])
    assert find_task(records, task)[1].status == "COMPLETE"


def test_dropping_everything_proves_nothing(records, task):
    drop_expectation(records, task, 1, "a")
    drop_expectation(records, task, 2, "b")
    assert claim_task(records, task)[0].status == "CLAIMED"


def test_a_tick_needs_evidence_that_exists(records, task):
    with pytest.raises(UsageProblem, match="no evidence of this project"):
        tick_expectation(records, task, 1, "r-1#1:00000000")


def test_evidence_that_was_changed_afterwards_proves_nothing(records, task):
    line = observe(records, "build", "a" * 40)
    tick_expectation(records, task, 1, line.reference)
    path = next((records.root / ".conductor/evidence").rglob("*.jsonl"))
    path.write_text(path.read_text().replace("run 17", "run 18"))
    _, judged = claim_task(records, task)
    assert "does not exist" in judged[0].reason


def test_a_release_finds_the_open_current_task(records, task):
    desk = TaskAndJournal(records)
    assert desk.find_task(None) == task
    assert desk.find_task(task) == task
    with pytest.raises(UsageProblem):
        desk.find_task("TASK-2020-01-01-001")


def test_without_records_a_release_has_no_task(records):
    assert TaskAndJournal(records).find_task(None) is None


def test_what_a_release_writes_it_writes_once(records, task, read):
    desk = TaskAndJournal(records)
    start_task(records, task)
    for _ in range(2):
        assert desk.add_finding(task, "Release r-1 stopped at build: WHEEL_PLATFORM", None) == "IN_PROGRESS"
        assert desk.write_entry("r-1 stopped", "Release stopped", ["Release r-1: stopped", "build: failed"], task) == (
            "2026-01-05 10:31"
        )
    assert read("TASKS.md").count(b"WHEEL_PLATFORM") == 1
    assert read("JOURNAL.md").count(b"### Release stopped") == 1
    assert desk.check() == []


def test_a_failed_release_takes_completeness_back(records, task):
    desk = TaskAndJournal(records)
    desk.apply_evidence(task, [observe(records, "build", "a"), observe(records, "smoke", "production@x")])
    assert desk.add_finding(task, "rolled back", "r-1#1:00000000") == "CLAIMED"
