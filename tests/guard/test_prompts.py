"""A prompt that an agent could type into unseen is refused, and only that."""

import pytest

from conductor.guard.prompts import opens_prompt
from tests.guard.test_agents import shell_event
from tests.guard.test_hook import bash, fire, guarded

__all__ = ["guarded"]

PROMPTS = [
    *("sh", "bash", "bash -i", "bash -l", "/bin/sh", "exec bash --norc", "env -i bash", "FOO=1 sh", "bash -s", "(sh)"),
    *("python3", "python3.11 -i x.py", "python -q", "python -", "cd x && python", "node", "nodejs", "ipython", "irb"),
    *("sudo -s", "sudo bash", "su", "su -", "bash | tee log", "stty -echo; sh", "nice bash", "perl", "fish"),
    *("timeout 60 python", "uv run python", "sudo -i -u root", "bash -o pipefail", "python -W ignore", "sudo -u ci sh"),
    *("env A=1 B=2 python3.12", "bash --rcfile x", "stdbuf -oL bash -x", "setpriv --reuid 5 bash", "python -X dev -"),
]
NO_PROMPTS = [
    *("git show", "bash x.sh", "bash -c 'ls'", "bash -lc ls", "bash -ic ls", "echo ls | sh", "cat x | { sh; }"),
    *("sh < x", "sh <<E\nls\nE", "python -m pytest", "python -c 1", "python x.py", "node --test", "node x.js"),
    *("python3 --version", "(sh) < f", "while read l; do bash; done < f", "sudo ls", "git commit -m 'use sh'"),
    *("which bash", "ls /bin/sh", "nohup bash &", "docker run -it x bash", "bash --version", "perl -pe x f"),
    *("python3 - <<'E'\n1\nE", "type python", "echo bash", "command -v sh", "pytest -s", "su -c ls", "bash <(echo x)"),
    *("bash -n x.sh", "bash -o noexec", "timeout 60 python x.py", "uv run pytest", "sudo -l", "python -Bm pytest"),
    *("bash -euo pipefail -c ls", "python -h", "su - ci -c ls", "command -V bash", "zsh --version", "python -VV"),
]


@pytest.mark.parametrize("command", PROMPTS)
def test_a_prompt_is_one(command):
    assert opens_prompt(command)


@pytest.mark.parametrize("command", NO_PROMPTS)
def test_a_program_with_something_to_run_is_none(command):
    assert opens_prompt(command) == ""


def test_codex_is_refused_a_prompt_whose_input_no_event_shows(guarded):
    done = bash(guarded, "sh", "codex")
    assert done.returncode == 2
    assert b"opens a prompt" in done.stderr
    assert bash(guarded, "sh x.sh", "codex").returncode == 0


def test_others_are_refused_one_where_they_ask_for_a_terminal(guarded):
    assert bash(guarded, "sh", "claude").returncode == 0
    event = shell_event("claude", "python3")
    event["tool_input"]["tty"] = True
    assert fire(guarded, "claude", {**event, "cwd": str(guarded)}).returncode == 2
