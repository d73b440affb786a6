import json
import os
import pathlib
import random
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conductor.guard.judge.command import LONGEST_COMMAND, judge, read_facts
from tests.guard.cases import NAMES, make_facts, read_cases
from tests.guard.disguises import FORBIDDEN, MENTIONS, RUNS

PIECES = [
    "pip", "install", "git", "push", "$(", ")", "`", "'", '"', "\\", "\n", ";", "&&", "|", "||", "&", "{", "}", "(", "<<E", "E",
    "<<<", ">", ">>", "$x", "${x:-y}", "${x[@]}", "*", "?", "[a-z]", "~", "x=1", "eval", "bash -c", "if", "then", "fi", "for",
    "in", "do", "done", "case", "esac", "function f", "f()", "alias", "#", "!", "\t", "é", "\x1b[31m", "TASKS.md", "rm", "-rf",
    "echo", "xargs", "find . -exec", "{}", "\\;", "python3 -c", "open('TASKS.md','w')", "{a,b}", "{1..9}", "$((1+1))", "[[", "]]",
    "while", "read x", "export", "cd", "sudo", "env -S", "base64 -d", "ssh h", "docker", "build", ".",
]  # fmt: skip


def make_command(chooser):
    return " ".join(chooser.choice(PIECES) for _ in range(chooser.randint(1, 14)))


def test_no_command_crashes_the_guard_or_goes_unanswered():
    chooser = random.Random(20260105)
    for _ in range(int(os.environ.get("CONDUCTOR_FUZZ", "400"))):
        command = make_command(chooser)
        verdict = judge(command, make_facts())
        assert verdict.verdict in {"allow", "ask", "block"}, command
        assert verdict.reason, command


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=120))
def test_any_text_is_answered(text):
    assert judge(text, make_facts()).reason


@pytest.mark.parametrize(
    "command",
    [
        "eval " * 3000 + "x",
        "$(" * 400 + "pip" + ")" * 400,
        "a=b; " * 4000,
        "f() { f; }; f",
        "f() { f | f & }; f",
        "alias a=b b=a; a",
        "x='$x$x'; eval eval eval $x",
        "echo " + "{a,b}" * 30,
        "echo ${x" + "//a/b" * 500 + "}",
        "x=" + "a" * 20000 + "; echo ${x//*a*b*c*d/}",
        "for i in {1..99}; do for j in {1..99}; do for k in {1..99}; do echo $i; done; done; done",
        "bash -c " + "'" + "(" * 2000 + "'",
        "python3 -c '" + "(" * 3000 + "'",
        "while :; do :; done",
    ],
)
def test_a_command_made_to_exhaust_the_guard_is_answered(command):
    assert judge(command, make_facts()).reason


def test_the_guard_stops_following_when_its_time_is_up_and_asks():
    verdict = judge("for i in 1 2 3; do pip install x; done", make_facts(), deadline_s=0)
    assert verdict.verdict == "ask"
    assert verdict.reason.startswith("The command nests or repeats more than the guard follows.")
    assert judge("for i in 1 2 3; do echo x; done", make_facts(), deadline_s=0).verdict == "allow"


def test_a_command_over_64_kib_is_blocked_with_the_reason():
    verdict = judge("echo " + "x" * LONGEST_COMMAND, make_facts())
    assert verdict.verdict == "block"
    assert "64 KiB" in verdict.reason


def test_a_command_that_cannot_be_read_is_asked_about_where_it_could_matter():
    assert judge("if pip install x", make_facts()).verdict == "ask"
    assert judge("if ((", make_facts()).verdict in {"allow", "ask"}


def test_nothing_of_a_command_is_executed(tmp_path):
    mark = tmp_path / "ran"
    judge(f"touch {mark}; $(touch {mark}); python3 -c \"open('{mark}','w')\"", make_facts())
    assert not mark.exists()


def test_missing_and_malformed_facts_take_their_defaults():
    facts = read_facts({"venv": 3, "grant": "commit", "files": None, "project": ["x"], "in_container": "yes"})
    assert (facts.venv, facts.grant, facts.files, facts.in_container) == ("none", frozenset(), frozenset(), False)
    assert judge("pip install x", read_facts(None)).verdict == "block"


def run_conductor(*arguments, stdin=""):
    root = pathlib.Path(__file__).parents[2]
    return subprocess.run(
        [sys.executable, "-m", "conductor", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        cwd=root,
    )


def test_jsonl_answers_every_line_in_order_and_leaves_with_zero():
    rows = [
        json.dumps({"id": "a", "command": "pip install x", "facts": {"project": "/p"}}),
        "not json",
        json.dumps({"id": "b"}),
        json.dumps([1]),
        json.dumps({"id": 7, "command": "ls", "facts": 5}),
        json.dumps({"id": "c", "command": "a\u0000b", "facts": {}}),
        json.dumps({"id": "d", "command": "\ud800", "facts": {}}),
    ]
    run = run_conductor("guard", "judge", "--jsonl", stdin="\n".join(rows) + "\n")
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    assert run.returncode == 0
    assert [answer["id"] for answer in answers] == ["a", None, "b", None, 7, "c", "d"]
    assert answers[0]["rule"] == "host_pip"
    assert all(set(answer) == {"id", "verdict", "rule", "reason"} and answer["reason"] for answer in answers)


def test_explain_shows_where_the_forbidden_part_comes_from():
    run = run_conductor("guard", "explain", "echo 'git push' | sh")
    assert "input of sh" in run.stdout
    assert "block: commit_push" in run.stdout
    assert run.returncode == 0


def test_a_secret_in_a_command_is_not_printed():
    run = run_conductor(
        "guard", "judge", "git push https://x:ghp_0123456789abcdefghijklmnopqrstuvwxyzAB@github.com/a/b"
    )
    assert "ghp_0123" not in run.stdout


def test_the_judge_loads_no_costly_module():
    code = "import sys; sys.path.insert(0, sys.argv[1]); import conductor.guard.judge.command; print(*sys.modules)"
    root = str(pathlib.Path(__file__).parents[2])
    run = subprocess.run([sys.executable, "-I", "-S", "-c", code, root], capture_output=True, text=True, check=True)
    costly = {"json", "re", "subprocess", "dataclasses", "typing", "enum", "os", "collections", "functools", "pathlib"}
    assert not costly & set(run.stdout.split())


def test_the_suites_are_large_enough_to_mean_something():
    assert len(RUNS) >= 60
    assert len(MENTIONS) >= 30
    assert len(FORBIDDEN) == 10
    assert sum(1 for name in NAMES for _ in read_cases(name)) >= 900


def test_without_shfmt_only_what_could_matter_is_asked_about(monkeypatch):
    from conductor.shell import shfmt

    monkeypatch.setattr(shfmt, "_found", [])
    monkeypatch.setattr(shfmt.sys, "executable", "/nowhere/python")
    monkeypatch.setattr(shfmt.sys, "prefix", "/nowhere")
    monkeypatch.setitem(shfmt.posix.environ, b"PATH", b"/nowhere")
    assert judge("pip install x", make_facts()).verdict == "ask"
    assert judge("ls", make_facts()).verdict == "allow"


def test_explain_as_json_holds_every_step():
    run = run_conductor("guard", "explain", "--json", "ls && git push")
    answer = json.loads(run.stdout)
    assert [step["runs"] for step in answer["steps"]] == ["ls", "git push"]
    assert answer["verdict"] == "block"


def test_no_command_is_a_usage_error():
    run = run_conductor("guard", "judge")
    assert run.returncode == 2
    assert "remedy:" in run.stderr


@pytest.mark.parametrize(
    "command", ["python3 -m pip install x", "python3 setup.py install", "uv pip install --python /usr/bin/python3 x"]
)
def test_a_reason_names_the_command_as_it_was_typed(command):
    assert f"`{command}` would change" in judge(command, make_facts()).reason
