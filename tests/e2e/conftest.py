"""A project on the rehearsal's stage, released by the installed command in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from conductor.config.places import project_key
from conductor.rehearsal.actions import Timing
from conductor.rehearsal.drills import find_drill
from conductor.rehearsal.stage import Stage
from conductor.sessions.grants import GrantStore

QUICK = Timing(appears_s=0.05, filtered_stale_s=0.1, queued_s=0.05, step_s=0.01)
POLL = """poll:
  run_s: 0.05
  run_appears_s: 600
  image_timeout_s: 600
  rollout_s: 0.05
  rollout_timeout_s: 600
  job_s: 0.05
  job_timeout_s: 600
"""


class Show:
    """One open stage and the commands typed on it."""

    def __init__(self, stage):
        self.stage = stage
        self.root = stage.info.project
        self.environment = {name: value for name, value in os.environ.items() if name not in stage.info.environment}
        self.environment |= {name: value for name, value in stage.info.environment.items() if value is not None}

    def allow_pushes(self):
        """Give a push grant for an hour, as the user would."""
        state = Path(self.environment["XDG_STATE_HOME"]) / "conductor"
        GrantStore(state, project_key(self.root / ".git")).add(
            "commit_push",
            action="push",
            scope="until",
            why="a test",
            by="the test",
            at="2026-01-05T10:00:00Z",
            expires_at="2999-01-01T00:00:00Z",
        )

    def git(self, *arguments):
        done = subprocess.run(["git", *arguments], cwd=self.root, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def start(self, *words, **environment):
        """Start a command and return its process."""
        return subprocess.Popen(
            [sys.executable, "-m", "conductor", *words],
            cwd=self.root,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words, **environment):
        """Run a command to its end and return exit code, output and errors."""
        process = self.start(*words, **environment)
        output, errors = process.communicate()
        return process.returncode, output, errors

    def release(self, *words, **environment):
        """Run a release and return its exit code and its JSON."""
        code, output, errors = self.run("release", "--yes", "--json", *words, **environment)
        assert output, errors
        return code, json.loads(output)

    def ledger_files(self):
        return sorted((self.root / ".git/conductor/releases").glob("r-*.jsonl"))

    def ledger(self):
        """Return the newest ledger's whole lines."""
        files = self.ledger_files()
        return [json.loads(line) for line in files[-1].read_text().splitlines()] if files else []

    def start_and_kill_after(self, count, *words):
        """Start a command and kill it with SIGKILL as soon as its ledger has that many lines; tell whether it lived."""
        process = self.start(*words)
        folder = self.root / ".git/conductor/releases"
        while process.poll() is None:
            for path in folder.glob("r-*.jsonl"):
                if path.read_bytes().count(b"\n") >= count:
                    process.send_signal(signal.SIGKILL)
                    process.communicate()
                    return True
            time.sleep(0.0005)
        process.communicate()
        return False

    @property
    def endpoint(self):
        return next(iter(self.stage.endpoints.values()))

    def counts(self):
        """Return what the servers saw: pushes to the branch, changes of the endpoint, jobs."""
        return {
            "pushes": len(self.stage.git_host.pushes),
            "deploys": [patch["image"] for patch in self.endpoint.patches],
            "jobs": len(self.endpoint.queue.jobs),
        }


@pytest.fixture
def open_show():
    """Return a function that opens a stage, with quick polls committed into its project."""
    opened = []

    def open_one(*, drill=None, timing=QUICK, configure=None, prepare=None):
        stage = Stage(None, drill=find_drill(drill) if drill else None, timing=timing)
        stage.__enter__()
        opened.append(stage)
        show = Show(stage)
        path = show.root / "CONDUCTOR.md"
        text = path.read_text().replace("smoke:\n", POLL + "smoke:\n", 1)
        path.write_text(configure(text) if configure else text)
        if prepare:
            prepare(show.root)
        show.git("add", "--all")
        show.git("commit", "--quiet", "-m", "Poll quickly")
        if drill and stage._drill.handler_must_run:
            # The stage knows the drill's commit; ours stands on top of it.
            changed = replace(show.endpoint.surroundings, must_run=frozenset({show.git("rev-parse", "HEAD")}))
            show.endpoint.surroundings = changed
        return show

    yield open_one
    for stage in opened:
        stage.close()


@pytest.fixture
def show(open_show):
    """Return an open stage whose user has allowed pushes."""
    opened = open_show()
    opened.allow_pushes()
    return opened
