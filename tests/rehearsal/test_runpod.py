"""The control plane and the job plane, on workers whose handlers are small."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from conductor.rehearsal.endpoint import Endpoint
from conductor.rehearsal.processes import ChildProcesses
from conductor.rehearsal.registry_client import PulledImage, RegistryRefused
from conductor.rehearsal.runpod import RunPodControl, RunPodJobs, new_template
from conductor.rehearsal.workers import Surroundings
from tests.rehearsal.conftest import OPENER, call, call_json, wait_until_ready
from tests.waiting import is_alive, wait_until

KEY = "key-of-this-test"
# Answers like `--rp_serve_api` does, and starts in a tenth of the time.
SERVER = """
import http.server, json, os, sys
{before}
class H(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        job = json.loads(self.rfile.read(int(self.headers["content-length"])))
        out = {{"echo": job["input"], "revision": os.environ.get("CONDUCTOR_REVISION"), "worker": os.environ["RUNPOD_POD_ID"],
               "token": os.environ.get("RUNPOD_API_KEY")}}
        body = json.dumps({{"id": job["id"], "status": "COMPLETED", "output": out}}).encode()
        self.send_response(200); self.send_header("Content-Length", str(len(body))); self.end_headers(); self.wfile.write(body)
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--rp_api_port") + 1])), H).serve_forever()
"""


def image_of(name, source):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        entry = tarfile.TarInfo("handler.py")
        entry.size = len(source.encode())
        archive.addfile(entry, io.BytesIO(source.encode()))
    config = {"config": {"Cmd": ["python", "/app/handler.py"], "Env": [f"CONDUCTOR_REVISION={name}", "PATH=/nowhere"]}}
    return PulledImage(name, config, (buffer.getvalue(),))


IMAGES = {
    "one": image_of("one", SERVER.format(before="")),
    "two": image_of("two", SERVER.format(before="")),
    "crash": image_of("crash", "raise SystemExit('broken on purpose')\n"),
    "torch": image_of("torch", SERVER.format(before="import a_module_this_machine_lacks")),
}


def pull(reference):
    if reference not in IMAGES:
        raise RegistryRefused("manifest unknown")
    return IMAGES[reference]


class World:
    """Both planes around one endpoint."""

    def __init__(self, recorder, folder, **options):
        self.children = ChildProcesses()
        surroundings = Surroundings(pull, folder, self.children, {}, **options)
        self.endpoint = Endpoint("ep1", "production", "one", 3, surroundings)
        self.endpoint.start()
        endpoints = {"ep1": self.endpoint}
        self.jobs = RunPodJobs(recorder, KEY, endpoints).start()
        self.control = RunPodControl(recorder, KEY, endpoints, self.jobs).start()
        self.control.templates["t1"] = {**new_template("worker", "two"), "id": "t1", "env": {"A": "1"}}

    def get(self, path):
        status, body = call_json("GET", f"{self.control.base_url}/v2/serverless/ep1{path}", token=KEY)
        assert status == 200
        return body

    def patch(self, body):
        return call_json("PATCH", f"{self.control.base_url}/v2/serverless/ep1", body, KEY)

    def job(self, method, path, body=None):
        return call_json(method, f"{self.jobs.jobs_url}/ep1/{path}", body, KEY)

    def close(self):
        for thing in (self.control, self.jobs, self.endpoint, self.children):
            thing.close()


@pytest.fixture
def open_world(recorder, tmp_path):
    opened = []

    def start(**options):
        opened.append(World(recorder, tmp_path / "workers", **options))
        return opened[-1]

    yield start
    for world in opened:
        world.close()


@pytest.fixture
def world(open_world):
    return open_world()


def test_the_workers_own_settings_are_taken_as_they_are(world):
    settings = json.loads((Path(__file__).resolve().parents[2] / ".runpod/endpoint.json").read_text(encoding="utf-8"))
    status, _ = world.patch(settings)
    assert status == 200
    shown = world.get("")
    assert {name: shown[name] for name in settings if name != "gpu"} == {
        n: v for n, v in settings.items() if n != "gpu"
    }
    assert shown["gpu"].items() >= settings["gpu"].items()


def test_without_the_key_the_answer_is_a_problem(world):
    status, headers, body = call("GET", f"{world.control.base_url}/v2/serverless/ep1")
    assert (status, headers["content-type"]) == (401, "application/problem+json")
    assert json.loads(body)["status"] == 401


def test_a_job_runs_in_the_image_s_own_handler(world):
    status, answer = world.job("POST", "runsync", {"input": {"n": 1}})
    assert (status, answer["status"]) == (200, "COMPLETED")
    assert answer["output"]["echo"] == {"n": 1}
    assert answer["output"]["revision"] == "one"
    assert answer["workerId"] == answer["output"]["worker"]
    assert answer["output"]["token"] is None


def test_a_queued_job_waits_for_its_worker_and_is_polled(world):
    _, queued = world.job("POST", "run", {"input": {"n": 2}})
    assert queued["status"] == "IN_QUEUE"
    done = wait_until(lambda: (a := world.job("GET", f"status/{queued['id']}")[1])["status"] == "COMPLETED" and a)
    assert done["output"]["echo"] == {"n": 2}
    assert done["executionTime"] >= 0
    assert world.job("GET", "health")[1]["jobs"]["completed"] == 1


def test_a_waiting_job_can_be_cancelled_and_a_queue_purged(open_world, monkeypatch):
    monkeypatch.setitem(IMAGES, "one", IMAGES["crash"])
    world = open_world()
    first, second = (world.job("POST", "run", {"input": {"n": n}})[1]["id"] for n in (1, 2))
    assert world.job("POST", f"cancel/{first}")[1] == {"id": first, "status": "CANCELLED"}
    assert world.job("GET", f"status/{first}")[1]["status"] == "CANCELLED"
    assert world.job("POST", "purge-queue")[1] == {"removed": 1, "status": "completed"}
    assert world.job("GET", f"status/{second}")[0] == 404


@pytest.mark.parametrize("body", [b"not json", {"n": 1}, {"input": "text"}])
def test_a_job_without_an_input_is_refused(world, body):
    assert world.job("POST", "run", body)[0] == 400


def test_a_new_image_makes_a_release_and_stale_workers_go(world, is_valid):
    wait_until_ready(world.endpoint)
    status, patched = world.patch({"image": "two"})
    assert (status, patched["image"]) == (200, "two")
    during = world.get("/workers")
    assert {worker["image"]: worker["isStale"] for worker in during["workers"]} == {"one": True, "two": False}
    wait_until_ready(world.endpoint)
    after = wait_until(lambda: (w := world.get("/workers"))["summary"]["total"] == 1 and w)
    assert (after["endpointVersion"], after["workers"][0]["version"], after["workers"][0]["status"]) == (4, 4, "IDLE")
    releases = world.get("/releases")
    assert releases["releases"][0]["diff"] == [{"field": "template.imageName", "old": "one", "new": "two"}]
    assert releases["rollout"] == {"inProgress": False, "workersOnLatest": 1, "workersTotal": 1, "percentOnLatest": 100}
    assert world.job("POST", "runsync", {"input": {}})[1]["output"]["revision"] == "two"
    for name, value in (("Endpoint", patched), ("ListEndpointWorkersResponse", during),
                        ("ListEndpointWorkersResponse", after), ("ListEndpointReleasesResponse", releases)):  # fmt: skip
        assert is_valid(name, value), name


def test_the_same_image_again_makes_no_release(world):
    world.patch({"image": "one"})
    assert world.get("/workers")["endpointVersion"] == 3


def test_a_change_of_bounds_makes_no_release(world):
    assert world.patch({"workers": {"max": 5}})[1]["workers"] == {"min": 1, "max": 5, "idleTimeout": 5}
    assert world.get("/workers")["endpointVersion"] == 3


BODIES = [
    {"imageName": "two"},
    {"image": 5},
    {"image": "two", "workersMin": 1},
    {"workers": {"min": "1"}},
    {"workers": {"most": 1}},
    {"scaling": {"type": "QUEUE_DELAY", "value": 4}},
    {"env": {"A": 1}},
    {"flashboot": True},
    {"name": ""},
    {"disk": -1},
]


@pytest.mark.parametrize("body", BODIES)
def test_a_body_outside_the_schema_is_refused_and_changes_nothing(world, body, is_valid):
    status, answer = world.patch(body)
    assert status == 422
    assert answer["errors"]
    assert not is_valid("UpdateEndpointRequest", body)
    assert is_valid("ErrorResponse", answer)
    assert world.get("")["image"] == "one"


@pytest.mark.parametrize("body", [{"image": "two"}, {"env": {"A": "1"}}, {"workers": {"min": 0}}, {"registry": None}])
def test_what_the_schema_allows_is_taken(world, body, is_valid):
    assert is_valid("UpdateEndpointRequest", body)
    assert world.patch(body)[0] == 200


def test_lists_and_templates_are_as_published(world, is_valid):
    base = f"{world.control.base_url}/v2"
    assert is_valid("ListEndpointsResponse", call_json("GET", f"{base}/serverless", token=KEY)[1])
    assert is_valid("ListTemplatesResponse", call_json("GET", f"{base}/templates", token=KEY)[1])


def test_a_changed_template_rolls_nothing_out_until_it_is_applied(world):
    url = f"{world.control.base_url}/v2/templates/t1"
    assert call_json("PATCH", url, {"image": "two", "env": {"B": "2"}}, KEY)[0] == 200
    assert world.get("")["image"] == "one"
    assert world.patch({"templateId": "t1"})[1]["env"] == {"B": "2"}
    assert world.get("")["image"] == "two"


def test_every_answer_carries_the_quota_and_a_429_says_how_long(world):
    url = f"{world.control.base_url}/v2/serverless/ep1"
    assert '"minute";q=60' in call("GET", url, token=KEY)[1]["ratelimit-policy"]
    world.control.refuse_next = 1
    status, headers, _ = call("GET", url, token=KEY)
    assert (status, headers["retry-after"]) == (429, "1")


def test_workers_that_crash_are_unhealthy_and_their_log_says_why(world):
    wait_until_ready(world.endpoint)
    world.patch({"image": "crash"})
    wait_until(lambda: world.get("/workers")["summary"]["unhealthy"] == 1)
    worker = next(w for w in world.get("/workers")["workers"] if w["image"] == "crash")
    url = f"{world.control.base_url}/v2/serverless/ep1/workers/{worker['id']}/logs?source=container&tail=50"
    import urllib.request

    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {KEY}"})
    with OPENER.open(request) as stream:
        assert stream.headers["content-type"] == "text/event-stream"
        lines = [stream.readline().decode() for _ in range(2)]
    assert lines[0].startswith("id: ")
    assert json.loads(lines[1].removeprefix("data: "))["line"] == "broken on purpose"


def test_going_back_to_the_old_image_serves_again(world):
    world.patch({"image": "crash"})
    wait_until(lambda: world.get("/workers")["summary"]["unhealthy"] == 1)
    world.patch({"image": "one"})
    wait_until_ready(world.endpoint)
    assert world.get("/workers")["endpointVersion"] == 5
    assert world.job("POST", "runsync", {"input": {}})[1]["output"]["revision"] == "one"


def test_what_the_handler_writes_while_it_works_is_in_its_log_and_is_kept(open_world, recorder, monkeypatch):
    chatty = SERVER.replace("job = json", 'print("at work"); job = json').format(before="print('ready to serve')")
    monkeypatch.setitem(IMAGES, "chatty", image_of("chatty", chatty))
    world = open_world(note=recorder.note)
    world.patch({"image": "chatty"})
    assert wait_until_ready(world.endpoint)
    world.job("POST", "runsync", {"input": {}})
    (worker,) = (worker for worker in world.endpoint.workers if worker.image == "chatty")
    said = [line for _, source, line in worker.log if source == "container"]
    assert said == ["ready to serve", "at work"]
    kept = (recorder.folder / f"worker-{worker.id}.log").read_text().splitlines()
    assert kept[-2:] == said


def test_a_worker_whose_thread_ends_in_an_unforeseen_way_is_unhealthy(open_world, monkeypatch):
    monkeypatch.setitem(IMAGES, "odd", "an image that is none")
    monkeypatch.setattr("threading.excepthook", lambda problem: None)
    world = open_world()
    world.patch({"image": "odd"})
    wait_until(lambda: world.get("/workers")["summary"]["unhealthy"] == 1)
    worker = next(w for w in world.endpoint.workers if w.image == "odd")
    assert any("AttributeError" in line for _, _, line in worker.log)


def test_an_image_that_is_not_in_the_registry_is_never_pulled(world):
    world.patch({"image": "absent"})
    wait_until(lambda: world.get("/workers")["summary"]["unhealthy"] == 1)
    worker = next(w for w in world.endpoint.workers if w.image == "absent")
    assert any("manifest unknown" in line for _, _, line in worker.log)


def test_the_declared_example_answers_where_the_machine_lacks_a_module(open_world):
    world = open_world(example={"status": "COMPLETED", "output": {"frames": 24, "revision": "another"}})
    world.patch({"image": "torch"})
    wait_until_ready(world.endpoint)
    assert world.job("POST", "runsync", {"input": {}})[1]["output"] == {"frames": 24, "revision": "torch"}
    assert [worker.substituted for worker in world.endpoint.workers][-1] == "no module a_module_this_machine_lacks"


def test_without_an_example_such_a_job_fails_and_says_so(world):
    world.patch({"image": "torch"})
    wait_until_ready(world.endpoint)
    wait_until(lambda: world.get("/workers")["summary"]["total"] == 1)
    answer = world.job("POST", "runsync", {"input": {}})[1]
    assert answer["status"] == "FAILED"
    assert "smoke.example" in answer["error"]


def test_no_example_stands_in_for_a_handler_that_must_run(open_world):
    world = open_world(example={"output": {}}, must_run=frozenset({"torch"}))
    world.patch({"image": "torch"})
    wait_until(lambda: world.get("/workers")["summary"]["unhealthy"] == 1)


def test_closing_ends_every_worker(open_world):
    world = open_world()
    wait_until_ready(world.endpoint)
    pids = list(world.children._children)
    assert pids
    world.close()
    assert not any(is_alive(pid) for pid in pids)
