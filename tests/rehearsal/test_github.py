from __future__ import annotations

import json
import threading

import pytest

from conductor.rehearsal.actions import ActionsState, Timing
from conductor.rehearsal.github import GitHub
from conductor.rehearsal.workflow import parse_workflow
from tests.rehearsal.conftest import QUICK, call, call_json
from tests.waiting import wait_until

TOKEN = "token-of-this-test"
REVISION = "4f2a91c" + "0" * 33
# Longer than any test: what waits so long stays where it is until the server closes.
NEVER = 3600.0
WORKFLOW = parse_workflow(
    ".github/workflows/build-worker.yml",
    """
name: Build worker
on: {push: {branches: [main]}}
jobs:
  build:
    steps:
      - {name: Check out, uses: actions/checkout@v5}
      - {name: Build and push, uses: docker/build-push-action@v6}
      - {name: Smoke, run: python smoke.py}
""",
)


@pytest.fixture
def open_github(recorder):
    opened = []

    def start(build=lambda *_: True, timing=QUICK):
        actions = ActionsState(build, timing)
        server = GitHub(recorder, "owner/worker", TOKEN, actions, lambda: [WORKFLOW], "main").start()
        opened.extend([actions, server])
        return server

    yield start
    for thing in opened:
        thing.close()


def runs(server, query=""):
    path = f"{server.base_url}/repos/owner/worker/actions/runs?{query}"
    return call_json("GET", path, token=TOKEN)[1]["workflow_runs"]


def complete(server):
    server.actions.push(WORKFLOW, "main", REVISION, "Change")
    return wait_until(lambda: next((run for run in runs(server) if run["status"] == "completed"), None))


def test_without_the_token_there_is_nothing_to_see(open_github):
    status, body = call_json("GET", f"{open_github().base_url}/repos/owner/worker")
    assert (status, body["message"]) == (401, "Bad credentials")


def test_a_push_makes_a_run_that_appears_late(open_github):
    server = open_github(timing=Timing(NEVER, 0.0, 0.0, 0.0))
    server.actions.push(WORKFLOW, "main", REVISION, "Change")
    assert runs(server) == []


def test_a_run_that_has_appeared_waits_in_the_queue(open_github):
    server = open_github(timing=Timing(0.01, 0.0, NEVER, 0.0))
    server.actions.push(WORKFLOW, "main", REVISION, "Change")
    run = wait_until(lambda: runs(server))[0]
    assert (run["status"], run["conclusion"]) == ("queued", None)


def test_a_run_is_in_progress_while_it_builds_and_completed_then(open_github):
    built = threading.Event()
    server = open_github(build=lambda *_: built.wait(), timing=Timing(0.0, 0.0, 0.01, 0.01))
    server.actions.push(WORKFLOW, "main", REVISION, "Change")
    begun = wait_until(lambda: [run for run in runs(server) if run["status"] != "queued"])
    assert (begun[0]["status"], begun[0]["conclusion"]) == ("in_progress", None)
    built.set()
    ended = wait_until(lambda: [run for run in runs(server) if run["status"] != "in_progress"])
    assert (ended[0]["status"], ended[0]["conclusion"]) == ("completed", "success")


def test_a_filtered_listing_is_stale_while_the_plain_one_is_right(open_github):
    server = open_github(timing=Timing(0.0, NEVER, 0.0, 0.0))
    server.actions.push(WORKFLOW, "main", REVISION, "Change")
    wait_until(lambda: runs(server))
    assert runs(server, f"head_sha={REVISION}") == []


def test_a_filtered_listing_is_right_in_the_end(open_github):
    server = open_github(timing=Timing(0.0, 0.1, 0.0, 0.0))
    server.actions.push(WORKFLOW, "main", REVISION, "Change")
    assert wait_until(lambda: runs(server, f"head_sha={REVISION}"))[0]["head_sha"] == REVISION


def test_a_short_revision_finds_nothing_and_an_empty_one_finds_everything(open_github):
    server = open_github()
    complete(server)
    wait_until(lambda: runs(server, f"head_sha={REVISION}"))
    assert runs(server, f"head_sha={REVISION[:7]}") == []
    assert len(runs(server, "head_sha=")) == 1


def test_a_job_has_its_steps_and_a_failed_build_skips_what_follows(open_github):
    def fail(revision, branch, log):
        log("ERROR: no")
        return False

    server = open_github(build=fail)
    run = complete(server)
    assert run["conclusion"] == "failure"
    url = f"{server.base_url}/repos/owner/worker/actions/runs/{run['id']}/attempts/1/jobs"
    steps = call_json("GET", url, token=TOKEN)[1]["jobs"][0]["steps"]
    assert [(step["name"], step["conclusion"]) for step in steps] == [
        ("Set up job", "success"),
        ("Check out", "success"),
        ("Build and push", "failure"),
        ("Smoke", "skipped"),
        ("Complete job", "success"),
    ]


def test_a_log_is_a_redirect_to_another_host_that_takes_no_credential(open_github):
    server = open_github(build=lambda revision, branch, log: log("built " + revision) or True)
    run = complete(server)
    jobs = call_json("GET", f"{server.base_url}/repos/owner/worker/actions/runs/{run['id']}/jobs", token=TOKEN)[1]
    url = f"{server.base_url}/repos/owner/worker/actions/jobs/{jobs['jobs'][0]['id']}/logs"
    status, headers, _ = call("GET", url, token=TOKEN)
    assert status == 302
    assert not headers["location"].startswith(server.base_url)
    assert call("GET", headers["location"], token=TOKEN)[0] == 400
    status, _, log = call("GET", headers["location"])
    assert status == 200
    assert f"built {REVISION}" in log.decode()


def test_an_unchanged_answer_is_304_and_costs_nothing(open_github):
    server = open_github()
    run = complete(server)
    url = f"{server.base_url}/repos/owner/worker/actions/runs/{run['id']}"
    _, first, _ = call("GET", url, token=TOKEN)
    status, second, body = call("GET", url, token=TOKEN, headers={"If-None-Match": first["etag"]})
    assert (status, body) == (304, b"")
    assert second["x-ratelimit-remaining"] == first["x-ratelimit-remaining"]


def test_a_secondary_limit_says_when_to_come_back(open_github):
    server = open_github()
    server.refuse_next = 1
    status, headers, body = call("GET", f"{server.base_url}/repos/owner/worker", token=TOKEN)
    assert (status, headers["retry-after"]) == (403, "1")
    assert "secondary rate limit" in json.loads(body)["message"]
    assert call("GET", f"{server.base_url}/repos/owner/worker", token=TOKEN)[0] == 200


def test_a_rerun_keeps_the_id_and_raises_the_attempt(open_github):
    outcomes = iter([False, True])
    server = open_github(build=lambda *_: next(outcomes))
    first = complete(server)
    url = f"{server.base_url}/repos/owner/worker/actions/runs/{first['id']}"
    assert call("POST", f"{url}/rerun-failed-jobs", {}, token=TOKEN)[0] == 201
    second = wait_until(lambda: next((run for run in runs(server) if run["conclusion"] == "success"), None))
    assert (second["id"], second["run_attempt"]) == (first["id"], 2)
    assert call_json("GET", f"{url}/attempts/1", token=TOKEN)[1]["conclusion"] == "failure"


def test_a_cancelled_run_is_completed_as_cancelled(open_github):
    server = open_github(timing=Timing(0.0, 0.0, NEVER, 0.0))
    server.actions.push(WORKFLOW, "main", REVISION, "Change")
    run = wait_until(lambda: runs(server))[0]
    url = f"{server.base_url}/repos/owner/worker/actions/runs/{run['id']}"
    assert call("POST", f"{url}/cancel", {}, token=TOKEN)[0] == 202
    assert call_json("GET", url, token=TOKEN)[1]["conclusion"] == "cancelled"
    server.actions.close()
    assert not any(thread.is_alive() for thread in server.actions._threads)


def test_an_unknown_path_is_a_json_404(open_github):
    status, body = call_json("GET", f"{open_github().base_url}/repos/owner/other/actions/runs", token=TOKEN)
    assert (status, body["message"]) == (404, "Not Found")
