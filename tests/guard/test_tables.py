"""Names that stand before a table, so that the table need not be loaded, are the table's own."""

import importlib

import pytest

from conductor.guard.judge import writes
from conductor.guard.judge.arrivals import ARRIVALS
from conductor.guard.judge.dispatch import HANDLED
from conductor.rules.judge import host_pip
from conductor.rules.judge.python_managers import MANAGERS


def test_names_that_lead_to_a_table_are_the_tables_own():
    assert set(ARRIVALS) == writes._ARRIVING
    assert set(MANAGERS) == host_pip._MANAGERS


@pytest.mark.parametrize("module", sorted(HANDLED))
def test_what_is_imported_later_is_listed_as_it_is(module):
    handlers = importlib.import_module(f"conductor.guard.judge.{module}").HANDLERS
    assert set(handlers) == set(HANDLED[module])


def test_each_program_is_looked_into_by_one_module():
    names = [name for names in HANDLED.values() for name in names]
    assert len(names) == len(set(names))
