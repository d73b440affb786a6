"""Names that stand before a table, so that the table need not be loaded, are the table's own."""

import importlib
import pathlib
import subprocess
import sys

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


@pytest.mark.parametrize(
    ("command", "modules"),
    [
        ("ls -la | sort > x && cd y", set()),
        ("git status", {"launchers"}),
        ("sudo ls", {"wrappers"}),
        ("timeout 5 ls", set()),
        ("ls | xargs wc -l", {"repeated"}),
        ("python3 -c 'print(1)'", {"interpreters"}),
    ],
)
def test_a_command_loads_what_looks_into_its_programs_and_no_more(command, modules):
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from conductor.guard.judge.command import judge, read_facts\n"
        "judge(sys.argv[2], read_facts({}))\n"
        "print(*(name.rpartition('.')[2] for name in sys.modules if name.startswith('conductor.guard.judge.')))\n"
    )
    root = str(pathlib.Path(__file__).parents[2])
    done = subprocess.run([sys.executable, "-I", "-c", code, root, command], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) & set(HANDLED) == modules
