"""A spread over the table of faults; `python -m tests.faults` runs all of it."""

import pytest

from tests.faults.judge import play
from tests.faults.stand import Stand
from tests.faults.table import every_case, spread


@pytest.fixture(scope="module")
def stand():
    opened = Stand()
    yield opened
    opened.close()


@pytest.mark.parametrize("case", spread(36), ids=lambda case: case.name)
def test_a_release_that_meets_this_ends_at_its_goal_or_says_what_is_live_and_goes_on(stand, case):
    verdict = play(stand, case)
    assert verdict.wrong == (), verdict.first.output + (verdict.second.output if verdict.second else "")


def test_the_table_has_no_case_twice():
    names = [case.name for case in every_case()]
    assert len(names) == len(set(names)) >= 300
