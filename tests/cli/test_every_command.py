"""Each command, as a stranger's machine meets it: a window of 80 columns, a full disk, no usable home."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conductor.cli.layout import cells
from conductor.providers.clock import SystemClock
from conductor.release.ledger import Ledger, releases_dir
from tests.cli.terminal import run_in_terminal, visible_lines
from tests.cli.test_usage import every_command

LONG = "Bring the 推理 worker 🚀 to the newest flash-attn wheel that fits torch 2.7.1, CUDA 12.6 and every GPU we rent"
# What is typed behind each command; {task} is the first task's id. A command that is not here fails the test below.
WORDS: dict[str, list[str]] = {
    "init": ["--yes"],
    "task": [],
    "task new": [LONG, "--expect", "build", "--expect", "command unit"],
    "task list": ["--all"],
    "task show": ["{task}"],
    "task next": [],
    "task chain": [],
    "task start": ["{task}"],
    "task note": ["{task}", LONG],
    "task finding": ["{task}", LONG],
    "task decide": ["{task}", LONG],
    "task block": ["{task}", LONG],
    "task expect": ["{task}", "smoke production"],
    "task done": ["{task}"],
    "task reopen": ["{task}", "--why", LONG],
    "task drop": ["{task}", "--why", LONG],
    "task phase": ["Runtime on every GPU that the service rents out to us in this part of the world 推理"],
    "task edit": ["{task}"],
    "task verify": ["{task}"],
    "task confirm": ["{task}"],
    "journal": [],
    "journal add": [LONG, "--what", LONG, "--why", LONG],
    "journal list": [],
    "journal show": [],
    "journal search": ["wheel"],
    "error": [],
    "error new": [LONG],
    "error resolve": ["ERR-{day}-001", "--fix", LONG],
    "error list": ["--all"],
    "memory": [],
    "memory write": ["other", LONG],
    "memory list": [],
    "memory show": ["base"],
    "search": ["wheel"],
    "prime": [],
    "records": [],
    "check": ["records", "rules", "preflight", "configuration"],
    "host": [],
    "host list": [],
    "host baseline": [],
    "preflight": [],
    "preflight check": [],
    "preflight env": [],
    "preflight explain": ["PF-WHEEL-001"],
    "preflight wheel": ["flash_attn-2.8.3+cu12torch2.7cxx11abiFALSE-cp310-cp310-linux_x86_64.whl", "--python", "3.11"],
    "preflight wheels": [],
    "knowledge": [],
    "knowledge list": [],
    "knowledge show": ["gpus"],
    "release": ["--dry-run"],
    "release status": [],
    "release list": [],
    # Its exit code is the release's own; the walk is about what is printed.
    "release watch": ["r-20260105-103100-0000000"],
    "hooks": [],
    "hooks install": ["--agent", "claude"],
    "hooks status": [],
    "hooks doctor": [],
    "hooks canary": [],
    "hooks uninstall": [],
    "session": [],
    "session start": ["--agent", "codex"],
    "session end": ["--next", LONG],
    "session status": [],
    "session log": ["--all"],
    "session attest": ["R6"],
    "session report": [],
    "session summary": [],
    "grant": ["--list"],
    "guard": [],
    "guard judge": ["pip install einops && sudo apt-get install -y ffmpeg libsm6 libxext6 && git push origin main --force"],
    "guard explain": ["echo 'pip install x' | sh; sudo apt-get install -y ffmpeg libsm6 libxext6 libgl1-mesa-glx"],
    "trust": ["--show"],
}  # fmt: skip
# `rehearse` has tests of its own; commands that other rooms add are walked with no words.
ELSEWHERE = {"rehearse"}
COMMANDS = [" ".join(path) for path in every_command() if " ".join(path) not in ELSEWHERE]


@pytest.fixture
def project(tmp_path, repository, conductor, git):
    """Return a repository with something of everything, and the words for each command; made once, then copied."""
    if not MADE:
        MADE.append((repository, fill(repository, conductor, git)))
    made, first = MADE[0]
    copy = tmp_path / "copy"
    shutil.copytree(made, copy, symlinks=True)
    day = first.removeprefix("TASK-").rpartition("-")[0]

    def words(name):
        return [*name.split(), *(word.format(task=first, day=day) for word in WORDS.get(name, []))]

    return copy, words


MADE = []


def fill(repository, conductor, git):
    """Write something of everything and return the first task's id."""
    (repository / ".github/workflows").mkdir(parents=True)
    (repository / ".github/workflows/ship.yml").write_text(
        "on: {push: {branches: [main]}}\njobs: {b: {steps: [{uses: docker/build-push-action@v6, with: {push: true, "
        'tags: "ghcr.io/owner/a-worker-with-quite-a-long-name-for-one-repository:latest"}}]}}\n'
    )
    (repository / "Dockerfile").write_text(
        "FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime\nRUN pip install https://github.com/Dao-AILab/flash-attention/"
        "releases/download/v2.8.3/flash_attn-2.8.3+cu12torch2.7cxx11abiFALSE-cp310-cp310-linux_x86_64.whl\nCOPY a b\n"
    )
    (repository / "test_input.json").write_text('{"input": {}}')
    git("remote", "add", "origin", "git@github.com:owner/worker.git", cwd=repository)
    git("add", "--all", cwd=repository)
    git("commit", "-q", "-m", "First", cwd=repository)
    first = json.loads(conductor("task", "new", LONG, "--expect", "build", "--json", cwd=repository).stdout)["task"][
        "id"
    ]
    conductor("task", "new", "x" * 120, cwd=repository)
    conductor("error", "new", LONG, cwd=repository)
    conductor("memory", "write", "base", LONG, cwd=repository)
    conductor("journal", "add", LONG, "--what", LONG, cwd=repository)
    conductor("session", "start", "--agent", "codex", cwd=repository)
    write_ledger(repository)
    return first


def write_ledger(root):
    """Write the ledger of a release that failed, as a release writes it."""
    name = "r-20260105-103100-4f2a91c"
    ledger = Ledger(releases_dir(root / ".git") / f"{name}.jsonl", SystemClock())
    build = {"workflow": "w", "dockerfile": "Dockerfile", "context": ".", "image": "ghcr.io/owner/worker", "platform": "linux/amd64", "handler": None}  # fmt: skip
    ledger.write("started", release=name, revision="4f2a91c" + "0" * 33, branch="main", remote="origin", context="0" * 64,
                 build=build, targets=["production"], task=None, grant="g-1", host="here", pid=1)  # fmt: skip
    ledger.write("step", step="push", state="begun")
    ledger.write("step", step="push", state="done", summary=f"4f2a91c to ssh://git@github.com/owner/{'long-' * 8}worker.git main", seconds=1.2, evidence=None)  # fmt: skip
    ledger.write("failed", step="build", cause="WHEEL_PLATFORM", message=LONG, summary=LONG, seconds=190.0, hint=LONG,
                 outcome="stopped", keep=False, exit=6, findings=[], evidence=None, before_push=False)  # fmt: skip
    ledger.write("ended", outcome="stopped", cause="WHEEL_PLATFORM", live={}, exit=6, lock=None)


@pytest.mark.parametrize("name", COMMANDS)
def test_no_line_is_wider_than_a_window_of_80_columns(project, name):
    root, words = project
    # What asks is answered with no, and whatever it asks then with the end of the input.
    _, shown = run_in_terminal(*words(name), cwd=root, env={"EDITOR": "true"}, typed=b"no\n" + b"\x04" * 8)
    assert "Traceback" not in shown
    wide = [line for line in visible_lines(shown) if cells(line) > 80 and len(line.split()) > 1]
    assert wide == []


@pytest.mark.parametrize("name", COMMANDS)
def test_a_full_disk_behind_standard_output_is_an_error_of_the_house(project, name):
    root, words = project
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "conductor", *words(name)], cwd=root, stdin=subprocess.DEVNULL, stdout=full,
            stderr=subprocess.PIPE, text=True, env={**os.environ, "EDITOR": "true"}, check=False,
        )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert "bug in Conductor" not in done.stderr
    assert done.returncode in {0, 1, 2, 3, 4}
    if "could not be written to standard output" in done.stderr:
        assert done.returncode == 2
        assert "remedy: " in done.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_a_home_that_can_not_be_used_is_no_bug(project, name):
    root, words = project
    kept = {key: value for key, value in os.environ.items() if not key.startswith("XDG_")}
    done = subprocess.run(
        [sys.executable, "-m", "conductor", *words(name)], cwd=root, stdin=subprocess.DEVNULL, capture_output=True,
        text=True, env={**kept, "HOME": "/proc/nohome", "EDITOR": "true"}, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert "bug in Conductor" not in done.stderr
    assert done.returncode in {0, 1, 2, 3}, done.stderr
    if done.returncode == 2:
        assert "remedy: " in done.stderr or "Usage: " in done.stderr


def test_every_command_has_its_words():
    """A command without words is walked all the same; those here name only what is there."""
    assert set(WORDS) <= set(COMMANDS)
