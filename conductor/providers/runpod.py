"""RunPod: the REST interface (version 2) for endpoints, workers and releases, and the SDK for jobs.

Traps this answers: a template's change rolls out nothing, so the endpoint itself is changed; a PATCH names the image
and nothing else, because some fields are replaced as a whole and unknown ones are refused; `percentOnLatest` is 0
without workers; scaled-down workers are not listed; the SDK's GraphQL half is going away and is not used.
"""

from __future__ import annotations

import json
import urllib.parse
from typing import Any

from conductor.config.missing import missing_extra
from conductor.config.user import is_loopback
from conductor.domain.secret import Secret, redact
from conductor.domain.text import one_line, strip_controls
from conductor.ports.clock import Clock
from conductor.ports.jobs import JobState
from conductor.ports.target import TargetRelease, TargetState, Worker, WorkerList
from conductor.providers.http import HttpClient, ServiceRefused, malformed

TOKEN_HINT = "set RUNPOD_API_KEY to a key that may read and change the endpoint"  # noqa: S105 - words, no token
SUBMIT_TRIES = 3
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
        answer = self._http.get(self._path).mapping()
        return _read_state(answer, self._fetch_version())

    def deploy(self, image: str) -> TargetState:
        """Configure this image and nothing else; return what RunPod says is configured then."""
        answer = self._http.send("PATCH", self._path, {"image": image}).mapping()
        return _read_state(answer, self._fetch_version())

    def _fetch_version(self) -> int | None:
        return _integer(self._http.get(f"{self._path}/releases").mapping().get("endpointVersion"))

    def fetch_workers(self) -> WorkerList:
        """Return the workers that run now."""
        answer = self._http.get(f"{self._path}/workers")
        data = answer.mapping()
        rows = data.get("workers")
        if not isinstance(rows, list):
            raise malformed("RunPod", answer.url, "no list workers")
        workers = tuple(_read_worker(row) for row in rows if isinstance(row, dict))
        return WorkerList(workers, _integer(data.get("endpointVersion")))

    def fetch_releases(self) -> tuple[TargetRelease, ...]:
        """Return the endpoint's releases, newest first."""
        answer = self._http.get(f"{self._path}/releases")
        rows = answer.mapping().get("releases")
        if not isinstance(rows, list):
            raise malformed("RunPod", answer.url, "no list releases")
        return tuple(_read_release(row) for row in rows if isinstance(row, dict))

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
    """An endpoint's queue, through the runpod SDK (imported at the first job: its import takes 1.5 s)."""

    def __init__(self, base_url: str, endpoint_id: str, key: Secret, clock: Clock) -> None:
        self._base_url = base_url
        self._id = endpoint_id
        self._key = key
        self._clock = clock
        self._open_client: Any = None

    def submit(self, body: dict[str, Any]) -> str:
        """Queue the job (`{"input": …}`) and return its id."""
        for attempt in range(1, SUBMIT_TRIES + 1):
            try:
                data = self._call("POST", f"{self._id}/run", body)
            except ServiceRefused as error:
                if attempt == SUBMIT_TRIES or (0 < error.status < 500 and error.status != 429):
                    raise
                self._clock.sleep(float(attempt))
            else:
                if isinstance(data.get("id"), str) and data["id"]:
                    return str(data["id"])
                raise malformed("RunPod's queue", self._base_url, "a job without an id")
        raise AssertionError("unreachable")

    def fetch(self, job_id: str) -> JobState | None:
        """Return the job's state, or None where the queue knows it no more (results are kept 30 minutes)."""
        try:
            data = self._call("GET", f"{self._id}/status/{urllib.parse.quote(job_id, safe='')}", None)
        except ServiceRefused as error:
            if error.status == 404:
                return None
            raise
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

    def cancel(self, job_id: str) -> None:
        """Take the job back, where it has not ended."""
        self._call("POST", f"{self._id}/cancel/{urllib.parse.quote(job_id, safe='')}", {})

    def _call(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        client = self._client()
        import requests

        try:
            data = client.post(path, body) if method == "POST" else client.get(path)
        except requests.HTTPError as error:
            status = error.response.status_code if error.response is not None else 0
            raise ServiceRefused(
                f"RunPod's queue answered {status}: {_explain(error.response)}",
                hint=TOKEN_HINT if status in (401, 403) else "try again later",
                status=status,
            ) from None
        except ValueError:
            # requests' JSON error is a ValueError; so is the standard library's.
            raise ServiceRefused(
                "RunPod's queue answered something that is not JSON", hint="check services.runpod_jobs", status=502
            ) from None
        except requests.RequestException:
            raise ServiceRefused("RunPod's queue can't be reached", hint="check the network, then try again") from None
        except RuntimeError:
            # What the SDK raises for 401.
            raise ServiceRefused("RunPod's queue does not accept the key", hint=TOKEN_HINT, status=401) from None
        if not isinstance(data, dict):
            raise malformed("RunPod's queue", self._base_url, "the answer is not an object")
        return data

    def _client(self) -> Any:
        if self._open_client is None:
            runpod = import_sdk()
            # The SDK reads its address from the environment when it is imported; the attribute is what it uses after.
            runpod.endpoint_url_base = self._base_url
            self._open_client = runpod.Endpoint(self._id, api_key=self._key.reveal()).rp_client
            if is_loopback(self._base_url):
                self._open_client.rp_session.trust_env = False
        return self._open_client


def import_sdk() -> Any:
    """Import the runpod SDK and undo what its import does to this process' logging."""
    import logging

    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        import runpod
    except ImportError:
        raise missing_extra("release", "runpod") from None
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    return runpod


def _read_state(data: dict[str, Any], version: int | None) -> TargetState:
    bounds = data.get("workers") if isinstance(data.get("workers"), dict) else {}
    image = data.get("image")
    if not isinstance(bounds, dict) or not isinstance(image, str | None):
        raise malformed("RunPod", "https://api.runpod.io", "an endpoint without workers or image")
    return TargetState(
        one_line(image or "", 500), version, _integer(bounds.get("min")) or 0, _integer(bounds.get("max")) or 0
    )


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
    for change in changes if isinstance(changes, list) else []:
        if isinstance(change, dict) and change.get("field") in _IMAGE_FIELDS:
            old, new = change.get("old"), change.get("new")
            return TargetRelease(
                _integer(row.get("version")),
                old if isinstance(old, str) else None,
                new if isinstance(new, str) else None,
            )
    return TargetRelease(_integer(row.get("version")), None, None)


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


def _explain(response: Any) -> str:
    return one_line(redact(response.text), 300) if response is not None and response.text else "no reason given"


def _integer(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _seconds(milliseconds: Any) -> float | None:
    return milliseconds / 1000 if isinstance(milliseconds, int | float) and not isinstance(milliseconds, bool) else None
