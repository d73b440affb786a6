"""Every request that the providers send and every answer of the stand-ins, against what GitHub and RunPod publish."""

from __future__ import annotations

import json

import pytest

from conductor.cli.perform import perform
from conductor.cli.progress import Silence
from conductor.rehearsal.drills import DRILLS
from tests.contracts.contract import FOLDER, Contract
from tests.rehearsal.conftest import call
from tests.waiting import wait_until

CONTRACTS = {name: Contract(name) for name in ("github", "runpod")}
# Between them they meet every answer that a release reads: late runs, a matrix, approvals, logs, rollbacks, limits.
PLAYED = (None, *map(DRILLS.get, ("matrix-cancelled", "no-run", "waits-for-approval", "pull-denied",
                                  "second-target-fails", "rollback-unproven", "scaled-to-zero")))  # fmt: skip


@pytest.mark.parametrize("drill", PLAYED, ids=lambda drill: drill.name if drill else "happy")
def test_what_is_sent_and_answered_is_as_published(drill, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    record = perform(None, drill, keep=False, opened=lambda _: None, observer=Silence).record
    exchanges = [json.loads(line) for line in (record / "exchanges.jsonl").read_text().splitlines()]
    judged = [one for one in exchanges if one["server"] in CONTRACTS and not is_spoilt(one)]
    assert {one["server"] for one in judged} == set(CONTRACTS)
    assert [fault for one in judged for fault in CONTRACTS[one["server"]].find_faults(one)] == []


def is_spoilt(exchange):
    """Tell whether the drill broke the answer on purpose."""
    return exchange["status"] == 500


def test_what_the_stand_in_for_github_answers_beside_a_release_is_as_published(stage):
    token = stage.info.environment["GITHUB_TOKEN"]
    here = f"{stage.github.base_url}/repos/{stage.info.slug}"
    run = wait_until(lambda: next((one for one in stage.actions.runs if one.latest.conclusion), None))
    before = len(stage.recorder.exchanges)
    for path in ("", "/actions/permissions", "/actions/workflows", "/actions/workflows/build-worker.yml",
                 f"/actions/runs/{run.id}", f"/actions/jobs/{run.latest.job_id}", f"/actions/runs/{run.id}/jobs",
                 f"/check-runs/{run.latest.job_id}/annotations", f"/actions/jobs/{run.latest.job_id}/logs"):  # fmt: skip
        assert call("GET", here + path, token=token)[0] in {200, 302}
    assert call("GET", f"{stage.github.base_url}/rate_limit", token=token)[0] == 200
    exchanges = [one for one in stage.recorder.exchanges[before:] if one["server"] == "github"]
    assert len(exchanges) == 10
    assert [fault for one in exchanges for fault in CONTRACTS["github"].find_faults(one)] == []


# A judge that lets everything through proves nothing.
GOOD = {"server": "runpod", "method": "PATCH", "path": "/v2/serverless/e1", "request_body": '{"image": "a@sha256:b"}',
        "status": 422, "headers": {}, "body": ""}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"request_body": '{"imageName": "x"}'}, "imageName"),
        ({"request_body": '{"workers": {"most": 1}}'}, "request"),
        ({"request_body": '{"image": 5}'}, "5 is not"),
        ({"path": "/v2/endpoints/e1"}, "no such operation"),
        ({"method": "DELETE", "path": "/v2/serverless/e1/workers"}, "no such operation"),
        ({"path": "/v2/serverless/e1?force=1"}, "no query parameter 'force'"),
        ({"status": 201}, "it may not answer 201"),
        ({"status": 200, "body": "{}", "headers": {"Content-Type": "application/json"}}, "is a required property"),
        ({"status": 200, "body": "{}", "headers": {"Content-Type": "text/html"}}, "is not text/html"),
    ],
)
def test_what_is_not_as_published_is_found(changes, said):
    assert CONTRACTS["runpod"].find_faults(GOOD) == []
    assert any(said in fault for fault in CONTRACTS["runpod"].find_faults({**GOOD, **changes}))


def test_the_extracts_hold_no_prose():
    def words(value):
        if isinstance(value, dict):
            for name, one in value.items():
                yield name
                yield from words(one)
        elif isinstance(value, list):
            for one in value:
                yield from words(one)

    for name in CONTRACTS:
        told = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
        structure = {"description", "summary", "example", "examples", "title"}
        schemas = [schema for schema in told["schemas"].values() if isinstance(schema, dict)]
        assert not [schema for schema in schemas if structure & schema.keys()]
        assert max(len(word) for word in words(told)) < 140
