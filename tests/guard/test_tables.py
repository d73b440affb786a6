"""Names that stand before a table, so that the table need not be loaded, are the table's own."""

from conductor.guard import writes
from conductor.guard.arrivals import ARRIVALS
from conductor.rules.judge import host_pip
from conductor.rules.judge.python_managers import MANAGERS


def test_names_that_lead_to_a_table_are_the_tables_own():
    assert set(ARRIVALS) == writes._ARRIVING
    assert set(MANAGERS) == host_pip._MANAGERS
