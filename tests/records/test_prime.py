import pytest

from conductor.records.errors_ledger import add_error
from conductor.records.expectations import read_wish
from conductor.records.journal import NewEntry, add_entry
from conductor.records.prime import estimate_tokens, prime_agent
from conductor.records.task_edits import NewTask, add_numbered, create_task


def test_an_empty_project_says_how_to_begin(records):
    assert "conductor task new" in prime_agent(records, []).lines[0]


@pytest.mark.parametrize("budget", [1, 20, 60, 200, 1000])
def test_the_budget_is_kept_and_the_most_important_comes_first(records, budget):
    task = create_task(records, NewTask("Use the cp311 wheel", expectations=[read_wish("build")]))
    add_numbered(records, task.id, "finding", "the base image has Python 3.11")
    add_error(records, "smoke job times out", "P1")
    add_entry(records, NewEntry("Older", what="a"))
    add_entry(records, NewEntry("Pinned it", what="x", result="to be built"))
    for number in range(30):
        create_task(records, NewTask(f"open {number}"))
    told = prime_agent(records, ["host_pip block"], budget=budget)
    text = "".join(f"{line}\n" for line in told.lines)
    assert estimate_tokens(text) <= budget
    if budget >= 200:
        assert told.lines[0].startswith(f"Now: {task.id}")
        assert "Unmet: build" in told.lines[1]
    if budget == 1000:
        assert "FINDING-001: the base image has Python 3.11" in text
        assert "Last: 2026-01-05 10:31 Pinned it: to be built" in text
        assert "Open error: ERR-2026-01-05-001 P1 smoke job times out" in text
