"""Promotions and returns: what may be named, what they plan, and how they end where the world says otherwise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conductor.config.settings import Settings, SmokeSettings, TargetSettings
from conductor.domain.evidence import Evidence, Outcome
from conductor.errors import NothingToDo, UsageProblem
from conductor.release.context import Release
from conductor.release.known import choose_pair, find_promoted, find_wanted, plan_known, plan_known_again
from conductor.release.ledger import Ledger, releases_dir
from conductor.release.pipeline import describe_steps, list_steps, run_release
from conductor.release.run import describe_known, require_other_image, write_start
from conductor.release.verify.expected import find_expected
from tests.release.world import BUILD, IMAGE, NEW, OLD, Endpoint, Silence

NEW_DIGEST, OLD_DIGEST = NEW.rpartition("@")[2], OLD.rpartition("@")[2]
STAGING = TargetSettings("staging", "serverless", "e0")
PRODUCTION = TargetSettings("production", "serverless", "e1", after="staging")
OTHER = TargetSettings("other", "serverless", "e2")
SETTINGS = Settings(build=BUILD, targets=(STAGING, PRODUCTION, OTHER), smoke=SmokeSettings("image/smoke/input.json"))
FIRST, SECOND = "r-20260101-100000-1234567", "r-20260102-100000-1234567"


def prove(scene, release, digest, *targets, kind="smoke", revision=None):
    at = f"2026-01-{release[8:10]}T10:00:00Z"
    detail = {"revision": revision or scene.revision, "context": scene.tree}
    scene.evidence.append(release, Evidence("image", digest, Outcome.PASSED, at, f"{IMAGE}@{digest}", detail))
    for target in targets:
        source = "job j1" if kind == "smoke" else f"{IMAGE}@{digest}"
        scene.evidence.append(release, Evidence(kind, f"{target}@{digest}", Outcome.PASSED, at, source, {}))


@pytest.fixture
def proven(scene, commit):
    """Return a scene in which staging serves and has proven NEW, and production the older OLD."""
    commit("Add a job", image__smoke__input_json='{"input": {}}')
    commit("Name it", **{"image/smoke/input.json": '{"input": {"video": "x"}}'})
    scene.__post_init__()
    prove(scene, FIRST, OLD_DIGEST, "staging", "production")
    prove(scene, SECOND, NEW_DIGEST, "staging")
    scene.staging = Endpoint(scene.output, NEW)
    scene.registry.images[NEW_DIGEST] = scene.image
    scene.registry.images[OLD_DIGEST] = replace(scene.image, digest=OLD_DIGEST)
    return scene


def promotion(scene):
    expected = find_promoted(scene.evidence.lines(), "staging")
    return plan_known(scene.repository, SETTINGS, expected, PRODUCTION, source=STAGING)


def begin(scene, plan):
    ledger = Ledger(releases_dir(scene.repository.common_dir) / f"{scene.id}.jsonl", scene.clock)
    write_start(ledger, plan, grant=None)
    world = replace(scene.world(), targets={"production": scene.endpoint, "staging": scene.staging})
    return Release(scene.id, plan, world, ledger, Silence())


def test_a_promotion_brings_the_proven_digest_without_a_push_or_a_build(proven):
    release = begin(proven, promotion(proven))
    result = run_release(release)
    assert (str(result.outcome), result.exit_code) == ("verified", 0)
    assert proven.endpoint.patches == [NEW]
    assert (proven.staging.patches, proven.remote.pushes, proven.builds.asked) == ([], [], [])
    assert result.live == {"production": "sha256:9b1e…"}
    (entry,) = proven.records.entries.values()
    assert entry[0] == f"Promoted {proven.revision[:7]} from staging to production"
    assert find_expected(proven.evidence.lines(), "production").digest == NEW_DIGEST


def test_a_promotion_whose_job_fails_is_put_back_and_leaves_the_source_alone(proven):
    proven.endpoint.jobs.script[1] = replace(proven.endpoint.jobs.script[1], output={"frames": 0})

    release = begin(proven, promotion(proven))
    result = run_release(release)
    assert (str(result.outcome), result.cause, result.exit_code) == ("rolled_back", "SMOKE_WRONG", 6)
    assert proven.endpoint.patches == [NEW, OLD]
    assert proven.staging.patches == []


@pytest.mark.parametrize("image", [OLD, f"{IMAGE}:latest", ""])
def test_what_the_source_does_not_serve_any_more_is_not_promoted(proven, image):
    proven.staging.state = replace(proven.staging.state, image=image)
    result = run_release(begin(proven, promotion(proven)))
    assert (result.cause, result.exit_code, proven.endpoint.patches) == ("SOURCE_DRIFT", 6, [])
    assert "conductor verify --target staging" in result.hint


def test_an_image_that_the_registry_lost_is_not_promoted(proven):
    del proven.registry.images[NEW_DIGEST]
    result = run_release(begin(proven, promotion(proven)))
    assert (result.cause, proven.endpoint.patches) == ("IMAGE_NOT_FOUND", [])


def test_a_target_without_workers_is_found_before_it_is_changed(proven):
    proven.endpoint.state = replace(proven.endpoint.state, workers_max=0)
    result = run_release(begin(proven, promotion(proven)))
    assert (result.cause, proven.endpoint.patches) == ("PF-TARGET-001", [])


def test_a_newer_push_does_not_supersede_a_promotion(proven, commit):
    plan = promotion(proven)
    proven.remote.refs["refs/heads/main"] = commit("Go on")
    assert str(run_release(begin(proven, plan)).outcome) == "verified"


def test_a_promotion_goes_on_from_its_ledger_with_the_same_image(proven):
    plan = promotion(proven)
    release = begin(proven, plan)
    assert plan_known_again(proven.repository, SETTINGS, release.ledger.started) == plan
    with pytest.raises(UsageProblem, match="target staging is gone"):
        plan_known_again(proven.repository, replace(SETTINGS, targets=(PRODUCTION,)), release.ledger.started)


def test_what_serves_already_and_is_proven_there_is_nothing_to_do(proven):
    plan = promotion(proven)
    run_release(begin(proven, plan))
    world = replace(proven.world(), targets={"production": proven.endpoint})
    with pytest.raises(NothingToDo, match="production serves sha256:9b1e… already"):
        require_other_image(plan, world)
    proven.endpoint.state = replace(proven.endpoint.state, image=OLD)
    require_other_image(plan, world)


def test_nothing_proven_is_nothing_to_promote(scene):
    with pytest.raises(NothingToDo, match="nothing to promote"):
        find_promoted(scene.evidence.lines(), "staging")


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        (("staging", "staging"), "to itself"),
        (("other", "production"), "promoted from staging, not from other"),
        (("production", "staging"), "the other way round"),
        (("moon", "production"), "no target 'moon'"),
        (("staging", "moon"), "no target 'moon'"),
    ],
)
def test_a_pair_that_the_configuration_does_not_know_is_refused(pair, words):
    with pytest.raises(UsageProblem, match=words):
        choose_pair(SETTINGS, *pair)


def test_a_pair_without_an_order_may_be_promoted_either_way():
    assert choose_pair(SETTINGS, "staging", "other") == (STAGING, OTHER)
    assert choose_pair(SETTINGS, "staging", "production") == (STAGING, PRODUCTION)


@pytest.mark.parametrize(
    "wanted",
    [SECOND, NEW_DIGEST, NEW, NEW_DIGEST[:19], "sha256:9b1e…", "sha256:9b1e...", "9b1e9b1e", f"{IMAGE}@sha256:9b1e"],
)
def test_what_was_proven_is_named_by_its_release_or_its_digest(proven, wanted):
    target, expected = find_wanted(SETTINGS, proven.evidence.lines(), wanted, None)
    assert (target, expected.digest) == (STAGING, NEW_DIGEST)


@pytest.mark.parametrize(
    ("wanted", "target", "words"),
    [
        (FIRST, None, "names several: sha256:77c0… at staging, sha256:77c0… at production"),
        ("sha256:77c0", None, "names several"),
        (SECOND, "production", f"{SECOND} has proven no image at production"),
        ("r-20260109-100000-1234567", None, "no job has ever proven"),
        ("sha256:dead", None, "no job has ever proven"),
        ("latest", None, "neither a release nor a digest"),
        ("sha256:", None, "neither a release nor a digest"),
        ("9b1", None, "neither a release nor a digest"),
        ("r-2026", None, "neither a release nor a digest"),
        (SECOND, "moon", "no target 'moon'"),
    ],
)
def test_what_is_not_proven_or_not_one_is_refused_with_what_there_is(proven, wanted, target, words):
    with pytest.raises(UsageProblem, match=words) as refused:
        find_wanted(SETTINGS, proven.evidence.lines(), wanted, target)
    if "no job" in words or "no image" in words:
        assert f"{FIRST} (sha256:77c0…" in refused.value.hint


def test_a_target_is_named_where_several_have_proven_it(proven):
    target, expected = find_wanted(SETTINGS, proven.evidence.lines(), FIRST, "production")
    assert (target, expected.digest) == (PRODUCTION, OLD_DIGEST)


def test_a_return_is_proven_like_a_release_and_says_what_it_is(proven):
    proven.endpoint.state = replace(proven.endpoint.state, image=NEW)
    _, expected = find_wanted(SETTINGS, proven.evidence.lines(), "sha256:77c0", "production")
    plan = plan_known(proven.repository, SETTINGS, expected, PRODUCTION)
    result = run_release(begin(proven, plan))
    assert (str(result.outcome), proven.endpoint.patches) == ("verified", [OLD])
    (entry,) = proven.records.entries.values()
    assert entry[0] == f"Put {proven.revision[:7]} back on production"


def test_the_job_of_a_revision_that_has_none_is_heads(proven, git):
    first = git("rev-list", "--max-parents=0", "HEAD", cwd=proven.repository.root)
    prove(proven, SECOND, f"sha256:{'c' * 64}", "staging", revision=first)
    _, expected = find_wanted(SETTINGS, proven.evidence.lines(), "sha256:cccc", None)
    plan = plan_known(proven.repository, SETTINGS, expected, STAGING)
    assert (plan.revision, plan.smoke_body) == (first, {"input": {"video": "x"}})


@pytest.mark.parametrize(("revision", "words"), [("f" * 40, "not in this clone"), ("", "nothing on record says")])
def test_an_image_of_a_commit_that_is_not_here_can_t_be_judged(proven, revision, words):
    _, expected = find_wanted(SETTINGS, proven.evidence.lines(), NEW_DIGEST, None)
    with pytest.raises(UsageProblem, match=words):
        plan_known(proven.repository, SETTINGS, replace(expected, revision=revision or None), STAGING)


def test_the_plan_of_a_promotion_shows_its_steps(proven):
    plan = promotion(proven)
    assert [step.name for step in list_steps(plan)] == ["preflight", "image", "deploy", "rollout", "smoke", "record"]
    told = "\n".join(describe_steps(plan))
    assert f"proven by {SECOND}; staging serves it, the registry has it" in told
    assert "push" not in told
    assert describe_known(plan.known) == {"digest": NEW_DIGEST, "release": SECOND, "source": "staging"}
