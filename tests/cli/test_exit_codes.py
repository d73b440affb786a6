"""Every exit code of the house is answered by a real process; a code nobody reaches would be a promise without proof."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from conductor.errors import MEANING, ExitCode


def nothing_wrong(root, conductor):
    return conductor("--version", cwd=root)


def a_finding(root, conductor):
    conductor("task", "new", "One", "--expect", "build", cwd=root)
    (task,) = json.loads(conductor("task", "list", "--json", cwd=root).stdout)["tasks"]
    return conductor("task", "done", task["id"], cwd=root)


def wrong_usage(root, conductor):
    return conductor("task", "show", "TASK-2026-01-05-999", cwd=root.parent)


def nothing_to_do(root, conductor):
    return conductor("session", "status", cwd=root)


def a_malformed_record(root, conductor):
    (root / "TASKS.md").write_bytes("# Task Management\n".encode("utf-16"))
    return conductor("task", "list", cwd=root)


def a_held_lock(root, conductor):
    script = (
        "import sys; from conductor.records import files; files.records_lock.__wrapped__.__kwdefaults__ = {'timeout_s': 0.2}; "
        "sys.argv = ['conductor', 'task', 'new', 'One']; from conductor.cli.main import main; main()"
    )
    folder = root / ".git/conductor"
    folder.mkdir(parents=True)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder / "records.lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout.readline() == "held\n"
        return subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=False)
    finally:
        holder.kill()
        holder.communicate()


HOLD = (
    "import fcntl, sys; file = open(sys.argv[1], 'a'); fcntl.flock(file, fcntl.LOCK_EX); "
    "print('held', flush=True); sys.stdin.read()"
)


def a_bug(root, conductor):
    script = (
        "import conductor.cli.app as room\n"
        "def broken():\n    raise ZeroDivisionError('a bug')\n"
        "room.app = broken\n"
        "from conductor.cli.main import main; main()"
    )
    return subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=False)


REACHED = {
    ExitCode.OK: nothing_wrong,
    ExitCode.FINDINGS: a_finding,
    ExitCode.USAGE: wrong_usage,
    ExitCode.NOTHING: nothing_to_do,
    ExitCode.MALFORMED: a_malformed_record,
    ExitCode.LOCKED: a_held_lock,
    ExitCode.BUG: a_bug,
}
# What only a release or a rehearsal can answer; the tests that do it.
BY_A_RELEASE = {
    ExitCode.OUTSIDE: "tests/release/test_pipeline.py",
    ExitCode.STOPPED: "tests/cli/test_rehearse.py",
    ExitCode.INTERRUPTED: "tests/cli/test_rehearse.py",
    ExitCode.NOT_RESTORED: "tests/release/test_pipeline.py",
}


def test_every_exit_code_is_reached_somewhere():
    assert {*REACHED, *BY_A_RELEASE} == set(ExitCode) == set(MEANING)
    for path in BY_A_RELEASE.values():
        assert Path(path).is_file(), path


@pytest.mark.parametrize("code", REACHED, ids=lambda code: code.name.lower())
def test_an_exit_code_is_answered(repository, conductor, code):
    done = REACHED[code](repository, conductor)
    assert done.returncode == int(code), done.stderr
    if code not in (ExitCode.OK, ExitCode.FINDINGS):
        assert done.stderr.strip()
    if code is not ExitCode.BUG:
        assert "Traceback" not in done.stderr
