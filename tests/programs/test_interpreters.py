"""Shells and Python are told what to run as they read it themselves."""

import shlex
import subprocess
import sys

import pytest

from conductor.programs.interpreters import interpreter, read_python, read_shell

SHELL = [
    "-c 'echo ran'",
    "-ec 'echo ran'",
    "-c -e 'echo ran' name",
    "-o pipefail -c 'echo ran'",
    "-euo pipefail -c 'echo ran'",
    "-euoc pipefail 'echo ran'",
    "+o posix -c 'echo ran'",
    "-O extglob -c 'echo ran'",
    "--rcfile x -c 'echo ran'",
    "--norc -x -c 'echo ran'",
    "run.sh",
    "-e run.sh -c 'echo x'",
    "- run.sh",
    "-- run.sh a",
    "-o noexec -c 'echo ran'",
    "-n run.sh",
    "-nc 'echo ran'",
    "--version",
    "-s a b",
    "-s -- a",
    "",
    "-",
]


@pytest.mark.parametrize("line", SHELL)
def test_bash_runs_what_is_read(tmp_path, line):
    (tmp_path / "run.sh").write_text("echo script\n")
    args = shlex.split(line)
    done = subprocess.run(
        ["bash", *args], cwd=tmp_path, input="echo input\n", capture_output=True, text=True, check=False
    )
    shell = read_shell("bash", args)
    said = "" if shell.idle else "ran" if shell.code else "script" if shell.script else "input"
    assert done.stdout.strip() == said or (shell.idle and "ran" not in done.stdout)


PYTHON = [
    "-c 'print(1)'",
    "-Ic 'print(1)' -V",
    "-c'print(1)'",
    "-W ignore -X utf8 -c 'print(1)'",
    "-m run a",
    "-mrun -V",
    "-Bm run",
    "-IBWignore run.py -c x",
    "run.py -m x",
    "-- run.py",
    "-u run.py",
    "--check-hash-based-pycs never run.py",
    "-V",
    "-VV",
    "-BV run.py",
    "--version -c 'print(1)'",
    "-h",
    "-",
    "- a -c 'print(1)'",
    "",
]


@pytest.mark.parametrize("line", PYTHON)
def test_python_runs_what_is_read(tmp_path, line):
    (tmp_path / "run.py").write_text("print('script' if __spec__ is None else 'module')\n")
    args = shlex.split(line)
    done = subprocess.run(
        [sys.executable, *args], cwd=tmp_path, input="print('input')\n", capture_output=True, text=True, check=True
    )
    python = read_python(args)
    said = done.stdout.strip()
    if python.idle:
        assert said.startswith(("Python", "usage"))
    elif python.code is not None:
        assert said == "1"
    elif python.module is not None:
        assert (said, python.module) == ("module", "run")
    else:
        assert said == ("script" if python.script == "run.py" else "input")


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("bash", "sh"),
        ("bash5", "sh"),
        ("zsh-5.9", "sh"),
        ("ruby3.2", "ruby"),
        ("python3.11", "python"),
        ("fish", "fish"),
    ],
)
def test_an_interpreter_is_known_by_a_name_with_a_version(name, language):
    found = interpreter(name)
    assert found is not None
    assert found.language == language


@pytest.mark.parametrize("name", ["ls", "7z", "make", "git", "pytest", ""])
def test_what_reads_no_language_is_none(name):
    assert interpreter(name) is None
