"""The word of the person at the terminal, typed into a real one."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from tests.cli.terminal import read_terminal


def type_at_prompt(show, answer, **environment):
    """Run a release in a terminal, type the answer, and return the exit code and what the terminal showed."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "conductor", "release"],
        cwd=show.root,
        env={**show.environment, "TERM": "xterm", **environment},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown, typed = b"", False
    try:
        while piece := read_terminal(ours):
            shown += piece
            if not typed and b"to allow this push" in shown:
                os.write(ours, f"{answer}\n".encode())
                typed = True
        return process.wait(), shown.decode()
    finally:
        os.close(ours)
        # Whoever still waits for something to be typed waits for ever.
        process.kill()


@pytest.mark.parametrize("answer", ["", "yes", "y", "0000000"])
def test_another_answer_than_the_revision_pushes_nothing(open_show, answer):
    show = open_show()
    code, shown = type_at_prompt(show, answer)
    assert code == 2
    assert "not confirmed: nothing was pushed" in shown
    assert show.counts()["pushes"] == 0


def test_the_revision_typed_at_the_prompt_allows_one_push_and_the_steps_are_live(open_show):
    show = open_show()
    code, shown = type_at_prompt(show, show.git("rev-parse", "--short=7", "HEAD"))
    assert code == 0
    assert "goes to origin/main, and its image to production" in shown
    assert "\r\x1b[2K" in shown
    assert "Verified r-" in shown
    assert show.counts()["pushes"] == 1
    code, _ = show.release()
    assert code == 3, "the grant was for one push, and there is nothing more to release"


def test_an_agent_in_a_terminal_is_not_asked(open_show):
    show = open_show()
    code, shown = type_at_prompt(show, "release", CLAUDECODE="1")
    assert code == 2
    assert "nobody has allowed the push" in shown
    assert show.counts()["pushes"] == 0
