"""What is told of a release that is under way, was interrupted, or was taken up again."""

import pytest

from conductor.release.ledger import Ledger
from conductor.release.status import describe_release
from tests.release.world import Clock

NAME = "r-20260105-103100-4f2a91c"


@pytest.fixture
def ledger(tmp_path):
    made = Ledger(tmp_path / f"{NAME}.jsonl", Clock())
    made.write("started", revision="a" * 40, branch="main", context="c", targets=["staging", "production"], task="T-1")
    return made


def step(ledger, name, state, **more):
    ledger.write("step", step=name, state=state, **more)


def fail(ledger, name, **more):
    ledger.write("failed", step=name, cause="WHY", message="it broke", **more)


def end(ledger, outcome, **more):
    ledger.write("ended", outcome=outcome, **{"cause": None, "live": {}, "exit": 0, **more})


def test_a_release_that_has_just_begun_tells_nothing_that_it_does_not_know(ledger):
    assert describe_release(ledger) == {
        "id": NAME,
        "state": "interrupted",
        "outcome": None,
        "cause": None,
        "message": None,
        "exit": None,
        "revision": "a" * 40,
        "branch": "main",
        "kind": "release",
        "promoted_from": None,
        "context": "c",
        "targets": ["staging", "production"],
        "previous": {},
        "image": None,
        "live": None,
        "steps": [],
        "task": "T-1",
        "task_status": None,
        "journal": None,
        "started_at": "2026-01-05T10:31:00Z",
        "ended_at": None,
        "resumable": True,
        "lock": None,
        "damage": None,
        "worker_logs": [],
    }


def test_running_is_only_what_has_not_ended(ledger):
    assert describe_release(ledger, running=True)["state"] == "running"
    end(ledger, "stopped")
    assert describe_release(ledger, running=True)["state"] == "ended"


@pytest.mark.parametrize(
    ("outcome", "resumable"),
    [("stopped", True), ("cancelled", True), ("verified", False), ("rolled_back", False), ("rollback_failed", True), ("superseded", False)],
)  # fmt: skip
def test_only_what_proved_something_or_was_overtaken_is_final(ledger, outcome, resumable):
    end(ledger, outcome)
    assert describe_release(ledger)["resumable"] is resumable
    ledger.write("resumed", after="ended")
    assert describe_release(ledger)["resumable"] is True


def test_a_failure_is_told_while_it_is_handled_and_after_it(ledger):
    fail(ledger, "build")
    assert (describe_release(ledger)["cause"], describe_release(ledger)["message"]) == ("WHY", "it broke")
    end(ledger, "stopped", cause="WHY", exit=6, live={"production": "sha256:9b1e…"})
    told = describe_release(ledger)
    assert (told["cause"], told["message"], told["exit"]) == ("WHY", "it broke", 6)
    assert told["live"] == {"production": "sha256:9b1e…"}
    assert told["ended_at"] == "2026-01-05T10:31:00Z"


def test_a_failure_that_a_resume_left_behind_is_not_told_of_the_release(ledger):
    fail(ledger, "build")
    ledger.write("resumed", after="ended")
    end(ledger, "verified")
    told = describe_release(ledger)
    assert (told["cause"], told["message"]) == (None, None)


def test_each_step_is_told_once_as_it_stands_last_and_in_its_order(ledger):
    step(ledger, "push", "begun")
    step(ledger, "push", "done", summary="pushed", seconds=1.5, evidence="e#1")
    step(ledger, "build", "begun")
    fail(ledger, "build", seconds=3, evidence="e#2")
    step(ledger, "deploy", "begun", target="staging")
    step(ledger, "deploy", "done", target="staging", summary="s")
    step(ledger, "deploy", "begun", target="production")
    told = describe_release(ledger)["steps"]
    assert told == [
        {"name": "push", "target": None, "state": "done", "summary": "pushed", "seconds": 1.5, "evidence": "e#1"},
        {"name": "build", "target": None, "state": "failed", "summary": "it broke", "seconds": 3, "evidence": "e#2"},
        {"name": "deploy", "target": "staging", "state": "done", "summary": "s", "seconds": None, "evidence": None},
        {
            "name": "deploy",
            "target": "production",
            "state": "begun",
            "summary": None,
            "seconds": None,
            "evidence": None,
        },
    ]
    step(ledger, "build", "begun")
    assert describe_release(ledger)["steps"][1]["state"] == "begun"


@pytest.mark.parametrize(("restored", "state"), [(True, "done"), (False, "failed")])
def test_a_rollback_is_a_step_of_its_target(ledger, restored, state):
    ledger.write("result", action="rollback", target="staging", restored=restored, what="the old one")
    ledger.write("result", action="rollback_job", target="staging", job="j1")
    ledger.write("intent", action="rollback", target="production", image="x")
    assert describe_release(ledger)["steps"] == [
        {"name": "rollback", "target": "staging", "state": state, "summary": "the old one", "seconds": None, "evidence": None}
    ]  # fmt: skip


def test_what_stood_there_before_is_that_of_the_first_deployment(ledger):
    for image, previous in (("new", "old"), ("newer", "new")):
        ledger.write("intent", action="deploy", target="staging", image=image, previous=previous)
    ledger.write("intent", action="deploy", target="production", image="newer", previous="other")
    ledger.write("intent", action="rollback", target="production", image="other")
    told = describe_release(ledger)
    assert told["previous"] == {"staging": "old", "production": "other"}
    assert told["image"] == "newer"


def test_the_records_tell_the_task_where_they_were_written(ledger):
    ledger.write("result", action="records", task="T-2", task_status="COMPLETE", journal="2026-01-05 10:31")
    told = describe_release(ledger)
    assert (told["task"], told["task_status"], told["journal"]) == ("T-2", "COMPLETE", "2026-01-05 10:31")
