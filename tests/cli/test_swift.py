"""The commands that start without Typer take what their declarations take, and leave everything else to them."""

import inspect
import os

import pytest
import typer.main
from hypothesis import given, settings
from hypothesis import strategies as st
from typer import Exit
from typer._click.exceptions import ClickException

from conductor.cli import daily, swift
from conductor.cli.app import app

WORDS = st.sampled_from(
    ["a", "two words", "-", "--", "ä|b", "2", "0", "007", "1e3", "-x", "", "P1", "--json", "-h", "--help"]
)


def declared(words, arguments):
    """Return the values that Typer reads, or None where it refuses."""
    command, context = typer.main.get_command(app), None
    try:
        context = command.make_context("conductor", list(words), resilient_parsing=True)
        for word in words:
            command = command.get_command(context, word)
        params = command.make_context(words[-1], list(arguments), parent=context).params
    except (ClickException, Exit):
        return None
    return {name: list(value) if isinstance(value, tuple | list) else value for name, value in params.items()}


def complete(command, values):
    """Return the values with the defaults of the function that is called."""
    parameters = inspect.signature(getattr(daily, command["call"])).parameters
    known = {name: one.default for name, one in parameters.items() if name != "verb"}
    return {
        name: list(value) if isinstance(value, tuple | list) else value for name, value in {**known, **values}.items()
    }


def options(command):
    return [option for kind in ("flags", "one", "many", "number") for option in command.get(kind, ())]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_what_is_understood_is_what_the_declarations_read(data):
    words = data.draw(st.sampled_from(sorted(swift.COMMANDS)))
    command = swift.COMMANDS[words]
    known = st.sampled_from([*options(command), *(f"{option}=a" for option in options(command))])
    arguments = data.draw(st.lists(WORDS | known, max_size=6))
    values = swift.parse(command, arguments)
    if values is not None:
        assert complete(command, values) == declared(words, arguments)


@pytest.mark.parametrize("words", swift.COMMANDS, ids=" ".join)
def test_every_option_of_the_declarations_is_known(words):
    command = typer.main.get_command(app)
    context = command.make_context("conductor", list(words), resilient_parsing=True)
    for word in words:
        command = command.get_command(context, word)
    listed = {option for param in command.params for option in param.opts if option.startswith("--")}
    assert set(options(swift.COMMANDS[words])) == listed - {"--help"}
    names = {param.name for param in command.params} - {"help"}
    assert names == set(inspect.signature(getattr(daily, swift.COMMANDS[words]["call"])).parameters) - {"verb"}


@pytest.mark.parametrize(
    ("arguments", "values"),
    [
        (["task", "new", "x", "--expect", "build", "y", "--expect", "manual", "--json"], True),
        (["task", "list", "--all"], True),
        (["prime", "--budget", "400"], True),
        (["task", "new"], False),
        (["task", "new", "x", "--priority"], False),
        (["task", "new", "x", "--priority=P1"], False),
        (["task", "new", "x", "--priority", "P1", "--priority", "P2"], False),
        (["task", "new", "x", "--nonsense", "y"], False),
        (["task", "new", "--", "-x"], False),
        (["task", "new", "--help"], False),
        (["task", "list", "stray"], False),
        (["prime", "--budget", "0"], False),
        (["prime", "--budget", "many"], False),
        (["task"], False),
        (["task", "show", "1"], False),
        ([], False),
        (["--version"], False),
    ],
)
def test_plain_words_are_understood_and_nothing_else(arguments, values):
    import gc

    try:
        assert (swift.find_command(arguments) is not None) is values
    finally:
        gc.enable()


def test_completion_is_left_to_the_declarations(monkeypatch):
    monkeypatch.setitem(os.environ, "_CONDUCTOR_COMPLETE", "complete_bash")
    assert swift.find_command(["task", "list"]) is None


def test_settings_are_read_anew_when_the_configuration_changes(conductor, repository):
    def day(zone):
        (repository / "CONDUCTOR.md").write_text(f"---\nconductor: 1\ntimezone: {zone}\n---\n")
        return conductor("task", "new", "x", cwd=repository)

    assert day("UTC").returncode == 0
    remembered = repository / ".git/conductor/record-settings.json"
    assert conductor("task", "new", "x", cwd=repository).returncode == 0
    assert '"UTC"' in remembered.read_text()
    day("Asia/Tokyo")
    day("Asia/Tokyo")
    assert "Asia/Tokyo" in remembered.read_text()
    wrong = day("Mars/Base")
    assert wrong.returncode == 2
    assert "CONDUCTOR.md" in wrong.stderr
    for content in ("", "[]", '{"stamp": 1}', "\0"):
        remembered.write_text(content)
        assert day("UTC").returncode == 0
