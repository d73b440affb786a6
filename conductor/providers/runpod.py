"""RunPod: the REST interface (version 2) for endpoints, workers and releases, and the queue's for jobs.

Traps this answers: a template's change rolls out nothing, so the endpoint itself is changed; a PATCH names the image
and nothing else, because some fields are replaced as a whole and unknown ones are refused; `percentOnLatest` is 0
without workers; scaled-down workers are not listed. RunPod's own SDK is not used: its import takes 1.5 s, its control
plane is going away, and its queue client neither ends a slow answer nor keeps to a limit.
"""

from __future__ import annotations

import json
import urllib.parse
from typing import Any

from conductor.domain.secret import Secret, redact
from conductor.domain.text import one_line, strip_controls
from conductor.ports.clock import Clock
from conductor.ports.jobs import JobState
from conductor.ports.target import TargetRelease, TargetState, Worker, WorkerList
from conductor.providers.answers import Answer, ServiceRefused, malformed
from conductor.providers.http import HttpClient
from conductor.providers.persistence import PATIENT, Budget

TOKEN_HINT = "set RUNPOD_API_KEY to a key that may read and change the endpoint"  # noqa: S105 - words, no token
# A job whose sending was not answered may have arrived: it is sent once more, and no oftener.
SUBMIT_TRIES = 2
RESEND_S = 5.0
# A worker's log is a stream without an end: what has come after so long is enough.
LOG_S = 2.0
# The interface gives at most 5000.
LOG_LINES = 1000
_IMAGE_FIELDS = frozenset({"image", "imageName", "template.imageName", "template.image"})


class RunPodEndpoint:
    """A serverless endpoint."""

    def __init__(self, http: HttpClient, name: str, endpoint_id: str, jobs: RunPodJobs) -> None:
        self._http = http
        self.name = name
        self.jobs = jobs
        self._id = endpoint_id
        self._path = f"/v2/serverless/{urllib.parse.quote(endpoint_id, safe='')}"

    def fetch_state(self) -> TargetState:
        """Return what is configured now."""
        version = self._http.read(f"{self._path}/releases", _read_version)
        return self._http.read(self._path, lambda answer: _read_state(answer, version))

    def deploy(self, image: str) -> None:
        """Configure this image and nothing else; whether it was taken is asked afterwards, with `fetch_state`."""
        self._http.send("PATCH", self._path, {"image": image})

    def limit_workers(self, least: int, most: int) -> None:
        """Configure how many workers may run, and nothing else."""
        self._http.send("PATCH", self._path, {"workers": {"min": least, "max": most}})

    def fetch_workers(self) -> WorkerList:
        """Return the workers that run now."""
        return self._http.read(f"{self._path}/workers", _read_workers)

    def fetch_releases(self) -> tuple[TargetRelease, ...]:
        """Return the endpoint's releases, newest first."""
        rows = self._http.read(f"{self._path}/releases", lambda answer: answer.rows("releases"))
        return tuple(_read_release(row) for row in rows)

    def fetch_worker_log(self, worker_id: str) -> str:
        """Return the last lines that worker wrote; raises ServiceRefused where they can't be had."""
        name = urllib.parse.quote(worker_id, safe="")
        content = self._http.read_stream(f"{self._path}/workers/{name}/logs", {"tail": str(LOG_LINES)}, LOG_S)
        return "\n".join(_read_events(content.decode("utf-8", "replace"))[-LOG_LINES:])

    def describe_log(self, worker_id: str | None) -> str:
        """Return where RunPod's console shows it (docs.runpod.io, Monitor logs: endpoints' logs stay 90 days)."""
        which = f", worker {worker_id}" if worker_id else ""
        return f"RunPod's console, endpoint {self._id}, tab Logs{which}"


class RunPodJobs:
    """An endpoint's queue."""

    def __init__(self, base_url: str, endpoint_id: str, key: Secret, clock: Clock, *, budget: Budget = PATIENT) -> None:
        self._http = HttpClient("RunPod's queue", base_url, clock, token=key, token_hint=TOKEN_HINT, budget=budget)
        self._id = urllib.parse.quote(endpoint_id, safe="")
        self._clock = clock

    def submit(self, body: dict[str, Any]) -> str:
        """Queue the job (`{"input": …}`) and return its id."""
        for attempt in range(1, SUBMIT_TRIES + 1):
            try:
                answer = self._http.send("POST", f"/{self._id}/run", body)
                return _read_job_id(answer)
            except ServiceRefused as error:
                if attempt == SUBMIT_TRIES or not error.passing:
                    raise
                self._clock.sleep(RESEND_S)
        raise AssertionError("unreachable")

    def fetch(self, job_id: str) -> JobState | None:
        """Return the job's state, or None where the queue knows it no more (results are kept 30 minutes)."""
        path = f"/{self._id}/status/{urllib.parse.quote(job_id, safe='')}"
        return self._http.read(path, lambda answer: _read_job(answer, job_id), expected=(200, 404))

    def cancel(self, job_id: str) -> None:
        """Take the job back, where it has not ended."""
        self._http.send("POST", f"/{self._id}/cancel/{urllib.parse.quote(job_id, safe='')}", {})


def _read_job_id(answer: Answer) -> str:
    found = answer.mapping().get("id")
    if not isinstance(found, str) or not found:
        raise malformed("RunPod's queue", answer.url, "a job without an id")
    return found


def _read_job(answer: Answer, job_id: str) -> JobState | None:
    if answer.status == 404:
        return None
    data = answer.mapping()
    if data.get("id", job_id) != job_id:
        raise malformed("RunPod's queue", answer.url, "another job's state")
    return JobState(
        id=job_id,
        status=one_line(str(data.get("status", "UNKNOWN")), 40),
        output=data.get("output"),
        error=_read_error(data.get("error")),
        waited_s=_seconds(data.get("delayTime")),
        executed_s=_seconds(data.get("executionTime")),
        worker_id=data["workerId"] if isinstance(data.get("workerId"), str) else None,
        details=_read_details(data.get("error")),
    )


def _read_version(answer: Answer) -> int | None:
    return _integer(answer.mapping().get("endpointVersion"))


def _read_workers(answer: Answer) -> WorkerList:
    rows = answer.rows("workers")
    return WorkerList(tuple(_read_worker(row) for row in rows), _read_version(answer))


def _read_state(answer: Answer, version: int | None) -> TargetState:
    data = answer.mapping()
    bounds, image = data.get("workers"), data.get("image")
    least, most = (_integer(bounds.get(name)) if isinstance(bounds, dict) else None for name in ("min", "max"))
    # Both are required of an answer. None must not be read as 0: a target that may have no worker stops a release.
    if least is None or most is None or not isinstance(image, str | None):
        raise malformed("RunPod", answer.url, "an endpoint without workers or image")
    return TargetState(one_line(image or "", 500), version, least, most, _integer(data.get("disk")))


def _read_worker(row: dict[str, Any]) -> Worker:
    image = row.get("image")
    return Worker(
        one_line(str(row.get("id", "?")), 100),
        one_line(str(row.get("status", "UNKNOWN")), 40),
        row.get("isStale") is True,
        _integer(row.get("version")),
        image if isinstance(image, str) else None,
    )


def _read_release(row: dict[str, Any]) -> TargetRelease:
    changes = row.get("diff")
    version, at = _integer(row.get("version")), _text(row.get("createdAt"))
    for change in changes if isinstance(changes, list) else []:
        if isinstance(change, dict) and change.get("field") in _IMAGE_FIELDS:
            return TargetRelease(version, _text(change.get("old")), _text(change.get("new")), at)
    return TargetRelease(version, None, None, at)


def _read_events(stream: str) -> list[str]:
    lines = []
    for line in stream.splitlines():
        if line.startswith("data:"):
            try:
                event = json.loads(line[5:])
            except ValueError:
                continue
            if isinstance(event, dict) and isinstance(event.get("line"), str):
                lines.append(redact(strip_controls(event["line"])).rstrip())
    return lines


def _read_error(value: Any) -> str | None:
    """Return the error as one line; a handler's exception arrives as JSON inside a string."""
    if not value:
        return None
    text = value if isinstance(value, str) else json.dumps(value)
    data = _unpack(value)
    if "error_message" in data:
        text = f"{data.get('error_type', '')}: {data['error_message']}"
    return one_line(redact(text), 600)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _read_details(value: Any) -> str:
    """Return every line of the error: its traceback, then what it says."""
    data = _unpack(value)
    if "error_message" not in data:
        text = value if isinstance(value, str) else json.dumps(value) if value else ""
    else:
        text = f"{data.get('error_traceback') or ''}\n{data.get('error_type', '')}: {data['error_message']}"
    return redact(strip_controls(text)).strip()


def _unpack(value: Any) -> dict[str, Any]:
    try:
        data = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        data = None
    return data if isinstance(data, dict) else {}


def _integer(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _seconds(milliseconds: Any) -> float | None:
    return milliseconds / 1000 if isinstance(milliseconds, int | float) and not isinstance(milliseconds, bool) else None
