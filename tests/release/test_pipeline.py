"""How a release ends, for each way the services can answer."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from conductor.config.settings import SmokeSettings
from conductor.domain.finding import Finding
from conductor.ports.ci import BuildRun
from conductor.ports.jobs import JobState
from conductor.release.lock import LOCK_REF
from conductor.release.pipeline import run_release
from conductor.release.rollback import changed_targets
from tests.release.world import IMAGE, NEW, OLD, refused


def ended(result):
    return str(result.outcome), result.exit_code, result.cause


def test_a_release_without_trouble_is_verified(scene):
    result = run_release(scene.release())
    assert ended(result) == ("verified", 0, None)
    assert scene.remote.pushes == [scene.revision]
    assert scene.endpoint.patches == [NEW]
    assert LOCK_REF not in scene.remote.refs
    assert result.live == {"production": "sha256:9b1e…"}
    assert result.task_status == "COMPLETE"
    assert list(scene.records.entries) == [f"{scene.id} verified"]


def test_a_second_run_of_the_list_changes_nothing_more(scene):
    run_release(scene.release())
    again = scene.release()
    again.ledger.write("resumed", after="ended")
    assert ended(run_release(again)) == ("verified", 0, None)
    assert scene.remote.pushes == [scene.revision]
    assert scene.endpoint.patches == [NEW]
    assert len(scene.endpoint.jobs.jobs) == 1
    assert scene.outcomes().count(("push", "passed")) == 1


# preflight and gate


def test_an_image_that_can_t_work_is_never_pushed(scene):
    scene.findings = [Finding("PF-WHEEL-001", "wheel is for CPython 3.10", "use another")]
    result = run_release(scene.release())
    assert ended(result) == ("stopped", 1, "PF-WHEEL-001")
    assert [finding.code for finding in result.findings] == ["PF-WHEEL-001"]
    assert scene.remote.pushes == []
    assert scene.records.entries == {}


def test_an_endpoint_that_may_have_no_worker_is_seen_before_the_push(scene):
    scene.endpoint.state = replace(scene.endpoint.state, workers_max=0)
    assert ended(run_release(scene.release())) == ("stopped", 1, "PF-TARGET-001")
    assert scene.remote.pushes == []


def test_whatever_stops_a_release_before_its_push_is_not_written_into_the_records(scene):
    scene.endpoint.fetch_state = lambda: (_ for _ in ()).throw(refused(403))
    assert ended(run_release(scene.release())) == ("stopped", 5, "OUTSIDE")
    assert (scene.remote.pushes, scene.records.entries, scene.records.findings) == ([], {}, [])


def test_a_gate_that_stops_a_release_is_not_written_into_the_records_either(scene):
    (scene.repository.root / "image/handler").write_text("changed")
    assert ended(run_release(scene.release())) == ("stopped", 2, "USAGE")
    assert (scene.remote.pushes, scene.records.entries, scene.records.findings) == ([], {}, [])


# push


def test_a_newer_push_supersedes_a_release_before_it_deploys(scene, commit):
    newer = commit("Third version", image__handler="3")
    scene.registry.fetch_image = lambda *_: scene.remote.refs.update({"refs/heads/main": newer}) or scene.image
    result = run_release(scene.release())
    assert ended(result) == ("superseded", 6, "SUPERSEDED")
    assert scene.endpoint.patches == []
    assert LOCK_REF not in scene.remote.refs


def test_a_release_that_has_begun_to_deploy_is_not_superseded(scene, commit):
    newer = commit("Third version", image__handler="3")

    def push_while_deploying(image):
        scene.endpoint.take(image)
        scene.remote.refs["refs/heads/main"] = newer

    scene.endpoint.on_deploy = push_while_deploying
    assert ended(run_release(scene.release())) == ("verified", 0, None)


# build


def a_run(scene, **changes):
    return replace(scene.builds.found, **changes)


def test_a_run_that_appears_late_is_waited_for_and_the_plain_listing_is_asked_too(scene):
    scene.builds.find = [None] * 6
    assert ended(run_release(scene.release())) == ("verified", 0, None)
    assert False in scene.builds.asked


def test_no_run_within_the_grace_time_is_told_with_its_reason(scene):
    scene.builds.found = None
    scene.builds.absence = "the workflow x is disabled_manually"
    result = run_release(scene.release())
    assert ended(result) == ("stopped", 6, "RUN_NOT_FOUND")
    assert "disabled_manually" in result.message
    assert scene.clock.at == pytest.approx(120, abs=15)


def test_a_commit_that_says_skip_ci_explains_itself(scene, commit):
    commit("Third [skip ci]", image__handler="3")
    again = type(scene)(scene.repository)
    again.builds.found = None
    result = run_release(again.release())
    assert "its message says [skip ci]" in result.message


def test_a_commit_that_only_writes_records_uses_the_image_before_it(scene, commit):
    before = scene.revision
    commit("Write records", JOURNAL="entry")
    later = type(scene)(scene.repository)
    assert later.tree == scene.tree
    later.builds.found = None
    later.registry.images = {before: scene.image}
    later.endpoint.jobs.script = scene.endpoint.jobs.script
    assert ended(run_release(later.release())) == ("verified", 0, None)
    assert later.endpoint.patches == [NEW]


@pytest.mark.parametrize("conclusion", ["failure", "timed_out", "skipped", "action_required", "neutral", "stale"])
def test_a_run_that_does_not_succeed_stops_the_release(scene, conclusion):
    scene.builds.found = a_run(scene, conclusion=conclusion)
    result = run_release(scene.release())
    cause = "TIMED_OUT" if conclusion == "timed_out" else "BUILD_FAILED"
    assert ended(result) == ("stopped", 6, cause)
    assert scene.endpoint.patches == []
    assert ("build", "failed") in scene.outcomes()
    assert scene.records.status == "IN_PROGRESS"
    assert cause in json.dumps(scene.records.entries)
    assert len(scene.records.findings) == 1


def test_a_cancelled_run_cancels_the_release_and_a_second_attempt_takes_it_up(scene):
    green = a_run(scene, attempt=2)
    scene.builds.found = a_run(scene, conclusion="cancelled")
    assert ended(run_release(scene.release())) == ("cancelled", 6, "CANCELLED")
    scene.builds.found = green
    again = scene.release()
    again.ledger.write("resumed", after="ended")
    assert ended(run_release(again)) == ("verified", 0, None)


def test_a_service_that_fails_for_a_while_does_not_end_a_build(scene):
    green = a_run(scene)
    scene.builds.found = a_run(scene, status="in_progress", conclusion=None)
    scene.builds.runs = [refused(503), refused(), a_run(scene, status="queued"), green]
    assert ended(run_release(scene.release())) == ("verified", 0, None)


def test_a_service_that_keeps_failing_stops_the_release_resumably(scene):
    scene.builds.found = a_run(scene, status="in_progress", conclusion=None)
    scene.builds.runs = [refused(503) for _ in range(9)]
    scene.builds.fetch_jobs = lambda _: ()
    assert ended(run_release(scene.release())) == ("stopped", 5, "OUTSIDE")


def test_a_credential_that_is_refused_is_not_asked_with_again(scene):
    scene.builds.find = [refused(401), refused(401)]
    assert ended(run_release(scene.release())) == ("stopped", 5, "OUTSIDE")
    assert len(scene.builds.asked) == 1


def test_a_run_that_never_ends_stops_the_release(scene):
    scene.builds.found = a_run(scene, status="in_progress", conclusion=None)
    scene.builds.fetch_run = lambda _: scene.builds.found
    assert ended(run_release(scene.release())) == ("stopped", 6, "BUILD_TIMEOUT")


# image


def test_a_registry_that_lags_behind_a_green_run_is_asked_again(scene):
    scene.registry.missing_first = 7
    assert ended(run_release(scene.release())) == ("verified", 0, None)


def test_an_image_that_never_comes_stops_the_release(scene):
    scene.registry.images = {}
    assert ended(run_release(scene.release())) == ("stopped", 6, "IMAGE_NOT_FOUND")


@pytest.mark.parametrize(
    ("labels", "platform", "cause"),
    [
        ({"org.opencontainers.image.revision": "b" * 40}, "linux/amd64", "IMAGE_REVISION"),
        ({}, "linux/amd64", "IMAGE_REVISION"),
        ({"io.conductor.context": "c" * 64}, "linux/amd64", "IMAGE_CONTEXT"),
        ({"org.opencontainers.image.revision": "ours"}, "linux/arm64", "IMAGE_PLATFORM"),
    ],
)
def test_an_image_of_something_else_is_never_deployed(scene, labels, platform, cause):
    if cause in {"IMAGE_CONTEXT", "IMAGE_PLATFORM"}:
        labels = {**labels, "org.opencontainers.image.revision": scene.revision}
    scene.registry.images[scene.revision] = replace(scene.image, labels=labels, platform=platform)
    assert ended(run_release(scene.release())) == ("stopped", 6, cause)
    assert scene.endpoint.patches == []


# lock


def test_a_lock_that_another_release_holds_stops_before_anything_is_deployed(scene):
    holder = json.dumps({"release": "r-20260105-090000-aaaaaaa", "host": "elsewhere", "at": "2026-01-05T09:00:00Z"})
    scene.remote.refs[LOCK_REF] = scene.remote.write_note(holder)
    result = run_release(scene.release())
    assert ended(result) == ("stopped", 7, "LOCK_HELD")
    assert "r-20260105-090000-aaaaaaa on elsewhere since 2026-01-05T09:00:00Z" in result.message
    assert "--force-with-lease" in result.hint
    assert scene.endpoint.patches == []
    assert LOCK_REF in scene.remote.refs


# deploy


def test_an_answer_that_is_lost_on_its_way_is_looked_up(scene):
    def lose(image):
        scene.endpoint.take(image)
        raise refused(502)

    scene.endpoint.on_deploy = lose
    assert ended(run_release(scene.release())) == ("verified", 0, None)
    assert scene.endpoint.patches == [NEW]


def test_an_image_the_target_refuses_changes_nothing(scene):
    def refuse(image):
        raise refused(422)

    scene.endpoint.on_deploy = refuse
    result = run_release(scene.release())
    assert ended(result) == ("stopped", 6, "DEPLOY_REFUSED")
    assert scene.endpoint.jobs.jobs == []


def test_a_target_that_says_yes_and_changes_nothing_is_caught(scene):
    scene.endpoint.on_deploy = lambda _: None
    assert ended(run_release(scene.release())) == ("stopped", 6, "DEPLOY_NOT_KEPT")


def test_a_target_that_makes_no_new_release_is_rolled_back(scene):
    def keep_version(image):
        scene.endpoint.state = replace(scene.endpoint.state, image=image)

    scene.endpoint.on_deploy = keep_version
    assert ended(run_release(scene.release())) == ("rolled_back", 6, "DEPLOY_NO_RELEASE")
    assert scene.endpoint.state.image == OLD


# rollout


def test_stale_workers_are_waited_for(scene):
    stale = [lambda one: (one.worker(is_stale=True, image=OLD, version=3), one.worker("INITIALIZING"))]
    scene.endpoint.listings = [*stale * 5, lambda one: (one.worker(),)]
    assert ended(run_release(scene.release())) == ("verified", 0, None)


def test_a_worker_that_is_unhealthy_once_is_no_crash(scene):
    scene.endpoint.listings = [
        *[lambda one: (one.worker("UNHEALTHY"),)] * 2,
        lambda one: (one.worker("INITIALIZING"),),
        *[lambda one: (one.worker("UNHEALTHY"),)] * 2,
        lambda one: (one.worker(),),
    ]
    assert ended(run_release(scene.release())) == ("verified", 0, None)


def test_an_old_worker_that_is_unhealthy_is_no_crash_of_the_new_release(scene):
    scene.endpoint.listings = [
        *[lambda one: (one.worker("UNHEALTHY", is_stale=True, image=OLD), one.worker())] * 9,
        lambda one: (one.worker(),),
    ]
    assert ended(run_release(scene.release())) == ("verified", 0, None)


def test_workers_that_keep_crashing_bring_the_old_image_back_and_a_job_proves_it(scene):
    def workers(one):
        return (one.worker("UNHEALTHY" if one.state.image == NEW else "IDLE"),)

    scene.endpoint.listings = [workers]
    scene.endpoint.log = "starting\nImportError: no flash_attn\nexited"
    result = run_release(scene.release())
    assert ended(result) == ("rolled_back", 6, "WORKERS_UNHEALTHY")
    assert "ImportError: no flash_attn" in result.message
    assert scene.endpoint.patches == [NEW, OLD]
    assert len(scene.endpoint.jobs.jobs) == 1
    assert ("restored", "passed") in scene.outcomes()
    entry = "\n".join(scene.records.entries[f"{scene.id} rolled_back"])
    assert "ImportError" in entry
    assert "serves again, verified by a job" in entry
    assert LOCK_REF not in scene.remote.refs


def test_no_capacity_is_no_reason_to_roll_back_and_the_release_can_go_on(scene):
    scene.endpoint.listings = [lambda one: (one.worker("THROTTLED"),)]
    result = run_release(scene.release())
    assert ended(result) == ("stopped", 8, "CAPACITY")
    assert scene.endpoint.patches == [NEW]
    assert "--resume" in result.hint
    scene.endpoint.listings = None
    again = scene.release()
    again.ledger.write("resumed", after="ended")
    assert ended(run_release(again)) == ("verified", 0, None)


def test_workers_that_never_become_ready_are_rolled_back(scene):
    scene.endpoint.listings = [lambda one: (one.worker("INITIALIZING" if one.state.image == NEW else "IDLE"),)]
    assert ended(run_release(scene.release())) == ("rolled_back", 6, "ROLLOUT_TIMEOUT")


def test_a_target_scaled_to_zero_is_proven_by_its_job(scene):
    scene.endpoint.state = replace(scene.endpoint.state, workers_min=0)
    scene.endpoint.listings = [lambda _: ()]
    assert ended(run_release(scene.release())) == ("verified", 0, None)
    (rollout,) = [line.evidence for line in scene.evidence.lines() if line.evidence.kind == "rollout"]
    assert "the smoke job wakes one" in rollout.detail["summary"]


def test_an_empty_list_is_no_proof_where_a_worker_must_run(scene):
    scene.endpoint.listings = [lambda _: ()]
    assert ended(run_release(scene.release())) == ("stopped", 8, "CAPACITY")


# smoke


@pytest.mark.parametrize(
    "output",
    [
        None,
        "done",
        {},
        {"error": "not a video"},
        {"frames": 0, "width": 320, "height": 180},
        {"frames": 24, "width": 320},
        {"frames": "24", "width": 320, "height": 180},
        {"frames": True, "width": 320, "height": 180},
        {"frames": 24, "width": 320, "height": 180, "revision": "b" * 40},
    ],
)
def test_an_answer_that_proves_nothing_is_rolled_back(scene, output):
    scene.endpoint.jobs.script = [JobState("", "COMPLETED", output)]
    assert ended(run_release(scene.release())) == ("rolled_back", 6, "SMOKE_WRONG")
    assert scene.endpoint.state.image == OLD
    assert ("smoke", "failed") in scene.outcomes()


def test_a_job_that_fails_on_the_old_image_as_well_is_not_called_restored(scene):
    scene.endpoint.jobs.script = [JobState("", "FAILED", error="ValueError: no")]
    result = run_release(scene.release())
    assert ended(result) == ("rollback_failed", 8, "SMOKE_WRONG")
    assert "ended FAILED, not COMPLETED: ValueError: no" in result.message


def test_a_handler_that_tells_no_revision_is_judged_by_its_worker(scene):
    del scene.output["revision"]
    assert ended(run_release(scene.release())) == ("verified", 0, None)


def test_without_revision_and_worker_nothing_is_proven(scene):
    del scene.output["revision"]
    scene.endpoint.state = replace(scene.endpoint.state, workers_min=0)
    scene.endpoint.listings = [lambda _: ()]
    assert ended(run_release(scene.release()))[2] == "SMOKE_WRONG"


def test_a_warm_job_that_is_too_slow_is_rolled_back(scene):
    scene.smoke = SmokeSettings("image/smoke/input.json", max_warm_s=0.5)
    assert ended(run_release(scene.release())) == ("rolled_back", 6, "SMOKE_SLOW")


def test_a_warm_job_in_time_is_a_second_job(scene):
    scene.smoke = SmokeSettings("image/smoke/input.json", max_warm_s=60)
    assert ended(run_release(scene.release())) == ("verified", 0, None)
    assert len(scene.endpoint.jobs.jobs) == 2


@pytest.mark.parametrize(("limit", "cause"), [(60, None), (2, "SMOKE_SLOW")])
def test_a_warm_time_that_the_queue_does_not_tell_is_measured_from_here(scene, limit, cause):
    scene.smoke = SmokeSettings("image/smoke/input.json", max_warm_s=limit)
    scene.endpoint.jobs.script = [JobState("", "IN_QUEUE"), JobState("", "COMPLETED", scene.output)]
    assert run_release(scene.release()).cause == cause


def test_a_job_that_waits_for_a_worker_that_never_comes_is_a_matter_of_capacity(scene):
    scene.endpoint.jobs.script = [JobState("", "IN_QUEUE")]
    result = run_release(scene.release())
    assert ended(result) == ("stopped", 8, "CAPACITY")
    assert scene.endpoint.patches == [NEW]


def test_a_job_that_waits_while_workers_crash_is_not_a_matter_of_capacity(scene):
    scene.endpoint.jobs.script = [JobState("", "IN_QUEUE")]
    healthy = [lambda one: (one.worker(),)]
    scene.endpoint.listings = [*healthy, lambda one: (one.worker("UNHEALTHY" if one.state.image == NEW else "IDLE"),)]
    result = run_release(scene.release())
    assert result.cause == "WORKERS_UNHEALTHY"
    assert result.exit_code == 8


def test_a_queue_that_fails_for_a_while_is_asked_again(scene):
    scene.endpoint.jobs.script = [refused(500), refused(), JobState("", "COMPLETED", scene.output)]
    assert ended(run_release(scene.release())) == ("verified", 0, None)


def test_a_job_whose_result_has_expired_is_sent_again(scene):
    scripts = [[None], [JobState("", "COMPLETED", scene.output)]]
    submit = scene.endpoint.jobs.submit

    def submit_next(body):
        scene.endpoint.jobs.script = scripts.pop(0)
        return submit(body)

    scene.endpoint.jobs.submit = submit_next
    assert ended(run_release(scene.release())) == ("verified", 0, None)
    assert len(scene.endpoint.jobs.jobs) == 2


# rollback


def test_a_first_deployment_that_fails_leaves_nothing_to_put_back(scene):
    scene.endpoint.state = replace(scene.endpoint.state, image="")
    scene.endpoint.jobs.script = [JobState("", "FAILED")]
    result = run_release(scene.release())
    assert ended(result) == ("rollback_failed", 8, "SMOKE_WRONG")
    assert scene.endpoint.patches == [NEW]


def test_an_image_that_was_there_before_is_not_put_back(scene):
    scene.endpoint.take(NEW)
    scene.endpoint.jobs.script = [JobState("", "FAILED")]
    assert ended(run_release(scene.release())) == ("stopped", 6, "SMOKE_WRONG")
    assert scene.endpoint.patches == []


def test_an_image_that_somebody_else_deployed_meanwhile_is_left_alone(scene):
    theirs = f"{IMAGE}@sha256:{'5' * 64}"
    submit = scene.endpoint.jobs.submit

    def interfere(body):
        scene.endpoint.take(theirs)
        scene.endpoint.jobs.script = [JobState("", "FAILED")]
        return submit(body)

    scene.endpoint.jobs.submit = interfere
    assert ended(run_release(scene.release())) == ("rollback_failed", 8, "SMOKE_WRONG")
    assert scene.endpoint.state.image == theirs


def test_a_target_that_refuses_its_old_image_is_not_restored(scene):
    def refuse_old(image):
        if image == OLD:
            raise refused(422)
        scene.endpoint.take(image)

    scene.endpoint.on_deploy = refuse_old
    scene.endpoint.jobs.script = [JobState("", "FAILED")]
    result = run_release(scene.release())
    assert ended(result) == ("rollback_failed", 8, "SMOKE_WRONG")
    assert result.live == {"production": "sha256:9b1e…"}


def test_a_failure_that_was_interrupted_goes_on_as_a_failure(scene):
    scene.endpoint.listings = [lambda one: (one.worker("UNHEALTHY" if one.state.image == NEW else "IDLE"),)]
    release = scene.release()
    release.ledger.write(
        "intent", step="deploy", action="deploy", target="production", image=NEW, previous=OLD, previous_version=3
    )
    scene.endpoint.take(NEW)
    release.ledger.write(
        "failed", step="rollout", cause="WORKERS_UNHEALTHY", message="it crashes", hint="look", outcome="stopped",
        keep=False, exit=6, findings=[], evidence=None, before_push=False,
    )  # fmt: skip
    assert len(changed_targets(release)) == 1
    assert ended(run_release(scene.release())) == ("rolled_back", 6, "WORKERS_UNHEALTHY")
    assert scene.endpoint.patches == [OLD]


def test_ctrl_c_leaves_a_line_and_everything_as_it_is(scene):
    def interrupt(_):
        raise KeyboardInterrupt

    scene.endpoint.on_deploy = interrupt
    release = scene.release()
    with pytest.raises(KeyboardInterrupt):
        run_release(release)
    assert release.ledger.lines[-1]["event"] == "interrupted"
    assert LOCK_REF in scene.remote.refs
    scene.endpoint.on_deploy = None
    assert ended(run_release(scene.release())) == ("verified", 0, None)
    assert LOCK_REF not in scene.remote.refs


def test_records_that_can_t_be_written_do_not_hide_a_failure(scene):
    def refuse(*_):
        raise refused()

    scene.records.write_entry = refuse
    scene.builds.found = a_run(scene, conclusion="failure")
    assert ended(run_release(scene.release())) == ("stopped", 6, "BUILD_FAILED")


def test_times_of_a_run_are_told(scene):
    scene.builds.found = BuildRun(
        17, 3, 1, "completed", "success", scene.revision, "u", "2026-01-05T10:00:00Z", "2026-01-05T10:00:04Z",
        "2026-01-05T10:03:16Z",
    )  # fmt: skip
    run_release(scene.release())
    (build,) = [line.evidence for line in scene.evidence.lines() if line.evidence.kind == "build"]
    assert build.detail["summary"] == "run 3 attempt 1: queued 4 s, build 3 m 12 s, 1 steps"
