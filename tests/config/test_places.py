"""Where the user's files live, also for a user whose HOME is missing, empty, relative or read-only."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from conductor.config.places import cache_dir, config_dir, home_dir, make_folder, state_dir
from conductor.errors import UsageProblem

PLACES = {"XDG_STATE_HOME": state_dir, "XDG_CONFIG_HOME": config_dir, "XDG_CACHE_HOME": cache_dir}


@pytest.mark.parametrize("variable", PLACES)
def test_a_relative_xdg_path_is_ignored_as_the_specification_says(monkeypatch, variable):
    monkeypatch.setenv("HOME", "/home/somebody")
    monkeypatch.setenv(variable, "/elsewhere")
    assert PLACES[variable]() == Path("/elsewhere/conductor")
    for value in ("relative", "", "./x"):
        monkeypatch.setenv(variable, value)
        assert PLACES[variable]().is_relative_to("/home/somebody")


@pytest.mark.parametrize("home", [None, "", "relative/home"])
def test_without_a_usable_home_the_user_database_is_asked(monkeypatch, home):
    monkeypatch.delenv("HOME") if home is None else monkeypatch.setenv("HOME", home)
    assert home_dir() == Path(pwd.getpwuid(os.getuid()).pw_dir)


def test_a_user_without_any_home_is_told_what_to_set(monkeypatch):
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(os, "getuid", lambda: 3_999_999_999)
    with pytest.raises(UsageProblem, match="no home folder") as problem:
        home_dir()
    assert "XDG_STATE_HOME" in problem.value.hint


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/proc/nohome/.local/state/conductor", "there is no such file or folder"),
        ("/dev/null/conductor", "a part of the path is no folder"),
        ("/dev/null", "a file stands where a folder is needed"),
        ("/" + "x" * 300 + "/conductor", "the name is too long"),
    ],
)
def test_a_folder_that_can_not_be_made_says_where_and_why(path, reason):
    with pytest.raises(UsageProblem) as problem:
        make_folder(Path(path))
    assert reason in problem.value.message
    assert problem.value.hint


def run(*words, cwd, **environment):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_") and name != "HOME"}
    return subprocess.run(
        [sys.executable, "-m", "conductor", *words], cwd=cwd, env={**kept, **environment}, capture_output=True, text=True, check=False
    )  # fmt: skip


@pytest.mark.parametrize("home", ["/proc/nohome", "/dev/null", "/sys"])
@pytest.mark.parametrize("words", [("trust",), ("host", "baseline")], ids=" ".join)
def test_what_must_be_kept_and_can_not_be_is_an_error_with_the_place(repository, home, words):
    (repository / "CONDUCTOR.md").write_text("---\nconductor: 1\nrules: {sub_agents: warn}\n---\n")
    done = run(*words, cwd=repository, HOME=home)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert home in done.stderr
    assert "XDG_STATE_HOME" in done.stderr


@pytest.mark.parametrize("home", ["/proc/nohome", "/dev/null", "/sys"])
def test_a_yes_that_can_not_be_kept_is_an_error_with_the_place(repository, person, monkeypatch, home):
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.delenv("XDG_CONFIG_HOME")
    done = person("grant", "commit", "--once", cwd=repository, env={"HOME": home})
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert home in done.stderr


@pytest.mark.parametrize("home", ["/proc/nohome", "/dev/null", "/sys", "", "relative"])
@pytest.mark.parametrize("words", [("check", "records", "rules"), ("task", "new", "One"), ("prime",), ("session", "start")], ids=" ".join)  # fmt: skip
def test_what_needs_nothing_of_home_works_without_one(repository, home, words):
    done = run(*words, cwd=repository, HOME=home)
    assert done.returncode in {0, 1}, done.stderr
    assert "Traceback" not in done.stderr
    assert not (repository / "relative").exists()


def test_the_git_folder_can_be_read_only(repository):
    if os.getuid() == 0:
        pytest.skip("root writes everywhere")
    folder = repository / ".git"
    folder.chmod(0o555)
    try:
        done = run("task", "new", "One", cwd=repository, HOME="/proc/nohome")
    finally:
        folder.chmod(0o755)
    assert done.returncode == 2
    assert "permission denied" in done.stderr


def test_a_file_in_the_place_of_conductors_folder_in_git_is_named(repository):
    (repository / ".git/conductor").write_text("in the way")
    for words in (("task", "new", "One"), ("session", "start")):
        done = run(*words, cwd=repository, HOME="/proc/nohome")
        assert done.returncode == 2, done.stderr
        assert "Traceback" not in done.stderr
        assert "folder" in done.stderr
