"""RunPod's own clients get from the stand-in what ours gets: the 1.12 that is installed, and others that one names.

CONDUCTOR_RUNPOD_PYTHONS is a list, separated by colons, of interpreters with other versions of the package.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from conductor.domain.secret import Secret
from conductor.providers.clock import SystemClock
from conductor.providers.runpod import RunPodJobs
from tests.rehearsal.test_runpod import KEY, open_world, world  # noqa: F401 - fixtures
from tests.waiting import wait_until

OTHERS = [path for path in os.environ.get("CONDUCTOR_RUNPOD_PYTHONS", "").split(":") if path]


def play(python, world):  # noqa: F811
    script = str(Path(__file__).with_name("play_sdk.py"))
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "RUNPOD_API_KEY": KEY}
    done = subprocess.run(
        [python, "-I", script, world.jobs.jobs_url, "ep1"],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("python", [sys.executable, *OTHERS])
def test_the_sdk_gets_the_answers_that_our_client_gets(python, world):  # noqa: F811
    told = play(python, world)
    ours = RunPodJobs(world.jobs.jobs_url, "ep1", Secret(KEY), SystemClock())
    job_id = ours.submit({"input": {"n": 2}})
    job = wait_until(lambda: (found := ours.fetch(job_id)) and found.ended and found)
    assert (told["status"], told["output"]) == (job.status, job.output)
    assert told["run_sync"]["echo"] == {"n": 1}
    assert told["health"] == ["jobs", "workers"]
    assert told["purged"] == 0
    assert told["unknown"]
    assert told["version"].split(".")[0] in {"1", "2"}
