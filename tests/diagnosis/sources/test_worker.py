"""Workers and jobs over real HTTP, as RunPod's two planes serve them."""

from __future__ import annotations

import json

import pytest

from conductor.diagnosis.explain import explain
from conductor.diagnosis.sources.source import diagnose_source
from conductor.diagnosis.sources.worker import read_job, read_worker
from conductor.domain.secret import Secret
from conductor.errors import NothingToDo, OutsideRefused
from conductor.providers.http import HttpClient
from conductor.providers.runpod import RunPodEndpoint, RunPodJobs
from tests.providers.conftest import FastClock, Server

pytest.importorskip("runpod")


@pytest.fixture
def server():
    opened = Server()
    yield opened
    opened.close()


@pytest.fixture
def targets(server):
    """Return two targets; `serve` below says what the second one's services answer."""
    clock, key = FastClock(), Secret("k" * 20)
    control = HttpClient("RunPod", server.url, clock, token=key)
    for name in ("e1", "e2"):
        server.routes[f"/v2/serverless/{name}/workers"] = (200, {}, {"workers": [], "endpointVersion": 4})
        server.routes[f"/v2/serverless/{name}/releases"] = (200, {}, {"releases": [], "endpointVersion": 4})
        server.routes[f"/v2/serverless/{name}"] = (200, {}, {"image": "i", "workers": {"min": 0, "max": 2}})
    return {
        name: RunPodEndpoint(control, name, endpoint, RunPodJobs(f"{server.url}/v2", endpoint, key, clock))
        for name, endpoint in (("staging", "e1"), ("production", "e2"))
    }


def has_worker(server, status, *lines):
    server.routes["/v2/serverless/e2/workers"] = (200, {}, {"workers": [{"id": "w1", "status": status}]})
    has_log(server, *lines)


def has_log(server, *lines):
    text = "".join(f"data: {json.dumps({'line': line})}\n\n" for line in lines)
    server.routes["/v2/serverless/e2/workers/w1/logs"] = (200, {"Content-Type": "text/event-stream"}, text)


def has_job(server, **fields):
    server.routes["/v2/e2/status/j1"] = (200, {}, {"id": "j1", **fields})


def cause(source):
    (answer,) = diagnose_source(source)
    return answer.diagnosis.suspect.cause.code if answer.diagnosis.suspect else None


def test_a_worker_is_found_on_the_target_that_has_it(server, targets):
    has_worker(server, "UNHEALTHY", "Traceback", "ModuleNotFoundError: No module named 'av'")
    source = read_worker(targets, "w1")
    assert (cause(source), source.subject, source.at_worker) == ("MODULE_MISSING", "worker w1", True)
    assert "endpoint e2" in source.place


def test_a_worker_that_is_listed_no_more_may_still_have_its_log(server, targets):
    has_log(server, "nvidia-container-cli: requirement error: unsatisfied condition: cuda>=12.8")
    assert cause(read_worker(targets, "w1")) == "DRIVER_TOO_OLD"


def test_an_image_that_may_not_be_pulled_asks_for_the_registry_s_credential(server, targets):
    has_worker(server, "INITIALIZING", "error creating container: image pull: pull access denied for owner/worker")
    source = read_worker(targets, "w1")
    (answer,) = diagnose_source(source)
    assert "registry credential" in explain(answer.diagnosis, {}, at_worker=source.at_worker).remedy
    assert "registry credential" not in explain(answer.diagnosis, {}).remedy


def test_workers_that_crash_are_no_lack_of_capacity(server, targets):
    has_worker(server, "UNHEALTHY", "start container: begin", "start container: begin")
    assert cause(read_worker(targets, "w1")) == "WORKER_CRASH_LOOP"
    has_worker(server, "THROTTLED")
    assert cause(read_worker(targets, "w1")) == "CAPACITY"


def test_a_worker_that_nobody_knows_names_those_there_are(server, targets):
    has_worker(server, "IDLE", "ready")
    with pytest.raises(OutsideRefused, match="'w9' can be had") as refused:
        read_worker(targets, "w9")
    assert "staging: none runs now; production: w1" in refused.value.hint
    has_worker(server, "INITIALIZING")
    with pytest.raises(OutsideRefused, match="has written nothing yet"):
        read_worker(targets, "w1")


def test_a_job_s_own_error_comes_before_what_its_worker_wrote_of_others(server, targets):
    has_job(server, status="FAILED", workerId="w1", error=json.dumps(
        {"error_type": "FileNotFoundError", "error_message": "[Errno 2] No such file or directory: '/app/model.bin'",
         "error_traceback": 'Traceback (most recent call last):\n  File "/app/handler.py", line 3\n'}
    ))  # fmt: skip
    has_worker(server, "IDLE", "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.")
    assert cause(read_job(targets, "j1")) == "FILE_MISSING"


def test_a_job_that_says_nothing_known_is_explained_by_its_worker(server, targets):
    has_job(server, status="FAILED", workerId="w1", error="worker exited while it had the job")
    has_worker(server, "IDLE", "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.")
    assert cause(read_job(targets, "j1")) == "CUDA_OOM"


def test_an_answer_that_holds_an_error_is_a_failure(server, targets):
    said = "gpu_out_of_memory: 3840x2160 with the model 7b needs about 60.1 GiB of GPU memory (revision 4f2a91c)"
    has_job(server, status="COMPLETED", output={"error": said, "code": "gpu_out_of_memory"})
    source = read_job(targets, "j1")
    assert cause(source) == "CUDA_OOM"
    assert source.notes == ("the queue does not tell which worker had the job",)


def test_a_worker_whose_log_is_gone_is_noted_and_hides_nothing(server, targets):
    has_job(server, status="TIMED_OUT", workerId="w7")
    source = read_job(targets, "j1")
    assert cause(source) == "JOB_TIMED_OUT"
    assert "w7 can't be had" in source.notes[0]


def test_a_job_that_nobody_takes_is_explained_by_the_workers(server, targets):
    has_job(server, status="IN_QUEUE")
    with pytest.raises(NothingToDo, match="no worker is at fault"):
        read_job(targets, "j1")
    has_worker(server, "UNHEALTHY", "ImportError: libGL.so.1: cannot open shared object file")
    assert cause(read_job(targets, "j1")) == "LIBGL_MISSING"
    server.routes["/v2/serverless/e2/workers"] = (200, {}, {"workers": []})
    server.routes["/v2/serverless/e2"] = (200, {}, {"image": "i", "workers": {"min": 0, "max": 0}})
    assert cause(read_job(targets, "j1")) == "SCALED_TO_ZERO"


@pytest.mark.parametrize("fields", [{"status": "COMPLETED", "output": {"frames": 1}}, {"status": "IN_PROGRESS"}])
def test_a_job_that_did_not_fail_has_nothing_to_explain(server, targets, fields):
    has_job(server, **fields)
    with pytest.raises(NothingToDo, match="nothing to explain"):
        read_job(targets, "j1")


def test_a_job_that_no_queue_knows_may_have_expired(targets):
    with pytest.raises(OutsideRefused, match="results are kept 30 minutes"):
        read_job(targets, "j1")


def test_a_key_that_is_refused_is_said(server, targets):
    server.routes["/v2/serverless/e1/workers"] = (401, {}, {"title": "Unauthorized", "status": 401})
    with pytest.raises(OutsideRefused, match="401"):
        read_worker(targets, "w1")
