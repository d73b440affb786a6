"""The marks by which an agent at work is told from a person."""

import pytest

from conductor.domain.agents import MARKS, VALUED, find_mark, is_mark


@pytest.mark.parametrize("name", MARKS)
def test_a_mark_tells_an_agent_whatever_its_value(name):
    assert find_mark({name: "0", "PATH": "/bin"}) == name
    assert is_mark(name)


def test_an_empty_mark_is_none():
    assert find_mark(dict.fromkeys(MARKS, "")) is None


@pytest.mark.parametrize(("name", "values"), VALUED.items())
def test_a_name_that_people_use_too_tells_an_agent_by_its_value(name, values):
    assert [find_mark({name: value}) for value in values] == [name] * len(values)
    assert find_mark({name: "mine"}) is None
    assert is_mark(name)


@pytest.mark.parametrize(
    "name", ["CURSOR_TRACE_ID", "CODEX_HOME", "CLAUDE_CONFIG_DIR", "GEMINI_API_KEY", "TERM_PROGRAM"]
)
def test_what_stands_in_a_persons_own_terminal_is_no_mark(name):
    assert find_mark({name: "1"}) is None
    assert not is_mark(name)
