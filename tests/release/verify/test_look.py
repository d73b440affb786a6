"""Looking at a target: each way in which what runs can differ from what was proven, and each in which it does not."""

from __future__ import annotations

import json
import socket
from dataclasses import replace

import pytest

from conductor.domain.evidence import Evidence, Outcome
from conductor.ports.registry import ImageFacts
from conductor.ports.target import TargetRelease
from conductor.providers.clock import SystemClock
from conductor.records.again import Services
from conductor.release.ledger import Ledger, releases_dir
from conductor.release.lock import LOCK_REF, hold_local_lock
from conductor.release.verify.expected import find_expected
from conductor.release.verify.look import Look
from conductor.release.verify.under_way import find_under_way
from conductor.release.verify.verdict import Standing, exit_code
from tests.release.world import BUILD, IMAGE, NEW, OLD, away

NEW_DIGEST, OLD_DIGEST = NEW.rpartition("@")[2], OLD.rpartition("@")[2]


def prove(scene, digest=NEW_DIGEST, *, writer=None, target="production", kind="smoke", at="2026-01-05T10:40:00Z"):
    """Write the evidence of a release that found, deployed and proved that digest."""
    writer, reference = writer or scene.id, f"{IMAGE}@{digest}"
    detail = {"revision": scene.revision, "context": scene.tree}
    for evidence in (
        Evidence("image", digest, Outcome.PASSED, at, reference, detail),
        Evidence("deployed", f"{target}@{digest}", Outcome.PASSED, at, reference, {}),
        Evidence(kind, f"{target}@{digest}", Outcome.PASSED, at, "job j1" if kind == "smoke" else reference, {}),
    ):
        scene.evidence.append(writer, evidence)


@pytest.fixture
def live(scene):
    """Return a scene whose endpoint serves what a release has proven."""
    prove(scene)
    scene.endpoint.state = replace(scene.endpoint.state, image=NEW, version=4)
    scene.registry.images[NEW_DIGEST] = scene.image
    return scene


def look(scene, under_way=lambda: None, **changes):
    def refuse():
        raise AssertionError("not asked for")

    services = Services(
        repository=scene.repository, image=IMAGE, platform="linux/amd64", workflow=BUILD.workflow, branch="main",
        remote=refuse, builds=refuse, registry=lambda: scene.registry, target=lambda _name: scene.endpoint,
    )  # fmt: skip
    return Look(replace(services, **changes), BUILD, scene.evidence.lines(), under_way).at("production")


def standings(verdict):
    return {check.name: str(check.standing) for check in verdict.checks}


def test_what_a_release_has_proven_and_still_runs_is_the_same(live):
    verdict = look(live)
    assert set(standings(verdict).values()) == {"same"}
    assert (verdict.expected, verdict.serves, verdict.release) == (NEW, NEW, live.id)
    assert (verdict.revision, verdict.context) == (live.revision, live.tree)
    assert (verdict.findings, verdict.notes, exit_code([verdict])) == ([], [], 0)


def test_a_target_that_no_release_has_proven_is_nothing_and_is_not_asked(scene):
    def ask(_name):
        raise AssertionError("asked")

    verdict = look(scene, target=ask)
    assert (verdict.standing, exit_code([verdict])) == (Standing.NOTHING, 3)


@pytest.mark.parametrize(
    ("image", "told"),
    [
        (f"{IMAGE}@sha256:{'a' * 64}", "no release on record knows it"),
        (f"{IMAGE}:latest", "deployed by its tag"),
        ("somebody/else", "deployed by its tag, or by hand"),
        ("", "nothing proves what that is"),
    ],
)
def test_another_image_is_a_drift_that_names_both_and_the_way_back(live, image, told):
    live.endpoint.state = replace(live.endpoint.state, image=image)
    verdict = look(live)
    (finding,) = verdict.findings
    assert exit_code([verdict]) == 1
    assert told in finding.message
    assert "not sha256:9b1e…" in finding.message
    assert f"conductor rollback --to {NEW_DIGEST[:19]} --target production" in finding.remedy


def test_a_drift_says_since_which_of_the_targets_own_releases(live):
    other = f"{IMAGE}@sha256:{'a' * 64}"
    live.endpoint.state = replace(live.endpoint.state, image=other, version=9)
    live.endpoint.fetch_releases = lambda: (
        TargetRelease(9, None, None, "2026-01-09T00:00:00Z"),
        TargetRelease(8, NEW, other, "2026-01-08T00:00:00Z"),
        TargetRelease(4, OLD, NEW, "2026-01-05T10:40:00Z"),
    )
    verdict = look(live)
    assert verdict.since == "release 8 of it (2026-01-08T00:00:00Z)"
    assert verdict.since in verdict.findings[0].message


def test_a_target_whose_history_does_not_answer_drifts_all_the_same(live):
    def fail():
        raise away()

    live.endpoint.state = replace(live.endpoint.state, image=OLD)
    live.endpoint.fetch_releases = fail
    verdict = look(live)
    assert (verdict.standing, verdict.since) == (Standing.DRIFT, None)


def test_an_image_that_a_release_deployed_and_never_proved_names_that_release(live):
    live.evidence.append(
        "r-20260106-100000-1234567",
        Evidence("deployed", f"production@{OLD_DIGEST}", Outcome.PASSED, "2026-01-06T10:00:00Z", OLD, {}),
    )
    live.endpoint.state = replace(live.endpoint.state, image=OLD)
    (finding,) = look(live).findings
    assert "r-20260106-100000-1234567 deployed it and no job has proven it" in finding.message
    assert "conductor release --resume r-20260106-100000-1234567" in finding.remedy


def test_an_image_that_an_earlier_release_proved_is_a_drift_too_and_names_it(live):
    prove(live, OLD_DIGEST, writer="r-20260101-100000-1234567", at="2026-01-01T10:00:00Z")
    live.endpoint.state = replace(live.endpoint.state, image=OLD)
    assert "r-20260101-100000-1234567 had proven that one before" in look(live).findings[0].message


def test_after_a_rollback_what_it_put_back_is_expected(live):
    prove(live, OLD_DIGEST, writer="r-20260101-100000-1234567", at="2026-01-01T10:00:00Z")
    restored = Evidence("restored", f"production@{OLD_DIGEST}", Outcome.PASSED, "2026-01-05T11:00:00Z", OLD, {})
    live.evidence.append(live.id, restored)
    live.endpoint.state = replace(live.endpoint.state, image=OLD)
    live.registry.images[OLD_DIGEST] = replace(live.image, digest=OLD_DIGEST)
    verdict = look(live)
    assert (verdict.standing, verdict.expected) == (Standing.SAME, OLD)


def test_the_proof_of_another_target_and_a_job_that_failed_expect_nothing(scene):
    prove(scene, target="production2")
    scene.evidence.append(
        scene.id, Evidence("smoke", f"production@{NEW_DIGEST}", Outcome.FAILED, "2026-01-05T10:40:00Z", "job j1", {})
    )
    assert find_expected(scene.evidence.lines(), "production") is None


def test_a_release_under_way_is_no_drift(live):
    live.endpoint.state = replace(live.endpoint.state, image=OLD)
    verdict = look(live, lambda: "release r-1 on other since noon")
    assert (verdict.standing, exit_code([verdict]), verdict.findings) == (Standing.UNDER_WAY, 7, [])


def test_a_target_that_does_not_answer_is_unknown_and_the_registry_is_asked_all_the_same(live):
    def fail():
        raise away()

    live.endpoint.fetch_state = fail
    verdict = look(live)
    assert exit_code([verdict]) == 5
    assert standings(verdict)["registry"] == "same"
    assert verdict.serves is None


def test_a_registry_that_does_not_answer_is_unknown(live):
    def fail(*_asked):
        raise away()

    live.registry.fetch_image = fail
    assert (look(live).standing, exit_code([look(live)])) == (Standing.UNKNOWN, 5)


def test_a_drift_counts_more_than_somebody_who_does_not_answer(live):
    def fail(*_asked):
        raise away()

    live.registry.fetch_image = fail
    live.endpoint.state = replace(live.endpoint.state, image=OLD)
    assert exit_code([look(live)]) == 1


@pytest.mark.parametrize(
    ("image", "told"),
    [
        (None, "the registry has sha256:9b1e… no more"),
        (ImageFacts(IMAGE, NEW_DIGEST, "linux/amd64", {}), "its label says revision nothing"),
        (
            ImageFacts(IMAGE, NEW_DIGEST, "linux/amd64", {"org.opencontainers.image.revision": "f" * 40}),
            "its label says revision fffffff",
        ),
    ],
)
def test_an_image_that_is_gone_or_says_another_revision_is_a_drift(live, image, told):
    live.registry.images[NEW_DIGEST] = image
    (finding,) = look(live).findings
    assert finding.code == "DRIFT_REGISTRY"
    assert told in finding.message


def test_a_tag_that_was_pushed_over_is_a_note_because_what_runs_is_what_was_proven(live):
    live.registry.images[live.revision] = replace(live.image, digest=OLD_DIGEST)
    verdict = look(live)
    assert verdict.standing is Standing.SAME
    assert any("names sha256:77c0… by now" in note for note in verdict.notes)


def test_a_label_of_another_build_context_is_a_drift(live):
    labels = {**live.image.labels, "io.conductor.context": "0" * 64}
    live.registry.images[NEW_DIGEST] = replace(live.image, labels=labels)
    assert [finding.code for finding in look(live).findings] == ["DRIFT_CONTEXT"]


def test_commits_that_are_not_released_are_a_note(live, commit):
    commit("Third version", image__handler="3")
    verdict = look(live)
    assert verdict.standing is Standing.SAME
    assert any("builds from other files: it is not released" in note for note in verdict.notes)


def test_a_commit_that_only_writes_records_is_not_even_a_note(live, commit):
    commit("Write the journal", JOURNAL="x")
    assert look(live).notes == []


@pytest.mark.parametrize(
    ("workers", "told"),
    [
        ([{"image": OLD}], "worker w1 runs sha256:77c0…, not sha256:9b1e…"),
        ([{"status": "UNHEALTHY"}], "all of its workers (1) are unhealthy"),
        ([{"status": "UNHEALTHY"}, {"status": "UNHEALTHY", "id": "w2"}], "all of its workers (2) are unhealthy"),
    ],
)
def test_workers_that_do_not_serve_it_are_a_drift(live, workers, told):
    live.endpoint.listings = [[live.endpoint.worker(**changes) for changes in workers]]
    (finding,) = look(live).findings
    assert (finding.code, told in finding.message) == ("DRIFT_WORKERS", True)


@pytest.mark.parametrize(
    "workers",
    [
        [],
        [{}],
        [{"status": "INITIALIZING"}],
        [{"status": "THROTTLED"}],
        [{"status": "a word that nobody knows"}],
        [{"image": None}],
        [{"image": OLD, "is_stale": True}],
        [{}, {"status": "UNHEALTHY", "id": "w2"}],
    ],
)
def test_workers_that_come_and_go_are_no_drift(live, workers):
    live.endpoint.listings = [[live.endpoint.worker(**changes) for changes in workers]]
    assert look(live).standing is Standing.SAME


def test_a_target_that_may_have_no_workers_serves_nothing(live):
    live.endpoint.state = replace(live.endpoint.state, workers_max=0)
    (finding,) = look(live).findings
    assert "may have 0 workers" in finding.message


def test_an_image_of_another_name_than_configured_is_not_asked_for(live):
    live.evidence.append(
        "r-20260106-100000-1234567",
        Evidence("restored", f"production@{OLD_DIGEST}", Outcome.PASSED, "2026-01-06T10:00:00Z", f"ghcr.io/a/b@{OLD_DIGEST}", {}),
    )  # fmt: skip
    live.endpoint.state = replace(live.endpoint.state, image=f"ghcr.io/a/b@{OLD_DIGEST}")
    live.registry.images = None
    verdict = look(live)
    assert verdict.standing is Standing.SAME
    assert verdict.notes[0].startswith("registry: not asked")


class TestUnderWay:
    def find(self, scene):
        return find_under_way(scene.repository, lambda: scene.remote, scene.clock)

    def hold(self, scene, **changes):
        note = {"release": scene.id, "host": "elsewhere", "at": "2026-01-05T10:00:00Z", **changes}
        scene.remote.refs[LOCK_REF] = scene.remote.write_note(json.dumps(note))

    def test_nobody_holds_a_lock(self, scene):
        assert self.find(scene) is None

    def test_a_process_here_does(self, scene):
        with hold_local_lock(scene.repository.common_dir):
            assert self.find(scene) == "a release from this clone"

    def test_another_host_does(self, scene):
        self.hold(scene)
        assert self.find(scene) == f"release {scene.id} on elsewhere since 2026-01-05T10:00:00Z"

    @pytest.mark.parametrize(
        "changes", [{"at": "2026-01-05T01:00:00Z"}, {"at": "soon"}, {"at": None}, {"at": "2026-01-05"}]
    )
    def test_a_lock_that_is_hours_old_or_says_no_time_does_not_count(self, scene, changes):
        self.hold(scene, **changes)
        assert self.find(scene) is None

    def test_one_that_a_killed_release_of_this_clone_left_behind_does_not_count(self, scene):
        Ledger(releases_dir(scene.repository.common_dir) / f"{scene.id}.jsonl", SystemClock()).write("started")
        self.hold(scene, host=socket.gethostname())
        assert self.find(scene) is None

    def test_a_remote_that_does_not_answer_tells_of_nobody(self, scene):
        def fail(_ref):
            raise away()

        scene.remote.read_note = fail
        assert self.find(scene) is None
