"""Putting back what served before, also where that was interrupted."""

from dataclasses import replace

import pytest

from conductor.ports.jobs import JobState
from conductor.release.pipeline import run_release
from conductor.release.rollback import prove_with_job, restore_targets, wait_for_old_workers
from tests.release.world import IMAGE, NEW, OLD, away, refused


@pytest.fixture
def release(scene):
    """A release that has deployed and is to be undone."""
    made = scene.release()
    made.image = scene.image
    made.ledger.write(
        "intent", step="deploy", action="deploy", target="production", image=NEW, previous=OLD, previous_version=3
    )
    scene.endpoint.take(NEW)
    return made


def test_what_served_before_is_put_back_and_proven_by_a_job(scene, release):
    (restored,) = restore_targets(release)
    assert (restored.target, restored.restored, restored.changed) == ("production", True, True)
    assert restored.what == "sha256:77c0… serves again, verified by a job"
    assert scene.endpoint.patches == [OLD]
    assert len(scene.endpoint.jobs.jobs) == 1
    assert scene.outcomes() == [("restored", "passed")]


def test_a_rollback_that_was_interrupted_after_its_job_was_sent_sends_no_second(scene, release):
    scene.endpoint.take(OLD)
    release.ledger.write("intent", action="rollback", target="production", image=OLD)
    job = scene.endpoint.jobs.submit({})
    release.ledger.write("result", action="rollback_job", target="production", job=job)
    release.ledger.write("result", action="rollback_job", target="staging", job="other")
    (restored,) = restore_targets(release)
    assert restored.restored
    assert scene.endpoint.patches == []
    assert len(scene.endpoint.jobs.jobs) == 1


def test_an_image_that_is_back_without_a_rollback_was_never_replaced(scene, release):
    scene.endpoint.take(OLD)
    (restored,) = restore_targets(release)
    assert (restored.restored, restored.changed) == (True, False)
    assert restored.what == "sha256:77c0… was never replaced"
    assert scene.endpoint.jobs.jobs == []


def test_an_image_of_somebody_else_stays(scene, release):
    scene.endpoint.take(f"{IMAGE}@sha256:{'5' * 64}")
    (restored,) = restore_targets(release)
    assert not restored.restored
    assert restored.what == "somebody else has deployed sha256:5555… meanwhile"
    assert scene.endpoint.patches == []


def test_a_target_that_does_not_take_it_back_is_told(scene, release):
    scene.endpoint.on_deploy = lambda _: None
    (restored,) = restore_targets(release)
    assert not restored.restored
    assert restored.what == "sha256:77c0… is not proven to serve: the target still says sha256:9b1e…"


def test_a_service_that_says_no_is_told(scene, release):
    scene.endpoint.fetch_state = lambda: (_ for _ in ()).throw(refused(401))
    (restored,) = restore_targets(release)
    assert (restored.restored, restored.what) == (False, "not restored: the service fails")


def test_targets_are_put_back_in_the_other_order_each_to_its_first_image(scene, release):
    from conductor.release.rollback import changed_targets

    again = {"step": "deploy", "action": "deploy", "previous_version": 3}
    release.ledger.write("intent", **again, target="staging", image=NEW, previous="b")
    release.ledger.write("intent", **again, target="production", image=NEW, previous=NEW)
    release.ledger.write("intent", action="rollback", target="moon", image=OLD)
    assert [(line["target"], line["previous"]) for line in changed_targets(release)] == [
        ("production", OLD),
        ("staging", "b"),
    ]
    release.world.targets["staging"] = scene.endpoint
    assert [restored.target for restored in restore_targets(release)] == ["staging", "production"]


@pytest.mark.parametrize(
    ("listing", "said"),
    [
        (lambda one: (one.worker(),), None),
        (lambda one: (one.worker("RUNNING"), one.worker()), None),
        (lambda one: (), None),
        (lambda one: (one.worker(is_stale=True),), "its workers did not come back in time"),
        (lambda one: (one.worker("INITIALIZING"),), "its workers did not come back in time"),
        (lambda one: (one.worker("UNHEALTHY"),), "its workers are unhealthy as well"),
    ],
)
def test_workers_that_came_back_are_told_from_those_that_did_not(scene, release, listing, said):
    scene.endpoint.listings = [listing]
    assert wait_for_old_workers(release, "production") == said
    if said == "its workers did not come back in time":
        assert scene.clock.at == release.plan.poll.rollout_timeout_s


def test_a_service_that_is_away_while_workers_come_back_is_asked_again(scene, release):
    scene.endpoint.listings = [refused(500), refused(503), lambda one: (one.worker(),)]
    assert wait_for_old_workers(release, "production") is None


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ([JobState("", "COMPLETED")], None),
        ([refused(500), None, JobState("", "COMPLETED", {"error": "x"})], None),
        ([JobState("", "FAILED")], "the job ended FAILED"),
        ([JobState("", "IN_QUEUE")], "the job is IN_QUEUE after 1200 s"),
        ([None], "the job is NOT_FOUND after 1200 s"),
    ],
)
def test_a_job_proves_it_by_its_status(scene, release, script, said):
    scene.endpoint.jobs.script = script
    assert prove_with_job(release, "production") == said
    sent = release.ledger.last("result", action="rollback_job", target="production")
    # A job that the queue has forgotten is sent once more.
    assert sent["job"] == ("j2" if script == [None] else "j1")


def test_only_the_status_that_is_expected_proves_it(scene):
    scene.smoke = replace(scene.smoke, status="DONE")
    release = scene.release()
    scene.endpoint.jobs.script = [JobState("", "COMPLETED")]
    assert prove_with_job(release, "production") == "the job ended COMPLETED"


def test_a_service_that_does_not_answer_is_told_again_and_what_arrived_is_not_sent_twice(scene, release):
    answers = [away(), away(), None]

    def deploy(image):
        scene.endpoint.patches.append(image)
        problem = answers.pop(0)
        if len(answers) == 1:
            # Lost on its way back: it has arrived.
            scene.endpoint.take(image)
        if problem:
            raise problem

    scene.endpoint.deploy = deploy
    (restored,) = restore_targets(release)
    assert restored.restored
    assert scene.endpoint.patches == [OLD, OLD]


def test_a_rollback_of_a_service_that_stays_away_is_open(scene, release):
    scene.endpoint.fetch_state = lambda: (_ for _ in ()).throw(away())
    (restored,) = restore_targets(release)
    assert (restored.restored, restored.open) == (False, True)


@pytest.mark.parametrize(("image", "previous"), [(f"{IMAGE}@sha256:{'5' * 64}", OLD), (NEW, "")])
def test_what_is_not_ours_to_put_back_is_not_open(scene, release, image, previous):
    release.ledger.lines[-1]["previous"] = previous
    scene.endpoint.take(image)
    (restored,) = restore_targets(release)
    assert (restored.restored, restored.open) == (False, False)


def test_a_second_try_proves_it_with_a_job_of_its_own(scene, release):
    scene.endpoint.jobs.script = [JobState("", "FAILED")]
    (first,) = restore_targets(release)
    assert (first.restored, first.open) == (False, True)
    scene.endpoint.jobs.script = [JobState("", "COMPLETED")]
    (second,) = restore_targets(release)
    assert second.restored
    assert len(scene.endpoint.jobs.jobs) == 2
    assert scene.endpoint.patches == [OLD], "what is back already is not put back again"
    (third,) = restore_targets(release)
    assert third.restored
    assert len(scene.endpoint.jobs.jobs) == 2, "what was proven is not proven again"


def test_an_unproven_image_of_an_earlier_release_is_not_somebody_elses(scene, release):
    between = f"{IMAGE}@sha256:{'5' * 64}"
    release.ledger.lines[-1]["replaced"] = between
    scene.endpoint.take(between)
    (restored,) = restore_targets(release)
    assert restored.restored
    assert scene.endpoint.patches == [OLD]


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ([1, 2], (1, 1), [(1, 2)]),
        ([1, 2], (0, 0), [(1, 2)]),
        ([0, 3], (0, 3), []),
        ([1, 2], (1, 5), []),
        ([2, 3], (0, 5), [(2, 5)]),
        (None, (0, 0), []),
    ],
)
def test_worker_limits_that_were_lowered_meanwhile_are_raised_again(scene, release, before, now, told):
    release.ledger.lines[-1]["limits"] = before
    scene.endpoint.state = replace(scene.endpoint.state, workers_min=now[0], workers_max=now[1])
    (restored,) = restore_targets(release)
    assert (restored.restored, scene.endpoint.limits) == (True, told)
    assert ("worker limits" in restored.what) is bool(told)


def test_the_worker_limits_of_a_rollback_that_a_person_asks_for_are_theirs(scene, release):
    release.ledger.lines[-1]["limits"] = [1, 2]
    release.ledger.write("failed", cause="ASKED")
    scene.endpoint.state = replace(scene.endpoint.state, workers_max=1)
    (restored,) = restore_targets(release)
    assert (restored.restored, scene.endpoint.limits) == (True, [])


def test_a_deployment_writes_down_the_worker_limits_before_it(scene):
    run_release(scene.release())
    assert scene.release().ledger.last("intent", action="deploy")["limits"] == [1, 2]
