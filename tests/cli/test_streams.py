"""Standard input, output and error as strangers' shells hand them over: full, closed, gone, narrow."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys

import pytest

from conductor.cli.layout import cells
from tests.cli.terminal import run_in_terminal, visible_lines


def shell(script, cwd, **environment):
    """Run a shell line in which $conductor is the command."""
    return subprocess.run(
        ["bash", "-c", script],
        cwd=cwd,
        env={**os.environ, "conductor": f"{sys.executable} -m conductor", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("target", "reason"), [("> /dev/full", "no space is left"), (">&-", "it is closed"), ("1< /dev/null", "it is closed")])  # fmt: skip
def test_an_answer_that_can_not_be_written_is_said_and_is_no_success(repository, target, reason):
    done = shell(f"$conductor task new First {target}", repository)
    assert done.returncode == 2
    assert reason in done.stderr
    assert "what the command did is done" in done.stderr
    assert "Traceback" not in done.stderr
    assert "First" in (repository / "TASKS.md").read_text()


def test_an_exit_code_that_says_more_than_the_lost_answer_stays(repository):
    (repository / "TASKS.md").write_bytes("# Task Management\n".encode("utf-16"))
    assert shell("$conductor task list --json > /dev/full", repository).returncode == 4


@pytest.mark.parametrize("target", [">&-", "> /dev/full"])
def test_a_command_that_has_nothing_to_say_needs_no_output(repository, target):
    """Git's hooks are run by programs that close what they don't read."""
    assert shell(f"$conductor check records {target}", repository).returncode == 0
    assert shell(f"$conductor hooks git pre-push origin git@github.com:o/n.git {target} < /dev/null", repository).returncode == 0  # fmt: skip


def test_a_file_opened_later_does_not_get_the_closed_streams_number(repository):
    done = shell("$conductor task new First >&- 2>&-", repository)
    assert done.returncode == 2
    assert b"error" not in (repository / "TASKS.md").read_bytes()


def test_nobody_reading_is_no_error(repository):
    done = shell('for n in 1 2 3; do $conductor task new "Task $n"; done; $conductor task list | true; echo ${PIPESTATUS[0]}', repository)  # fmt: skip
    assert done.stdout.splitlines()[-1] == "0"
    assert "Traceback" not in done.stderr
    assert "Broken" not in done.stderr


def test_standard_error_that_is_gone_takes_nothing_away(repository):
    done = shell("$conductor task new First 2>&- && $conductor task list 2> /dev/full", repository)
    assert done.returncode == 0
    assert "PLANNING" in done.stdout


def test_a_closed_standard_input_is_an_empty_one(repository):
    done = shell("$conductor task new - <&-", repository)
    assert done.returncode == 2
    assert "standard input is empty" in done.stderr


def test_input_that_is_no_text_is_read_all_the_same(repository):
    done = shell('printf \'{"id": 1, "command": "ls \\xff"}\\n\' | $conductor guard judge --jsonl', repository)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["id"] == 1


def test_a_pipe_that_is_full_and_does_not_block_gets_everything(repository):
    """Agents that run on Node hand such pipes over."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    script = "from conductor.cli.streams import open_streams, lost_output\nopen_streams(folded=True)\nprint('x' * 400_000)\nassert lost_output() is None"
    process = subprocess.Popen([sys.executable, "-c", script], cwd=repository, stdout=writing)
    os.close(writing)
    got = 0
    while piece := os.read(reading, 65536):
        got += len(piece)
    os.close(reading)
    assert (process.wait(), got) == (0, 400_001)


def test_lines_are_folded_on_a_terminal_and_whole_in_a_pipe_and_in_json(repository, conductor):
    title = "A title that is longer than a window of eighty columns has room for, to be folded"
    conductor("task", "new", title, cwd=repository)
    assert title in conductor("task", "list", cwd=repository, env={"COLUMNS": "40"}).stdout
    code, shown = run_in_terminal("task", "list", cwd=repository, columns=60)
    lines = visible_lines(shown)
    assert code == 0
    assert max(map(cells, lines)) <= 60
    assert title in " ".join(" ".join(lines).split())
    code, shown = run_in_terminal("task", "list", "--json", cwd=repository, columns=60)
    assert json.loads(shown.partition("\n1 task")[0])["tasks"][0]["title"] == title


def test_the_space_after_a_question_stays_though_the_question_is_folded(repository, tmp_path):
    asks = f"from conductor.cli.streams import open_streams\nopen_streams(folded=True)\nprint({'word ' * 30 + 'yes? '!r}, end='')"
    process = subprocess.run(
        ["script", "-qec", f"stty cols 60; {shlex.join([sys.executable, '-c', asks])}", "/dev/null"],
        cwd=repository, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "\n" in process.stdout
    assert process.stdout.endswith("yes? ")


def test_more_room_is_used_up_to_what_can_be_read(repository, conductor):
    conductor("task", "new", "word " * 60, cwd=repository)
    _, shown = run_in_terminal("task", "list", cwd=repository, columns=300)
    assert 100 < max(map(cells, visible_lines(shown))) <= 120


def test_colours_are_for_terminals_that_want_them(repository, git):
    git("remote", "add", "origin", "https://github.com/owner/worker.git", cwd=repository)
    assert "\x1b[3" in run_in_terminal("check", "rules", cwd=repository, env={"NO_COLOR": ""})[1]
    assert "\x1b[3" not in run_in_terminal("check", "rules", cwd=repository, env={"NO_COLOR": "1"})[1]
    assert "\x1b[" not in run_in_terminal("check", "rules", cwd=repository, env={"NO_COLOR": "", "TERM": "dumb"})[1]
