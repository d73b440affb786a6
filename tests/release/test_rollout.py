"""When workers prove a release, and how the ones that do not are told."""

from dataclasses import replace

import pytest

from conductor.domain.evidence import Outcome
from conductor.ports.target import TargetState, Worker, WorkerList
from conductor.release.context import StepFailed
from conductor.release.steps.rollout import (
    Rollout,
    UnhealthyWatch,
    describe_workers,
    is_rolled_out,
    unhealthy,
    wait_for_workers,
)
from conductor.release.worker_log import WorkerLog
from tests.release.world import IMAGE, NEW, OLD

STATE = TargetState(NEW, 4, 1, 2)
FRESH = Worker("w1", "IDLE", is_stale=False, version=4, image=NEW)


def rolled_out(*workers, state=STATE):
    return is_rolled_out(WorkerList(workers, 4), NEW, state)


@pytest.mark.parametrize("status", ["IDLE", "RUNNING"])
def test_workers_that_are_ready_on_the_new_image_prove_it(status):
    assert rolled_out(FRESH, replace(FRESH, id="w2", status=status))
    assert rolled_out(replace(FRESH, image=None)), "the service may not say which image a worker runs"


@pytest.mark.parametrize(
    "changes",
    [
        {"is_stale": True},
        {"is_stale": True, "image": None},
        {"is_stale": True, "status": "RUNNING"},
        {"image": OLD},
        {"status": "INITIALIZING"},
        {"status": "THROTTLED"},
        {"status": "UNHEALTHY"},
        {"status": "EXITED"},
    ],
)
def test_one_worker_that_is_not_ready_on_it_disproves_it(changes):
    assert not rolled_out(replace(FRESH, **changes))
    assert not rolled_out(FRESH, replace(FRESH, id="w2", **changes))
    assert not rolled_out(replace(FRESH, id="w0", **changes), FRESH)


@pytest.mark.parametrize(("least", "proved"), [(0, True), (1, False), (2, False)])
def test_no_worker_proves_it_only_where_none_needs_to_run(least, proved):
    assert rolled_out(state=replace(STATE, workers_min=least)) is proved


def test_a_stale_worker_is_waited_for_and_never_counted(scene):
    release = scene.release()
    release.image = scene.image
    scene.endpoint.take(NEW)
    stale = [lambda one: (one.worker(), one.worker(id="w2", is_stale=True))] * 3
    scene.endpoint.listings = [*stale, lambda one: (one.worker(), one.worker(id="w2"))]
    evidence = Rollout("production").run(release)
    assert evidence.outcome is Outcome.PASSED
    assert evidence.detail["summary"] == "2 of 2 workers on release 4, none stale"
    assert evidence.detail["workers"] == 2
    assert evidence.subject == f"production@{scene.image.digest}"
    assert scene.clock.at == 3 * release.plan.poll.rollout_s


def test_a_stale_worker_that_stays_ends_in_a_timeout(scene):
    release = scene.release()
    release.image = scene.image
    scene.endpoint.take(NEW)
    scene.endpoint.listings = [lambda one: (one.worker(), one.worker(id="w2", is_stale=True))]
    with pytest.raises(StepFailed) as failed:
        wait_for_workers(release, "production", NEW, scene.endpoint.state)
    assert (failed.value.cause, failed.value.keep) == ("ROLLOUT_TIMEOUT", False)
    assert "1 idle, 1 stale" in failed.value.message
    assert scene.clock.at == release.plan.poll.rollout_timeout_s
    assert failed.value.evidence.outcome is Outcome.FAILED
    assert failed.value.evidence.kind == "rollout"


def test_no_worker_at_all_is_a_release_that_the_smoke_job_wakes(scene):
    release = scene.release()
    release.image = scene.image
    scene.endpoint.state = replace(scene.endpoint.state, image=NEW, workers_min=0)
    scene.endpoint.fetch_workers = lambda: WorkerList((), None)
    assert Rollout("production").run(release).detail["summary"] == (
        "release ?, no worker runs now (scaled to zero): the smoke job wakes one"
    )


@pytest.mark.parametrize(
    ("workers", "cause", "keep"),
    [
        ((), "CAPACITY", True),
        ((replace(FRESH, status="THROTTLED"),), "CAPACITY", True),
        ((replace(FRESH, status="THROTTLED", is_stale=True), replace(FRESH, status="INITIALIZING")), "ROLLOUT_TIMEOUT", False),
        ((replace(FRESH, status="INITIALIZING"),), "ROLLOUT_TIMEOUT", False),
    ],
)  # fmt: skip
def test_workers_that_never_come_are_told_from_a_rollout_that_hangs(scene, workers, cause, keep):
    release = scene.release()
    release.image = scene.image
    scene.endpoint.fetch_workers = lambda: WorkerList(workers, 4)
    with pytest.raises(StepFailed) as failed:
        wait_for_workers(release, "production", NEW, replace(STATE, workers_min=1))
    assert (failed.value.cause, failed.value.keep) == (cause, keep)
    assert failed.value.hint.startswith(
        "when there is capacity" if keep else "read the worker's log: the service's page of"
    )


def test_a_worker_that_was_unhealthy_three_times_in_a_row_crashes():
    watch = UnhealthyWatch()
    crashing, well = WorkerList((replace(FRESH, status="UNHEALTHY"),), 4), WorkerList((FRESH,), 4)
    assert [watch.look(one) for one in (crashing, crashing, well, crashing, crashing)] == [False] * 5
    assert watch.look(crashing)
    assert (watch.worker.id, watch.polls) == ("w1", 3)


def test_a_stale_worker_may_be_as_unhealthy_as_it_likes():
    watch = UnhealthyWatch()
    old = WorkerList((replace(FRESH, status="UNHEALTHY", is_stale=True), replace(FRESH, id="w2")), 4)
    assert [watch.look(old) for _ in range(4)] == [False] * 4


def test_crashing_workers_are_told_with_the_line_that_says_why(scene):
    release = scene.release()
    release.image = scene.image
    scene.endpoint.take(NEW)
    scene.endpoint.listings = [lambda one: (one.worker("UNHEALTHY"),)]
    scene.endpoint.log = "\n".join(
        ["", *(f"line {number}" for number in range(30)), "ImportError: no flash_attn", "bye"]
    )
    with pytest.raises(StepFailed) as failed:
        wait_for_workers(release, "production", NEW, scene.endpoint.state)
    assert failed.value.cause == "WORKERS_UNHEALTHY"
    assert (
        'worker w1 of the new release is unhealthy, seen 3 times; its log says "ImportError: no flash_attn"'
        in failed.value.message
    )
    assert failed.value.evidence.detail["worker"] == "w1"
    assert failed.value.evidence.detail["log"][0] == "line 12"
    assert len(failed.value.evidence.detail["log"]) == 20


def test_a_crash_without_a_log_is_told_without_one(scene):
    release = scene.release()
    release.image = scene.image
    scene.endpoint.listings = [lambda one: (one.worker("UNHEALTHY"),)]
    with pytest.raises(StepFailed, match=r"seen 3 times$"):
        wait_for_workers(release, "production", NEW, scene.endpoint.state)


def test_a_crash_of_nobody_in_particular_is_told_too(scene):
    release = scene.release()
    release.image = scene.image
    assert (
        "worker ? of the new release is unhealthy, seen 0 times"
        in unhealthy(release, "production", UnhealthyWatch()).message
    )


@pytest.mark.parametrize(
    ("lines", "picked"),
    [
        (["ValueError: a", "OSError: b", "done"], "OSError: b"),
        (["starting", "error: no such file", "bye"], "error: no such file"),
        (["starting", "ready"], "ready"),
    ],
)
def test_the_last_line_that_names_an_error_tells_most(lines, picked):
    assert WorkerLog(tuple(lines)).telling == picked


@pytest.mark.parametrize(
    ("workers", "said"),
    [
        ((), "no worker"),
        ((FRESH, FRESH), "workers: 2 idle"),
        ((FRESH, replace(FRESH, status="RUNNING"), replace(FRESH, is_stale=True)), "workers: 1 idle, 1 running, 1 stale"),
    ],
)  # fmt: skip
def test_workers_are_said_in_a_line(workers, said):
    assert describe_workers(WorkerList(workers, 4)) == said


def test_a_service_that_is_away_for_a_while_is_asked_again(scene):
    from tests.release.world import refused

    release = scene.release()
    release.image = scene.image
    scene.endpoint.take(f"{IMAGE}@{scene.image.digest}")
    scene.endpoint.listings = [refused(500), refused(503), refused(500), refused(500), lambda one: (one.worker(),)]
    assert wait_for_workers(release, "production", NEW, scene.endpoint.state).workers == (scene.endpoint.worker(),)
    scene.endpoint.listings = [refused(500)]
    with pytest.raises(type(refused())):
        wait_for_workers(release, "production", NEW, scene.endpoint.state)
