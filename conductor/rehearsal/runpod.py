"""RunPod on loopback: REST v2 for endpoints, workers, releases and templates, and the job plane."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any

from conductor.rehearsal.endpoint import Endpoint
from conductor.rehearsal.http_server import Answer, LoopbackServer, Reply, Request, json_reply
from conductor.rehearsal.jobs import ENDED, Job
from conductor.rehearsal.recorder import Recorder
from conductor.rehearsal.workers import Worker

_PROBLEM = "application/problem+json"
_POLICY = '"minute";q=60;w=60, "hour";q=3000;w=3600, "day";q=50000;w=86400'
_STREAM_FOR_S = 30.0

Check = Callable[[Any], bool]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_environment(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())


def _is_workers(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() <= {"min", "max", "idleTimeout"}
        and all(map(_is_count, value.values()))
    )


def _is_scaling(value: Any) -> bool:
    shapes = {"QUEUE_DELAY": {"type", "queueDelay"}, "REQUEST_COUNT": {"type", "requestCount"}}
    return isinstance(value, dict) and value.keys() == shapes.get(str(value.get("type")), {None})


# UpdateEndpointRequest: the container's fields, then the endpoint's; anything else is refused.
_ENDPOINT_FIELDS: dict[str, Check] = {
    "image": _is_text, "args": _is_text, "disk": _is_count, "env": _is_environment, "ports": _is_texts,
    "registry": lambda value: value is None or _is_text(value), "name": lambda value: _is_text(value) and bool(value),
    "workers": _is_workers, "scaling": _is_scaling, "dataCenterIds": _is_texts, "networkVolumes": _is_texts,
    "timeout": _is_count, "flashboot": lambda value: value in {"OFF", "FLASHBOOT", "PRIORITY_FLASHBOOT"},
    "gpu": lambda value: isinstance(value, dict), "cpu": lambda value: isinstance(value, list) and bool(value),
    "templateId": _is_text,
}  # fmt: skip
_TEMPLATE_FIELDS: dict[str, Check] = {
    **{name: _ENDPOINT_FIELDS[name] for name in ("image", "args", "disk", "env", "ports", "registry", "name")},
    "serverless": lambda value: isinstance(value, bool), "public": lambda value: isinstance(value, bool),
    "category": lambda value: value in {"CPU", "NVIDIA", "AMD"},
}  # fmt: skip


class _RunPodServer(LoopbackServer):
    """What both planes share: the endpoints, the key, and who may ask."""

    def __init__(self, recorder: Recorder, key: str, endpoints: dict[str, Endpoint]) -> None:
        self.endpoints = endpoints
        self.refuse_next = 0
        self._key = key
        super().__init__(recorder)

    def before(self, request: Request) -> Reply | None:
        """Ask for the key, then refuse as often as a fault wants."""
        if request.headers.get("authorization") != f"Bearer {self._key}":
            return problem(401, "Unauthorized", "missing or invalid API key")
        if self.refuse_next > 0:
            self.refuse_next -= 1
            refused = problem(429, "Too Many Requests", "rate limit exceeded for the minute window")
            return Reply(429, refused.body, {**refused.headers, "Retry-After": "1"})
        return None

    def not_found(self, request: Request) -> Reply:
        """Answer for a path that is not there."""
        return problem(404, "Not Found", f"no route for {request.method} {request.path}")


class RunPodControl(_RunPodServer):
    """`api.runpod.io/v2`: what a release reads and changes."""

    name = "runpod"

    def __init__(self, recorder: Recorder, key: str, endpoints: dict[str, Endpoint], jobs: RunPodJobs) -> None:
        self._jobs = jobs
        self._used = 0
        self.templates: dict[str, dict[str, Any]] = {}
        super().__init__(recorder, key, endpoints)

    def routes(self) -> list[tuple[str, str, Answer]]:
        """Return the paths of REST v2 that a release needs."""
        endpoint = r"/v2/serverless/(?P<endpoint>[^/]+)"
        return [
            ("GET", "/v2/serverless", self._list),
            ("GET", endpoint, self._on_endpoint(lambda found, _: self._show(found))),
            ("PATCH", endpoint, self._on_endpoint(self._patch)),
            ("GET", f"{endpoint}/workers", self._on_endpoint(lambda found, _: json_reply(found.workers_as_json()))),
            ("GET", f"{endpoint}/releases", self._on_endpoint(lambda found, _: json_reply(found.releases_as_json()))),
            ("GET", f"{endpoint}/workers/(?P<worker>[^/]+)/logs", self._on_endpoint(self._worker_logs)),
            ("GET", "/v2/templates", lambda _: json_reply({"templates": list(self.templates.values())})),
            ("GET", r"/v2/templates/(?P<template>[^/]+)", self._template),
            ("PATCH", r"/v2/templates/(?P<template>[^/]+)", self._patch_template),
        ]

    def after(self, request: Request, reply: Reply) -> Reply:
        """Add the quota, which comes on every answer."""
        self._used += 1
        left = f'"minute";r={max(0, 60 - self._used % 60)};t=60, "hour";r=2900;t=3600, "day";r=49900;t=86400'
        return Reply(
            reply.status, reply.body, {**reply.headers, "RateLimit": left, "RateLimit-Policy": _POLICY}, reply.chunks
        )

    def _on_endpoint(self, answer: Callable[[Endpoint, Request], Reply]) -> Answer:
        def found(request: Request) -> Reply:
            endpoint = self.endpoints.get(request.groups["endpoint"])
            return answer(endpoint, request) if endpoint else problem(404, "Not Found", "endpoint not found")

        return found

    def _list(self, _: Request) -> Reply:
        return json_reply({"endpoints": [found.as_json(self._jobs.jobs_url) for found in self.endpoints.values()]})

    def _show(self, endpoint: Endpoint) -> Reply:
        return json_reply(endpoint.as_json(self._jobs.jobs_url))

    def _patch(self, endpoint: Endpoint, request: Request) -> Reply:
        body = _object_in(request)
        if isinstance(body, Reply):
            return body
        if errors := _faults(body, _ENDPOINT_FIELDS):
            return problem(422, "Unprocessable Entity", "request body failed validation", errors)
        if "cpu" in body:
            return problem(400, "Bad Request", "cpu is not valid for a GPU endpoint")
        if template_id := body.pop("templateId", None):
            template = self.templates.get(template_id)
            if template is None:
                return problem(404, "Not Found", "template not found")
            taken = {name: template[name] for name in ("image", "args", "disk", "ports", "registry")}
            body = {**taken, **body, "env": {**template["env"], **body.get("env", {})}}
        endpoint.patch(body)
        return self._show(endpoint)

    def _template(self, request: Request) -> Reply:
        found = self.templates.get(request.groups["template"])
        return json_reply(found) if found else problem(404, "Not Found", "template not found")

    def _patch_template(self, request: Request) -> Reply:
        found = self.templates.get(request.groups["template"])
        if found is None:
            return problem(404, "Not Found", "template not found")
        body = _object_in(request)
        if isinstance(body, Reply):
            return body
        if errors := _faults(body, _TEMPLATE_FIELDS):
            return problem(422, "Unprocessable Entity", "request body failed validation", errors)
        # A template is applied when an endpoint is created; a change of it rolls nothing out.
        found.update(body)
        return json_reply(found)

    def _worker_logs(self, endpoint: Endpoint, request: Request) -> Reply:
        worker = endpoint.worker(request.groups["worker"])
        if worker is None:
            return problem(404, "Not Found", "worker not found")
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        return Reply(200, b"", headers, _events(endpoint, worker, request))


class RunPodJobs(_RunPodServer):
    """`api.runpod.ai/v2`: the queue of each endpoint."""

    name = "runpod-jobs"

    @property
    def jobs_url(self) -> str:
        """Return the base of the job URLs, as RUNPOD_ENDPOINT_BASE_URL wants it."""
        return f"{self.base_url}/v2"

    def routes(self) -> list[tuple[str, str, Answer]]:
        """Return the paths of the job plane."""
        endpoint = r"/v2/(?P<endpoint>[^/]+)"
        job = r"(?P<job>[^/]+)"
        return [
            ("POST", f"{endpoint}/run", self._on(self._run)),
            ("POST", f"{endpoint}/runsync", self._on(self._run_and_wait)),
            ("GET", f"{endpoint}/status/{job}", self._on_job(lambda _, found: json_reply(found.as_json()))),
            ("POST", f"{endpoint}/cancel/{job}", self._on_job(self._cancel)),
            ("POST", f"{endpoint}/purge-queue", self._on(self._purge)),
            ("GET", f"{endpoint}/health", self._on(lambda found, _: json_reply(found.health()))),
        ]

    def _on(self, answer: Callable[[Endpoint, Request], Reply]) -> Answer:
        def found(request: Request) -> Reply:
            endpoint = self.endpoints.get(request.groups["endpoint"])
            return answer(endpoint, request) if endpoint else json_reply({"error": "endpoint not found"}, 404)

        return found

    def _on_job(self, answer: Callable[[Endpoint, Job], Reply]) -> Answer:
        def found(endpoint: Endpoint, request: Request) -> Reply:
            job = endpoint.queue.jobs.get(request.groups["job"])
            return answer(endpoint, job) if job else json_reply({"error": "job not found"}, 404)

        return self._on(found)

    def _submit(self, endpoint: Endpoint, request: Request, suffix: str) -> Job | Reply:
        try:
            body = request.json()
        except ValueError:
            body = None
        if not isinstance(body, dict) or not isinstance(body.get("input"), dict):
            return json_reply({"error": "input is required"}, 400)
        return endpoint.queue.submit(body["input"], suffix)

    def _run(self, endpoint: Endpoint, request: Request) -> Reply:
        job = self._submit(endpoint, request, "-l1")
        return job if isinstance(job, Reply) else json_reply({"id": job.id, "status": "IN_QUEUE"})

    def _run_and_wait(self, endpoint: Endpoint, request: Request) -> Reply:
        job = self._submit(endpoint, request, "-s1")
        if isinstance(job, Reply):
            return job
        asked = request.query.get("wait", "90000")
        endpoint.queue.wait(job, min(300_000, int(asked) if asked.isdigit() else 90_000) / 1000)
        return json_reply(job.as_json())

    def _cancel(self, endpoint: Endpoint, job: Job) -> Reply:
        if job.status in ENDED:
            return json_reply({"error": "job has ended"}, 400)
        endpoint.queue.cancel(job)
        return json_reply({"id": job.id, "status": "CANCELLED"})

    def _purge(self, endpoint: Endpoint, _: Request) -> Reply:
        return json_reply({"removed": endpoint.queue.purge(), "status": "completed"})


def problem(status: int, title: str, detail: str, errors: list[str] | None = None) -> Reply:
    """Return an RFC 9457 answer."""
    value: dict[str, Any] = {"title": title, "status": status, "detail": detail}
    if errors:
        value["errors"] = errors
    return json_reply(value, status, media_type=_PROBLEM)


def new_template(name: str, image: str) -> dict[str, Any]:
    """Return a serverless template with every field that REST v2 answers."""
    return {
        "id": secrets.token_hex(5), "name": name, "image": image, "args": "", "disk": 20, "ports": [], "env": {},
        "registry": None, "mounts": {}, "serverless": True, "public": False, "category": "NVIDIA", "startSsh": False,
        "startJupyter": False, "allowedCudaVersions": [],
    }  # fmt: skip


def _object_in(request: Request) -> dict[str, Any] | Reply:
    try:
        body = request.json()
    except ValueError as error:
        return problem(400, "Bad Request", f"body is not JSON: {error}")
    return body if isinstance(body, dict) else problem(400, "Bad Request", "body must be an object")


def _faults(body: dict[str, Any], fields: dict[str, Check]) -> list[str]:
    unknown = [f"$: additional properties {name!r} not allowed" for name in body if name not in fields]
    wrong = [f"$.{name}: not of the documented type" for name, value in body.items()
             if name in fields and not fields[name](value)]  # fmt: skip
    return unknown + wrong


def _events(endpoint: Endpoint, worker: Worker, request: Request) -> Iterator[bytes]:
    """Yield the worker's log as server-sent events: the last `tail` lines, then what comes, for a while."""
    source = request.query.get("source")
    asked = request.query.get("tail", "100")
    tail = min(5000, int(asked)) if asked.isdigit() else 100
    worker.catch_up()
    sent = max(0, len(worker.log) - tail)
    deadline = time.monotonic() + _STREAM_FOR_S
    while time.monotonic() < deadline:
        worker.catch_up()
        with endpoint.changed:
            fresh = list(enumerate(worker.log))[sent:]
            if not fresh and worker not in endpoint.workers:
                return
            if not fresh:
                endpoint.changed.wait(timeout=0.5)
        for number, (at, origin, line) in fresh:
            if source in {None, origin}:
                data = json.dumps({"ts": at, "source": origin, "line": line})
                yield f"id: {at}/{number:012d}\ndata: {data}\n\n".encode()
        sent += len(fresh)
        if not fresh:
            yield b": keep-alive\n\n"
