"""Names that stand before a table, so that the table need not be loaded, are the table's own."""

from conductor.guard import writes
from conductor.guard.arrivals import ARRIVALS
from conductor.rules.judge import host_pip
from conductor.rules.judge.guard_tamper import MARKS, is_mark
from conductor.rules.judge.python_managers import MANAGERS
from conductor.sessions.grants import AGENT_VARIABLES


def test_names_that_lead_to_a_table_are_the_tables_own():
    assert set(ARRIVALS) == writes._ARRIVING
    assert set(MANAGERS) == host_pip._MANAGERS


def test_every_variable_that_marks_an_agent_is_a_mark_for_the_guard():
    assert [name for name in AGENT_VARIABLES if not is_mark(name)] == []
    assert all(is_mark(name) for name in MARKS)
    assert not is_mark("PATH")
