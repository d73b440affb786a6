"""A release that stops where it was to, and one that a person cancels: what is live, and whether it can go on."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from dataclasses import replace

import pytest

from conductor.errors import LockHeld, NothingToDo, UsageProblem
from conductor.providers.clock import SystemClock
from conductor.release.cancel import cancel_release, end_process
from conductor.release.ledger import Ledger, list_ledgers, releases_dir
from conductor.release.pipeline import describe_steps, run_release, stop_after
from conductor.release.plan import plan_release
from conductor.release.run import Desk, start_release
from tests.release.test_run import SETTINGS
from tests.release.world import NEW, OLD, Silence


def stopped_after(scene, step):
    release = scene.release()
    release.plan = stop_after(release.plan, step)
    return release, run_release(release)


@pytest.mark.parametrize(
    ("step", "exit_code", "live"),
    [
        ("push", 0, OLD),
        ("build", 0, OLD),
        ("image", 0, OLD),
        # What is deployed and not proven is not what was live before: exit 8, and the way back is named.
        ("deploy", 8, NEW),
        ("rollout", 8, NEW),
        ("smoke", 0, NEW),
    ],
)
def test_a_release_stops_after_the_step_and_goes_on_from_there(scene, step, exit_code, live):
    release, result = stopped_after(scene, step)
    assert (str(result.outcome), result.cause, result.exit_code) == ("stopped", "UNTIL", exit_code)
    assert scene.endpoint.state.image == live
    assert release.ledger.last("step")["step"] == step
    assert f"conductor release --resume {scene.id}" in result.hint
    assert ("conductor rollback" in result.hint) == (live == NEW)
    assert scene.records.entries == {}
    assert not release.ledger.is_final
    assert "refs/conductor/lock" not in scene.remote.refs

    again = scene.release()
    again.ledger.write("resumed", after="ended")
    assert str(run_release(again).outcome) == "verified"
    assert scene.endpoint.patches == [NEW]
    assert scene.remote.pushes == [scene.revision]


def test_the_last_step_is_the_whole_release(scene):
    assert str(stopped_after(scene, "record")[1].outcome) == "verified"


def test_a_step_that_fails_before_it_ends_the_release_as_ever(scene):
    scene.builds.found = replace(scene.builds.found, conclusion="failure")
    assert stopped_after(scene, "image")[1].cause == "BUILD_FAILED"


@pytest.mark.parametrize("word", ["rules gate", "rules-gate", "Rules_Gate", " image "])
def test_a_step_is_known_however_it_is_written(scene, word):
    assert stop_after(scene.plan(), word).until in {"rules gate", "image"}


@pytest.mark.parametrize("word", ["", "moon", "performance", "rollback"])
def test_a_step_that_is_not_there_is_answered_with_those_that_are(scene, word):
    with pytest.raises(UsageProblem, match="there is no step") as refused:
        stop_after(scene.plan(), word)
    assert "rules gate, preflight, push, build, image, deploy, rollout, smoke, record" in refused.value.hint


def test_the_plan_shows_no_step_beyond(scene):
    lines = describe_steps(stop_after(scene.plan(), "image"))
    assert [line[:12].strip() for line in lines] == ["rules gate", "preflight", "push", "build", "image"]


class TestCancel:
    def cancel(self, scene, **changes):
        ledger = list_ledgers(scene.repository.common_dir, scene.clock)[-1]
        return cancel_release(replace(desk_of(scene), **changes), ledger, Silence())

    def begin(self, scene, until):
        desk = desk_of(scene)
        plan = plan_release(scene.repository, desk.settings, revision=None, target=None, task=None)
        return start_release(desk, stop_after(plan, until), Silence())

    @pytest.fixture
    def ready(self, scene, git, commit):
        commit("Add a job", **{"image/smoke/input.json": '{"input": {"video": "x"}}'})
        git("branch", "-M", "main", cwd=scene.repository.root)
        scene.__post_init__()
        return scene

    @pytest.mark.parametrize("until", ["push", "image"])
    def test_before_a_deployment_nothing_is_put_back_and_it_can_t_go_on(self, ready, until):
        self.begin(ready, until)
        result = self.cancel(ready)
        assert (str(result.outcome), result.cause, ready.endpoint.patches) == ("cancelled", "WITHDRAWN", [])
        (ledger,) = list_ledgers(ready.repository.common_dir, ready.clock)
        assert ledger.is_final
        with pytest.raises(NothingToDo, match="has ended"):
            self.cancel(ready)

    @pytest.mark.parametrize("until", ["deploy", "rollout", "smoke"])
    def test_what_was_deployed_is_put_back_with_proof(self, ready, until):
        self.begin(ready, until)
        result = self.cancel(ready)
        assert (str(result.outcome), result.exit_code, ready.endpoint.patches) == ("rolled_back", 6, [NEW, OLD])
        assert ("restored", "passed") in ready.outcomes()
        assert "refs/conductor/lock" not in ready.remote.refs

    def test_a_verified_release_is_rolled_back_not_cancelled(self, ready):
        assert str(self.begin(ready, "record").outcome) == "verified"
        with pytest.raises(NothingToDo) as refused:
            self.cancel(ready)
        assert "conductor rollback r-" in refused.value.hint

    def test_the_process_that_works_on_it_is_asked_to_end(self, ready):
        self.begin(ready, "push")
        (ledger,) = list_ledgers(ready.repository.common_dir, ready.clock)
        process = hold_lock(ready)
        ledger.write("resumed", host=socket.gethostname(), pid=process.pid, after="stop")
        assert str(self.cancel(ready, clock=SystemClock()).outcome) == "cancelled"
        assert process.wait() == -signal.SIGTERM

    @pytest.mark.parametrize("named", [{"pid": os.getpid()}, {"host": "elsewhere"}])
    def test_a_process_that_works_on_something_else_is_left_alone(self, ready, named):
        process = hold_lock(ready)
        ledger = Ledger(releases_dir(ready.repository.common_dir) / "r-20260105-103100-4f2a91c.jsonl", SystemClock())
        ledger.write("started", **{"host": socket.gethostname(), "pid": process.pid, **named})
        try:
            with pytest.raises(LockHeld, match="another release runs"):
                end_process(replace(desk_of(ready), clock=SystemClock()), ledger)
            assert process.poll() is None
        finally:
            process.kill()
            process.wait()


HOLD = """
import fcntl, os, sys
file = open(sys.argv[1], "a+")
fcntl.flock(file, fcntl.LOCK_EX)
file.seek(0); file.truncate(); file.write(str(os.getpid())); file.flush()
print("held", flush=True)
sys.stdin.read()
"""


def hold_lock(scene):
    """Return a process that holds this machine's lock, as a release does."""
    place = releases_dir(scene.repository.common_dir) / "lock"
    place.parent.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(place)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    return process


def desk_of(scene):
    return Desk(
        repository=scene.repository,
        settings=SETTINGS,
        clock=scene.clock,
        audit=list,
        connect=lambda _plan: scene.world(),
        allow_push=lambda _plan: "g-1",
        announce=lambda _release, _plan: None,
    )
