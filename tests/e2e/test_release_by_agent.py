"""An agent releases under a push grant, with git's hooks installed: the whole release is one act."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from conductor.config.places import project_key
from conductor.sessions.grants import GrantStore

AGENT = {"CLAUDECODE": "1"}


@pytest.fixture
def hooked(open_show):
    """Return an open stage whose repository has every hook installed, and its grants."""
    show = open_show()
    # The stage's own git runs no hooks, so that a rehearsal runs none of the machine's.
    show.git("config", "core.hooksPath", ".git/hooks")
    code, _, errors = show.run("hooks", "install", "--agent", "all")
    assert code == 0, errors
    show.git("add", "--all")
    show.git("commit", "--quiet", "--no-verify", "-m", "Guard the agents")
    show.store = GrantStore(Path(show.environment["XDG_STATE_HOME"]) / "conductor", project_key(show.root / ".git"))
    return show


def allow(show, action="push"):
    show.store.add(
        "commit_push", action=action, scope="once", why="a test", by="the test", at="2026-01-05T10:00:00+00:00"
    )


def refuses(show, line):
    """Tell whether the installed pre-push hook refuses the agent a push of that line."""
    done = subprocess.run(
        [show.root / ".git/hooks/pre-push", "origin", "ssh://git@127.0.0.1/worker.git"],
        input=f"{line}\n",
        cwd=show.root,
        env={**show.environment, **AGENT},
        capture_output=True,
        text=True,
        check=False,
    )
    return "has not asked for it" in done.stdout + done.stderr


def test_one_push_grant_carries_a_release_with_its_push_and_its_lock(hooked):
    code, output, _ = hooked.run("release", "--yes", "--json", **AGENT)
    assert code == 2
    assert "nobody has allowed the push" in output
    allow(hooked)
    code, described = hooked.release(**AGENT)
    assert (code, described["release"]["outcome"]) == (0, "verified")
    assert hooked.counts()["pushes"] == 1
    (grant,) = hooked.store.load()
    assert grant.used_at
    assert json.loads(hooked.ledger_files()[-1].read_text().splitlines()[0])["grant"] == grant.id


def test_after_the_release_the_grant_covers_no_other_push(hooked):
    allow(hooked)
    assert hooked.release(**AGENT)[0] == 0
    released = hooked.git("rev-parse", "HEAD")
    hooked.git("commit", "--quiet", "--allow-empty", "--no-verify", "-m", "more")
    newer, nothing = hooked.git("rev-parse", "HEAD"), "0" * 40
    assert refuses(hooked, f"HEAD {newer} refs/heads/main {released}")
    assert refuses(hooked, f"HEAD {newer} refs/conductor/lock {nothing}")
    assert refuses(hooked, f"(delete) {nothing} refs/conductor/lock {released}")
    assert refuses(hooked, f"HEAD {released} refs/heads/other {nothing}")


def test_a_grant_of_a_forced_push_is_none_for_a_release(hooked):
    allow(hooked, "force_push")
    assert hooked.run("release", "--yes", **AGENT)[0] == 2
