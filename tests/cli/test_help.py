"""Every command's help, as a newcomer reads it at 80 columns: `tests/cli/golden/help/`, written by `--update-golden`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer.main

from conductor.cli.app import COMMANDS, app

GOLDEN = Path(__file__).parent / "golden/help"


def walk(command, parent, *path):
    """Return the help of a command and of everything below it, by the words one types."""
    context = command.make_context(path[-1], [], parent=parent, resilient_parsing=True)
    found = {path: command.get_help(context) + "\n"}
    for name in command.list_commands(context) if hasattr(command, "list_commands") else []:
        below = command.get_command(context, name)
        if not below.hidden:
            found |= walk(below, context, *path, name)
    return found


@pytest.fixture
def helps(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    return walk(typer.main.get_command(app), None, "conductor")


def test_the_help_of_every_command_is_the_golden_one(helps, request):
    texts = {"-".join(path) + ".txt": text for path, text in helps.items()}
    if request.config.getoption("--update-golden"):
        GOLDEN.mkdir(parents=True, exist_ok=True)
        for old in GOLDEN.iterdir():
            old.unlink()
        for name, text in texts.items():
            (GOLDEN / name).write_text(text)
        pytest.skip("written anew")
    assert sorted(texts) == sorted(path.name for path in GOLDEN.iterdir())
    for name, text in texts.items():
        assert text == (GOLDEN / name).read_text(), f"{name}: if this is meant, run with --update-golden"


def test_every_command_shows_an_example_of_itself(helps):
    without = [
        " ".join(path)
        for path, text in helps.items()
        if len(path) > 1 and " ".join(path) not in " ".join(text.partition("Example:")[2].split())
    ]
    assert without == []


def test_every_command_says_in_a_line_what_it_is_for(helps):
    for path, text in helps.items():
        summary = text.split("\n\n")[1]
        assert " ".join(summary.split()).endswith((".", "?")), path


def test_help_shows_no_types_and_installs_nothing(helps):
    for path, text in helps.items():
        assert "<" not in text.replace("wheels --jsonl < wheels.jsonl", ""), path
        assert ("--install-completion" in text) == (len(path) == 1), path
        assert not re.search(r"^  \w.*\.\.\.$", text, re.MULTILINE), path


def test_a_commands_help_runs_from_the_command_line(conductor, tmp_path):
    for name in COMMANDS:
        done = conductor(name, "--help", cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, ""), name
        assert f"conductor {name} [OPTIONS]" in done.stdout.splitlines()[0]
