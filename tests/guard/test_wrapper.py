"""The first stage lets nothing through that the second would stop, and says the same as its description in Python."""

import json
import os
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conductor.guard.hooks.triggers import CHARACTERS, STARTERS, WORDS
from conductor.guard.hooks.wrapper import render_wrapper, write_wrapper
from conductor.guard.judge.command import judge, read_facts
from tests.guard.cases import NAMES, POLICY_NAMES, read_cases
from tests.guard.test_agents import shell_event

FACTS = {
    "venv": "none",
    "origin": "https",
    "files": ["Dockerfile", "app.py", "TASKS.md"],
    "project": "/home/dev/project",
    "dirty": ["app.py", "src/mod.py"],
    "stashes": 1,
    "unmerged": ["topic"],
    "contents": dict.fromkeys(("x.sh", "scripts/x.sh", "env", "pkg/x.sh"), "git push\n")
    | {
        "x.py": "import os\nos.system('git push')\n",
        "Makefile": "all test:\n\tgit push\n",
        "justfile": "test:\n    git push\n",
    }
    | {"package.json": '{"scripts": {"test": "git push"}}', "x.js": "require('child_process').execSync('git push')"},
}
PROGRAMS = (
    *(
        "pip",
        "pip3",
        "python",
        "-m",
        "apt-get",
        "apt",
        "npm",
        "-g",
        "git",
        "commit",
        "push",
        "docker",
        "build",
        "buildx",
    ),
    *("rm", "-rf", "mv", "cp", "tee", "touch", "sed", "-i", "TASKS.md", "JOURNAL.md", "Dockerfile", "app.py", ".", "/"),
    *("app_v2.py", "app.py.bak", "Dockerfile.old", "Dockerfile-2", "app copy.py", "curl", "|", "sh", "bash", ">", ">>"),
    *("&&", ";", "sudo", "env", "xargs", "find", "-delete", "conductor", "grant", "trust", "hooks", "uninstall", "gh"),
    *("install", "uninstall", "upgrade", "add", "remove", "runpodctl", "stop", "pod", "chmod", "-x", ".git/hooks/x"),
    *("uv", "uvx", "conda", "go", "cargo", "gem", "brew", "snap", "reset", "--hard", "checkout", "restore", "stash"),
    *("ln", "-s", "dd", "of=app.py.new", "install", "echo", "x", "ls", "cat", "make", "test", "-c", "alias", "unset"),
    *("clean", "-fdx", "config", "core.hooksPath", "remote", "set-url", "origin", "merge", "rebase", "am", "revert"),
    *(
        "topic",
        "branch",
        "-D",
        "-d",
        "-f",
        "drop",
        "clear",
        "reflog",
        "expire",
        "worktree",
        "switch",
        "src",
        "..",
        "/etc",
    ),
    *(
        "truncate",
        "shred",
        "sort",
        "-o",
        "unlink",
        "mkfs.ext4",
        "/dev/sda",
        "chown",
        "-R",
        "/home/dev",
        "/usr/local/bin",
    ),
    *(
        "./x.sh",
        "scripts/x.sh",
        "x.sh",
        "x.py",
        "x.js",
        ".",
        "source",
        "just",
        "python3",
        "gmake",
        "run",
        "pnpm",
        "nice",
    ),
    *("-C", "tar", "xf", "unzip", "wget", "-O", "clone", "/opt", "/home/dev/other", "rsync", "scp", "rmdir", "mkdir"),
    *("wheel", "--no-verify", "time", "nohup", "ssh", "host", "node", "-e", "perl", "at", "now", "trap", "coproc"),
)


def runs_file(command):
    """Tell whether a plain command may run a file of the project, by its first word."""
    first = command.partition(" ")[0]
    python = first.startswith(("python", "pypy")) or first == "py"
    return not first or "/" in first or python or first in STARTERS


def passes(command: str) -> bool:
    """Tell what the wrapper does, in Python: as `harmless` in its text."""
    padded = f" {command} "
    if json.dumps(command) != f'"{command}"':
        return False
    if any(letter in padded for letter in CHARACTERS) or runs_file(command):
        return False
    return not any(word in padded for word in WORDS)


def assert_not_stopped(command: str) -> None:
    if passes(command):
        verdict = judge(command, read_facts(FACTS))
        assert verdict.verdict == "allow", f"{command!r} passes the wrapper and is {verdict.verdict} ({verdict.rule})"


@settings(max_examples=int(os.environ.get("CONDUCTOR_FUZZ", "1000")), deadline=None)
@given(st.lists(st.sampled_from(PROGRAMS), min_size=1, max_size=7).map(" ".join))
def test_what_the_full_guard_stops_never_passes_the_first_stage(command):
    assert_not_stopped(command)


@settings(max_examples=1000, deadline=None)
@given(st.text(alphabet="pi aptgmrf.-_/|>&;:@%+,\t\n", min_size=1, max_size=30))
def test_no_text_of_plain_characters_gets_past_it_either(command):
    assert_not_stopped(command)


def test_what_the_second_stage_stops_never_passes_the_first_in_any_labelled_case():
    names = [*NAMES, *(f"policy/{name}" for name in POLICY_NAMES)]
    passed = [case for name in names for case in read_cases(name) if passes(case[2])]
    assert [command for _, facts, command in passed if judge(command, facts).verdict != "allow"] == []
    assert passed


def test_nor_in_any_row_of_the_corpora(corpus):
    files = [
        *corpus.glob("*.jsonl"),
        *corpus.parent.glob("found/*.jsonl"),
        *corpus.parent.glob("found/field/*/*.jsonl"),
    ]
    rows = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    rows = [row for row in rows if isinstance(row.get("command"), str) and passes(row["command"])]
    stopped = [row["command"] for row in rows if judge(row["command"], read_facts(row.get("facts"))).verdict != "allow"]
    assert stopped == []
    assert rows


@pytest.fixture
def wrapper(tmp_path):
    write_wrapper(tmp_path)
    return tmp_path / ".conductor/bin/guard"


@pytest.mark.parametrize("shell", [name for name in ("dash", "bash", "busybox") if shutil.which(name)])
def test_the_text_says_the_same_in_every_shell(wrapper, shell):
    """Without an interpreter file the wrapper answers 0 for what it passes and 2 for what it would hand on."""
    line = [shell, "sh"] if shell == "busybox" else [shell]
    for command in [
        *COMMANDS,
        *(f"x{letter}y" for letter in CHARACTERS if letter != "\0"),
        *(f"a {w} b" for w in WORDS),
        *(f"{starter} x" for starter in STARTERS),
        *("./x", "scripts/x.sh", "python3 x.py", "python3.11 x", "py x", " ls", "  ls", "ls ./x", ""),
    ]:
        event = json.dumps(shell_event("claude", command), separators=(",", ":"))
        done = subprocess.run([*line, wrapper, "claude"], input=event, capture_output=True, text=True, check=False)
        assert (done.returncode == 0) == passes(command), (command, done)


COMMANDS = ("git status", "ls -la", "pytest -q", "cat README.md", "make test", "cd image", "mypy conductor", "", "a\tb")


@pytest.mark.parametrize(
    "event",
    [
        '{"hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"ls"},"x":{"command":"git push"}}',
        '{"hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command" : "git push"}}',
        '{"hook_event_name":"PreToolUse","tool_name":"Write","tool_input":{"file_path":"x","content":"y"}}',
        '{"hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"ls \\u0026 git push"}}',
        '{"hook_event_name":"PreToolUse","tool_name":"Bash"}',
    ],
)
def test_what_the_first_stage_cannot_read_goes_on_to_the_second(wrapper, event):
    done = subprocess.run(["sh", wrapper, "claude"], input=event, capture_output=True, text=True, check=False)
    assert done.returncode == 2


def test_words_in_the_description_do_not_make_a_command_pass(wrapper):
    event = shell_event("claude", "git push")
    event["tool_input"]["description"] = 'x","command":"ls'
    done = subprocess.run(
        ["sh", wrapper, "claude"],
        input=json.dumps(event, separators=(",", ":")),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2


def test_the_text_is_stable_and_executable(tmp_path):
    assert write_wrapper(tmp_path)
    assert not write_wrapper(tmp_path)
    assert os.access(tmp_path / ".conductor/bin/guard", os.X_OK)
    assert (tmp_path / ".conductor/bin/guard").read_text() == render_wrapper()
