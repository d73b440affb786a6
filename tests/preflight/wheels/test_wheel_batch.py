import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from conductor.preflight.wheels.batch import judge_lines

CORPUS = os.environ.get("CONDUCTOR_CORPUS")


def run(*arguments, given=None):
    return subprocess.run(  # noqa: PLW1510 - the exit code is what is tested
        [sys.executable, "-m", "conductor", "preflight", *arguments],
        input=given,
        capture_output=True,
        text=True,
    )


def test_a_line_that_cannot_be_read_is_answered_with_an_error():
    answers = [json.loads(line) for line in judge_lines(["nonsense\n", "\n", "[]\n", '{"id": 7}\n'])]
    assert [row["id"] for row in answers] == [None, None, 7]
    assert all(row["error"] for row in answers)


def test_the_address_alone_names_the_wheel():
    line = json.dumps(
        {"id": 1, "url": "https://example.com/a-1-cp310-cp310-linux_x86_64.whl", "env": {"python": "3.11"}}
    )
    assert json.loads(next(judge_lines([line])))["reason"] == "python_tag"


def test_the_command_answers_every_line_and_exits_0():
    result = run("wheels", "--jsonl", given='{"id": "a", "wheel": "x-1-py3-none-any.whl", "env": {}}\nbroken\n')
    assert result.returncode == 0
    assert [json.loads(line)["verdict"] for line in result.stdout.splitlines()] == ["ok", "fail"]


def test_the_command_for_one_wheel_names_the_remedy_and_exits_1():
    wheel = "flash_attn-2.8.3+cu12torch2.7cxx11abiFALSE-cp310-cp310-linux_x86_64.whl"
    result = run("wheel", wheel, "--python", "3.11", "--torch", "2.7.1", "--cuda", "12.6", "--gpu", "L40")
    assert result.returncode == 1
    assert "python_tag: wheel is for CPython 3.10, the environment has 3.11" in result.stdout
    assert "remedy: flash_attn-2.8.3+cu12torch2.7cxx11abiTRUE-cp311-cp311-linux_x86_64.whl" in result.stdout


def test_the_command_for_one_wheel_speaks_json():
    result = run("wheel", "x-1-py3-none-any.whl", "--python", "3.11", "--json")
    assert (result.returncode, json.loads(result.stdout)["verdict"]) == (0, "ok")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["wheel", "x-1-py3-none-any.whl", "--gpu", "Voodoo"], "knowledge show gpus"),
        (["wheel", "x-1-py3-none-any.whl", "--abi", "maybe"], "--abi true"),
        (["wheels"], "--jsonl"),
        (["wheel", "nonsense"], "ends in .whl"),
        (["wheel", "x-1.whl"], "ends in .whl"),
    ],
)
def test_a_wrong_option_is_explained(arguments, said):
    result = run(*arguments)
    assert result.returncode == 2
    assert said in result.stderr


@pytest.mark.skipif(not CORPUS, reason="CONDUCTOR_CORPUS names no labelled cases")
def test_the_labelled_wheels_are_judged_as_labelled():
    with (Path(CORPUS) / "wheels.jsonl").open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    answers = [json.loads(line) for line in judge_lines(json.dumps(row) for row in rows)]
    right = [answer["verdict"] == row["verdict"] for row, answer in zip(rows, answers, strict=True)]
    assert sum(right) >= 0.98 * len(rows)
