"""What was typed wrong: one shape of error, as text and as JSON, whatever the mistake and wherever --json stands."""

from __future__ import annotations

import json

import pytest
import typer.main

from conductor.cli.app import COMMANDS, app, name_command
from conductor.cli.usage import is_for_programs, is_json_wanted

KEYS = {"message", "hint", "path", "line", "column"}


def every_command():
    """Return the words of every command that can be typed."""

    def below(command, path):
        found = [path]
        for name in command.list_commands(None) if hasattr(command, "list_commands") else ():
            child = command.get_command(None, name)
            found += below(child, (*path, name)) if not child.hidden else []
        return found

    group = typer.main.get_command(app)
    return [path for name in COMMANDS for path in below(group.get_command(None, name), (name,))]


@pytest.mark.parametrize("words", every_command(), ids=" ".join)
def test_a_wrong_option_is_answered_as_json_where_json_is_asked_for(tmp_path, conductor, words):
    done = conductor(*words, "--json", "--no-such-option", cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["schema"], answer["exit"], answer["command"]) == (1, 2, " ".join(words))
    assert set(answer["error"]) == KEYS
    assert answer["errors"] == [answer["error"]]
    assert "no such option" in answer["error"]["message"]
    assert "--help" in answer["error"]["hint"]
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("error: ")


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (("task", "new"), "missing argument 'TITLE'", "conductor task new [OPTIONS]"),
        (("chek",), "there is no command 'chek'", "Did you mean check?"),
        (("help",), "there is no command 'help'", "remedy: conductor --help"),
        (("help", "release"), "there is no command 'help'", "remedy: conductor release --help"),
        (("help", "nothing"), "there is no command 'help'", "remedy: conductor --help"),
        (("release", "help"), "there is no command 'help'", "remedy: conductor release --help"),
        (("version",), "error: there is no command 'version'\n", "remedy: conductor --version"),
        (("release", "production"), "there is no command 'production'", "one of: status, watch, cancel, list"),
        (("host", "scan"), "there is no command 'scan'", "one of: list, baseline"),
        (("guard", "judge", "git", "push"), "unexpected extra argument(s) (push)", "put several words into quotes: "),
        (("release", "list", "all"), "unexpected extra argument(s) (all)", "remedy: conductor release list [OPTIONS]"),
        (("hooks", "doctro"), "Did you mean doctor?", "conductor hooks --help"),
        (("check", "--formta", "json"), "no such option: --formta", "did you mean --format?"),
        (("check", "--format", "xml"), "'xml' is not one of", "conductor check --help"),
        (("grant", "commit", "--for"), "requires an argument", "conductor grant --help"),
        (("release", "--dry-run=yes"), "does not take a value", "conductor release --help"),
    ],
)
def test_a_mistake_is_told_with_how_it_is_typed_right(tmp_path, conductor, words, message, hint):
    done = conductor(*words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert hint in done.stderr


def test_json_may_stand_anywhere_and_behind_dashes_it_is_text(repository, conductor):
    for words in (("--json", "task", "new"), ("task", "--json", "new"), ("task", "new", "--json")):
        assert json.loads(conductor(*words, cwd=repository).stdout)["exit"] == 2, words
    done = conductor("task", "new", "--", "--json", cwd=repository)
    assert (done.returncode, "--json" in done.stdout) == (0, True)
    assert conductor("task", "show", "--", "--json", cwd=repository).stdout == ""


def test_json_that_is_asked_for_wrongly_is_answered_as_json(tmp_path, conductor):
    for words in (("release", "--json=yes"), ("check", "--format", "JSON"), ("check", "--format=Sarif")):
        done = conductor(*words, cwd=tmp_path)
        assert (done.returncode, json.loads(done.stdout)["command"]) == (2, words[0])


def test_json_before_any_command_is_told_where_it_stands(tmp_path, conductor):
    for words in (("--json",), ("--json", "check"), ("--json", "nothing", "--at-all")):
        error = json.loads(conductor(*words, cwd=tmp_path).stdout)["error"]
        assert error["message"] == "--json stands behind a command"
        assert error["hint"].startswith("conductor check --json")


def test_a_grant_is_for_once_or_for_a_time(repository, conductor):
    words = ("grant", "push", "--once", "--for", "5m")
    done = conductor(*words, cwd=repository)
    assert (done.returncode, done.stdout) == (2, "")
    assert "once or for a time, not both" in done.stderr


def test_errors_of_the_house_have_the_same_shape(tmp_path, conductor):
    answer = json.loads(conductor("check", "rules", "--format", "json", cwd=tmp_path).stdout)
    assert (answer["command"], answer["exit"], set(answer["error"])) == ("check", 2, KEYS)


def test_a_group_alone_answers_with_its_help(tmp_path, conductor):
    done = conductor("task", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Usage: conductor task")


def test_a_prompt_without_an_answer_is_no_bug(repository):
    from tests.cli.terminal import run_in_terminal

    (repository / "Dockerfile").write_text("FROM scratch\n")
    code, shown = run_in_terminal("init", cwd=repository, typed=b"\x04")
    assert code == 2
    assert "no answer at the prompt" in shown


def test_what_is_for_programs_is_known_from_what_was_typed():
    assert is_json_wanted(["check", "--format", "json"])
    assert is_json_wanted(["check", "--format=sarif"])
    assert not is_json_wanted(["check", "--format", "text"])
    assert not is_json_wanted(["task", "new", "--", "--json"])
    assert is_for_programs(["check", "--format", "github"])
    assert is_for_programs(["guard", "judge", "--jsonl"])
    assert not is_for_programs(["check", "--format", "text"])
    assert name_command(["task", "--json", "new", "Title"]) == "task new"
    assert name_command(["check", "records"]) == "check"
    assert name_command(["nothing"]) == ""
