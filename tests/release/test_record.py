"""The records tell what is proven: what a task rests on from before is asked again, and what differs is kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conductor.domain.evidence import Evidence, Outcome
from conductor.errors import UsageProblem
from conductor.release.context import Release
from conductor.release.steps.record import Record, find_target, keep_what_differs
from conductor.release.steps.recorded import keep_evidence

TASK = "TASK-2026-01-05-001"


@pytest.fixture
def earlier(scene):
    """Return the evidence of an earlier push of this commit, which the task rests on."""
    subject = Evidence(
        "push", scene.revision, Outcome.PASSED, "2026-01-04T10:00:00Z", "host refs/heads/main", {"summary": "x"}
    )
    return scene.evidence.append("r-20260104-100000-0000000", subject)


@pytest.fixture
def release(scene, earlier):
    made = scene.release()
    made.image = scene.image
    return Release(
        made.id,
        made.plan,
        replace(made.world, proofs=lambda task: [earlier] if task == TASK else []),
        made.ledger,
        made.observer,
    )


def kept(scene):
    return [(line.evidence.kind, line.evidence.outcome) for line in scene.evidence.lines(scene.id)]


def test_what_the_world_says_instead_becomes_evidence(scene, release):
    keep_what_differs(release, TASK)
    assert kept(scene) == [("push", Outcome.FAILED)]


def test_what_the_world_says_still_is_not_written_again(scene, release):
    scene.remote.refs["refs/heads/main"] = scene.revision
    keep_what_differs(release, TASK)
    assert kept(scene) == []


def test_what_this_release_has_seen_itself_is_not_asked_again(scene, release):
    keep_evidence(release, release.observe("push", scene.revision, "pushed", "host refs/heads/main"))
    keep_what_differs(release, TASK)
    assert kept(scene) == [("push", Outcome.PASSED)]


def test_another_target_can_not_be_asked_by_this_release(release):
    assert find_target(release, "production").name == "production"
    with pytest.raises(UsageProblem, match="this release does not go to staging"):
        find_target(release, "staging")


def test_the_task_is_ticked_and_told(scene, release):
    evidence = Record().run(release)
    assert evidence.detail["summary"] == f"{TASK} COMPLETE, journal 2026-01-05 10:31"
    assert ("push", Outcome.FAILED) in kept(scene)
    result = release.ledger.last("result", action="records")
    assert (result["task"], result["task_status"], result["journal"]) == (TASK, "COMPLETE", "2026-01-05 10:31")


def test_without_a_task_only_the_journal_tells(scene):
    release = scene.release(task=None)
    evidence = Record().run(release)
    assert evidence.detail["summary"] == "no task in progress, journal 2026-01-05 10:31"
    assert release.ledger.last("result", action="records")["task_status"] is None
    assert scene.records.status == "IN_PROGRESS"
    assert list(scene.records.entries) == [f"{scene.id} verified"]
