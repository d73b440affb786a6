"""RunPod's answers, read as its published interface gives them."""

from __future__ import annotations

import json

import pytest

from conductor.domain.secret import Secret
from conductor.errors import OutsideRefused
from conductor.providers.http import HttpClient, ServiceRefused
from conductor.providers.runpod import RunPodEndpoint, RunPodJobs

KEY = "rpa_ABCDEFGHIJKLMNOPQRSTUVWXYZ01234567"
REFERENCE = "docker.io/owner/worker@sha256:" + "9b" * 32


@pytest.fixture
def jobs(server, clock):
    return RunPodJobs(f"{server.url}/v2", "e1", Secret(KEY), clock)


@pytest.fixture
def endpoint(server, clock, jobs):
    server.routes["/v2/serverless/e1/releases"] = (200, {}, {"endpointVersion": 4, "rollout": {}, "releases": []})
    http = HttpClient("RunPod", server.url, clock, token=Secret(KEY))
    return RunPodEndpoint(http, "production", "e1", jobs)


def state(image="docker.io/owner/worker:old", **workers):
    return 200, {}, {"id": "e1", "name": "x", "image": image, "workers": {"min": 0, "max": 3, **workers}}


def test_the_state_is_image_version_and_bounds(endpoint, server):
    server.routes["/v2/serverless/e1"] = state(max=0)
    found = endpoint.fetch_state()
    assert (found.image, found.version, found.workers_min, found.workers_max) == ("docker.io/owner/worker:old", 4, 0, 0)


def test_a_deployment_names_the_image_and_nothing_else(endpoint, server):
    server.routes["/v2/serverless/e1"] = state(REFERENCE)
    assert endpoint.deploy(REFERENCE).image == REFERENCE
    patch = next(asked for asked in server.asked if asked.method == "PATCH")
    assert json.loads(patch.body) == {"image": REFERENCE}
    assert patch.headers["authorization"] == f"Bearer {KEY}"


def test_an_image_name_that_is_refused_is_told_in_runpod_s_words(endpoint, server):
    server.routes["/v2/serverless/e1"] = (422, {}, {"title": "Unprocessable Entity", "detail": "image not found"})
    with pytest.raises(OutsideRefused, match=r"422 .*image not found"):
        endpoint.deploy(REFERENCE)


def test_workers_are_read_with_what_is_unknown(endpoint, server):
    rows = [
        {"id": "w1", "status": "RUNNING", "isStale": False, "version": 4, "image": REFERENCE, "gpuCount": 1},
        {"id": "w2", "status": "SOMETHING_NEW", "isStale": True, "version": None, "image": None, "gpuCount": 1},
    ]
    server.routes["/v2/serverless/e1/workers"] = (200, {}, {"workers": rows, "summary": {}, "endpointVersion": 4})
    listing = endpoint.fetch_workers()
    assert listing.version == 4
    assert [(w.id, w.status, w.is_stale, w.version, w.image) for w in listing.workers] == [
        ("w1", "RUNNING", False, 4, REFERENCE),
        ("w2", "SOMETHING_NEW", True, None, None),
    ]


@pytest.mark.parametrize("field", ["template.imageName", "image"])
def test_a_release_s_diff_tells_the_images(endpoint, server, field):
    diff = [{"field": "gpuCount", "old": 1, "new": 2}, {"field": field, "old": "a:1", "new": REFERENCE}]
    row = {"id": "r", "version": 4, "source": "MANUAL", "workerCount": 0, "createdAt": "", "diff": diff}
    server.routes["/v2/serverless/e1/releases"] = (200, {}, {"endpointVersion": 4, "releases": [row]})
    (release,) = endpoint.fetch_releases()
    assert (release.version, release.old_image, release.new_image) == (4, "a:1", REFERENCE)


def test_a_worker_s_log_is_read_from_its_events_without_secrets(endpoint, server):
    lines = [
        {"source": "container", "line": "starting", "ts": "1"},
        {"source": "container", "line": f"key {KEY}", "ts": "2"},
        {"source": "container", "line": "\x1b[31mImportError: no", "ts": "3"},
    ]
    text = "".join(f"id: {line['ts']}\ndata: {json.dumps(line)}\n\n" for line in lines) + ": keep-alive\n\n"
    server.routes["/v2/serverless/e1/workers/w1/logs"] = (200, {"Content-Type": "text/event-stream"}, text)
    assert endpoint.fetch_worker_log("w1").splitlines() == ["starting", "key ***", "ImportError: no"]


def test_a_log_that_can_t_be_had_says_why(endpoint, server):
    with pytest.raises(ServiceRefused, match="answered 404"):
        endpoint.fetch_worker_log("w1")
    server.close()
    with pytest.raises(ServiceRefused, match="can't be reached"):
        endpoint.fetch_worker_log("w1")


def test_a_failed_job_keeps_its_traceback_line_by_line(jobs, server):
    error = {"error_type": "<class 'ValueError'>", "error_message": "no", "error_traceback": "Traceback:\n  File x\n"}
    server.routes["/v2/e1/status/j1"] = (200, {}, {"id": "j1", "status": "FAILED", "error": json.dumps(error)})
    assert jobs.fetch("j1").details.splitlines() == ["Traceback:", "  File x", "", "<class 'ValueError'>: no"]
    server.routes["/v2/e1/status/j1"] = (200, {}, {"id": "j1", "status": "FAILED", "error": "a\nb"})
    assert jobs.fetch("j1").details == "a\nb"


def test_a_job_is_sent_once_and_its_id_comes_back(jobs, server):
    server.routes["/v2/e1/run"] = (200, {}, {"id": "j1", "status": "IN_QUEUE"})
    assert jobs.submit({"input": {"video": "x"}}) == "j1"
    (asked,) = server.asked
    assert json.loads(asked.body) == {"input": {"video": "x"}}
    assert asked.headers["authorization"] == f"Bearer {KEY}"


def test_a_job_that_a_server_error_kept_from_the_queue_is_sent_again(jobs, server):
    server.routes["/v2/e1/run"] = [(500, {}, "oops"), (200, {}, {"id": "j1"})]
    assert jobs.submit({"input": {"a": 1}}) == "j1"


def test_a_proxy_in_the_environment_does_not_get_the_sdk_s_loopback_traffic(jobs, server, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    server.routes["/v2/e1/run"] = (200, {}, {"id": "j1"})
    assert jobs.submit({"input": {"a": 1}}) == "j1"


def test_a_job_that_has_ended_is_told_with_its_times(jobs, server):
    server.routes["/v2/e1/status/j1"] = (
        200,
        {},
        {
            "id": "j1",
            "status": "COMPLETED",
            "delayTime": 2188,
            "executionTime": 902,
            "workerId": "w1",
            "output": {"frames": 24},
        },
    )
    job = jobs.fetch("j1")
    assert job.ended
    assert (job.output, job.waited_s, job.executed_s, job.worker_id) == ({"frames": 24}, 2.188, 0.902, "w1")


def test_a_handler_s_exception_is_one_readable_line(jobs, server):
    error = json.dumps(
        {"error_type": "<class 'ValueError'>", "error_message": "no frames", "error_traceback": "x" * 999}
    )
    server.routes["/v2/e1/status/j1"] = (200, {}, {"id": "j1", "status": "FAILED", "error": error})
    assert jobs.fetch("j1").error == "<class 'ValueError'>: no frames"


@pytest.mark.parametrize("status", ["IN_QUEUE", "IN_PROGRESS", "RUNNING", "SOMETHING_NEW"])
def test_a_state_that_is_not_final_is_one_to_wait_in(jobs, server, status):
    server.routes["/v2/e1/status/j1"] = (200, {}, {"id": "j1", "status": status})
    assert not jobs.fetch("j1").ended


def test_a_job_the_queue_has_forgotten_is_none(jobs, server):
    server.routes["/v2/e1/status/j1"] = (404, {}, {"error": "job not found"})
    assert jobs.fetch("j1") is None


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ((500, {}, "oops"), "answered 500"),
        ((502, {}, "<html>bad gateway</html>"), "answered 502"),
        ((200, {}, "<html></html>"), "not JSON"),
        ((401, {}, {}), "does not accept the key"),
        ((200, {}, []), "not an object"),
    ],
)
def test_a_queue_that_can_t_tell_is_an_error_without_the_key(jobs, server, reply, words):
    server.routes["/v2/e1/status/j1"] = reply
    with pytest.raises(OutsideRefused, match=words) as refused:
        jobs.fetch("j1")
    assert KEY not in str(refused.value) + refused.value.hint


def test_importing_the_sdk_leaves_this_process_logging_alone(jobs, server):
    import logging

    before = logging.getLogger().handlers[:]
    server.routes["/v2/e1/run"] = (200, {}, {"id": "j1"})
    jobs.submit({"input": {"a": 1}})
    assert logging.getLogger().handlers == before
