"""One RunPod serverless endpoint: configuration with versions, rolling workers, a queue."""

from __future__ import annotations

import functools
import secrets
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from conductor.rehearsal.actions import instant
from conductor.rehearsal.jobs import Job, JobQueue
from conductor.rehearsal.workers import Surroundings, Worker

# How each field of a PATCH shows in a release's diff; the rest keep their names.
_DIFF_NAMES = {"image": "template.imageName", "env": "template.env", "disk": "template.containerDiskInGb"}
_CONTAINER_FIELDS = frozenset({"image", "args", "env", "disk", "ports", "registry"})
_STALE_FOR_S = 0.25


class Endpoint:
    """The state behind `/v2/serverless/{id}` and `/v2/{id}/…`.

    A change of a container field makes a new version: its workers start while the old ones, stale now, finish and go.
    """

    worker_type: Callable[..., Worker] = Worker

    def __init__(self, endpoint_id: str, name: str, image: str, version: int, surroundings: Surroundings) -> None:
        self.id = endpoint_id
        self.changed = threading.Condition()
        self.queue = JobQueue(self.changed)
        self.version = version
        self.workers: list[Worker] = []
        self.releases: list[dict[str, Any]] = []
        self.patches: list[dict[str, Any]] = []
        self.fields: dict[str, Any] = {
            "name": name, "image": image, "args": "", "disk": 20, "ports": [], "env": {}, "registry": None,
            "workers": {"min": 1, "max": 2, "idleTimeout": 5}, "scaling": {"type": "QUEUE_DELAY", "queueDelay": 4},
            "dataCenterIds": [], "networkVolumes": [], "timeout": 600_000, "flashboot": "OFF",
            "gpu": {"pools": ["ADA_48_PRO"], "count": 1, "allowedCudaVersions": [], "minCudaVersion": None},
        }  # fmt: skip
        self.surroundings = surroundings
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []
        self._created_at = instant()
        self._note_release([])
        self._dispatcher = threading.Thread(target=self._dispatch, daemon=True)

    def start(self) -> None:
        """Start the first worker and the queue."""
        self._scale()
        self._dispatcher.start()

    def close(self) -> None:
        """End every worker."""
        self._closing.set()
        with self.changed:
            leaving, self.workers = self.workers, []
            self.changed.notify_all()
        for worker in leaving:
            worker.terminate()
        if self._dispatcher.is_alive():
            self._dispatcher.join(timeout=5)
        # A stale worker on its way out, or a job, may be in the hands of a thread.
        for thread in self._threads:
            thread.join(timeout=5)

    def patch(self, body: dict[str, Any]) -> None:
        """Apply a PATCH whose fields are known to be right."""
        with self.changed:
            self.patches.append(body)
            diff = [
                {"field": _DIFF_NAMES.get(name, name), "old": self.fields.get(name), "new": value}
                for name, value in body.items()
                if self.fields.get(name) != value
            ]
            for name, value in body.items():
                merged = name in {"workers", "gpu"} and isinstance(value, dict)
                self.fields[name] = {**self.fields[name], **value} if merged else value
            rolls = any(name in _CONTAINER_FIELDS for name in body) and bool(diff)
            if rolls:
                self.version += 1
                self._note_release(diff)
        if rolls:
            self._scale()
            self._begin(self._retire_stale)

    def _begin(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _note_release(self, diff: list[dict[str, Any]]) -> None:
        self.releases.insert(0, {
            "id": secrets.token_hex(4), "version": self.version, "source": "MANUAL", "buildId": None,
            "createdByUserId": None, "createdAt": instant(), "diff": diff,
        })  # fmt: skip

    def _scale(self, *, woken: bool = False) -> None:
        """Have one worker of the current version; where the endpoint may scale to zero, only `woken` by a job."""
        with self.changed:
            bounds = self.fields["workers"]
            if self._closing.is_set() or not bounds["max"] or not (bounds["min"] or woken):
                return
            worker = self.worker_type(self.fields["image"], self.version, self.surroundings, self.changed)
            self.workers.append(worker)
        worker.start()

    def _retire_stale(self) -> None:
        """Let stale workers go: idle ones after a moment, busy ones after their job."""
        self._closing.wait(_STALE_FOR_S)
        while not self._closing.is_set():
            with self.changed:
                stale = [worker for worker in self.workers if worker.version != self.version]
                leaving = [worker for worker in stale if worker.status != "RUNNING"]
                self.workers = [worker for worker in self.workers if worker not in leaving]
                self.changed.notify_all()
            for worker in leaving:
                worker.terminate()
            if len(leaving) == len(stale):
                return
            self._closing.wait(0.1)

    def _dispatch(self) -> None:
        while not self._closing.is_set():
            with self.changed:
                job, worker = self._next()
                asleep = job is None and self._is_asleep()
                if not asleep and (job is None or worker is None):
                    self.changed.wait(timeout=0.2)
                    continue
                if worker is not None:
                    worker.status = "RUNNING"
            if job is not None and worker is not None:
                self._begin(functools.partial(self._work, job, worker))
            else:
                self._scale(woken=True)

    def _is_asleep(self) -> bool:
        fresh = any(worker.version == self.version for worker in self.workers)
        return not fresh and bool(self.fields["workers"]["max"]) and self.queue.is_waiting()

    def _next(self) -> tuple[Job | None, Worker | None]:
        ready = [worker for worker in self.workers if worker.status == "IDLE"]
        ready.sort(key=lambda worker: -worker.version)
        return (self.queue.take(ready[0].id), ready[0]) if ready else (None, None)

    def _work(self, job: Job, worker: Worker) -> None:
        answer = worker.run(job.id, job.input)
        self.queue.finish(job, answer)
        with self.changed:
            if worker.status == "RUNNING":
                worker.status = "IDLE"
            self.changed.notify_all()

    def as_json(self, jobs_url: str) -> dict[str, Any]:
        """Return the endpoint as `GET /v2/serverless/{id}` does."""
        here = f"{jobs_url}/{self.id}"
        urls = {
            "run": f"{here}/run", "runSync": f"{here}/runsync", "status": f"{here}/status/{{job_id}}",
            "stream": f"{here}/stream/{{job_id}}", "cancel": f"{here}/cancel/{{job_id}}",
            "retry": f"{here}/retry/{{job_id}}", "purgeQueue": f"{here}/purge-queue", "health": f"{here}/health",
        }  # fmt: skip
        with self.changed:
            return {
                "id": self.id, "type": "QUEUE", "requestUrls": urls, "createdAt": self._created_at, **self.fields
            }  # fmt: skip

    def workers_as_json(self) -> dict[str, Any]:
        """Return the active workers with their summary."""
        with self.changed:
            rows = [worker.as_json(self.version) for worker in self.workers]
        counted = Counter(row["status"] for row in rows)
        names = ("running", "idle", "initializing", "throttled", "unhealthy")
        summary = {name: counted[name.upper()] for name in names}
        return {"workers": rows, "summary": {**summary, "total": len(rows)}, "endpointVersion": self.version}

    def releases_as_json(self) -> dict[str, Any]:
        """Return the release history with the rollout's numbers."""
        with self.changed:
            by_version = Counter(worker.version for worker in self.workers)
            total, latest = len(self.workers), by_version[self.version]
            rows = [{**release, "workerCount": by_version[release["version"]]} for release in self.releases]
        rollout = {
            "inProgress": latest < total, "workersOnLatest": latest, "workersTotal": total,
            "percentOnLatest": 100 * latest // total if total else 0,
        }  # fmt: skip
        return {"endpointVersion": self.version, "rollout": rollout, "releases": rows}

    def health(self) -> dict[str, Any]:
        """Return what the job plane's `/health` answers."""
        summary = self.workers_as_json()["summary"]
        summary.pop("total")
        return {"jobs": self.queue.counts(), "workers": {**summary, "ready": summary["idle"] + summary["running"]}}

    def worker(self, worker_id: str) -> Worker | None:
        """Return the active worker with that id."""
        with self.changed:
            return next((worker for worker in self.workers if worker.id == worker_id), None)
