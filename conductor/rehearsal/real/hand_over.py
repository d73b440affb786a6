"""How RunPod hands jobs to a worker: the addresses that its SDK asks (`RUNPOD_WEBHOOK_GET_JOB` and its siblings)."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

from conductor.rehearsal.http_server import Answer, LoopbackServer, Reply, Request, json_reply
from conductor.rehearsal.recorder import Recorder

# As long as the SDK's own request may last, and short enough for a worker that is told to end.
_HOLD_S = 2.0
_DONE_S = 600.0


class Desk:
    """One worker's end: jobs are laid on it and answers taken from it; `heard` is called at the first question."""

    def __init__(self, heard: Callable[[], None]) -> None:
        self._changed = threading.Condition()
        self._waiting: list[dict[str, Any]] = []
        self._answers: dict[str, dict[str, Any]] = {}
        self._heard = heard
        self._closed = False

    def ask(self, job_id: str, job_input: dict[str, Any]) -> dict[str, Any] | None:
        """Lay a job down and wait for its answer; None where the worker is gone, or silent for ten minutes."""
        with self._changed:
            self._waiting.append({"id": job_id, "input": job_input})
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._closed or job_id in self._answers, timeout=_DONE_S)
            return self._answers.pop(job_id, None)

    def take(self) -> dict[str, Any] | None:
        """Return a job that waits, None where none comes for a while."""
        heard, self._heard = self._heard, _nothing
        heard()
        with self._changed:
            self._changed.wait_for(lambda: self._closed or bool(self._waiting), timeout=_HOLD_S)
            return self._waiting.pop(0) if self._waiting and not self._closed else None

    def answer(self, job_id: str, answer: dict[str, Any]) -> None:
        """Hand in what became of a job."""
        with self._changed:
            self._answers[job_id] = answer
            self._changed.notify_all()

    def close(self) -> None:
        """Let everybody who waits go."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


class HandOver(LoopbackServer):
    """Answers every worker's questions for jobs; `desks` are the workers that there are, by their ids."""

    name = "hand-over"

    def __init__(self, recorder: Recorder) -> None:
        self.desks: dict[str, Desk] = {}
        super().__init__(recorder)

    def environment(self, worker_id: str) -> dict[str, str]:
        """Return what RunPod sets for a worker, as far as its SDK reads it."""
        here = f"{self.base_url}/v2/rehearsal"
        return {
            "RUNPOD_POD_ID": worker_id,
            "RUNPOD_AI_API_KEY": "rehearsal",
            "RUNPOD_WEBHOOK_GET_JOB": f"{here}/job-take/{worker_id}?gpu=none",
            "RUNPOD_WEBHOOK_POST_OUTPUT": f"{here}/job-done/{worker_id}/$ID?gpu=none",
            "RUNPOD_WEBHOOK_POST_STREAM": f"{here}/job-stream/{worker_id}/$ID?gpu=none",
            "RUNPOD_WEBHOOK_PING": f"{here}/ping/{worker_id}",
        }

    def routes(self) -> list[tuple[str, str, Answer]]:
        """Return the paths under which a worker takes jobs, hands answers in, and says that it lives."""
        worker = r"/v2/rehearsal/{}/(?P<worker>[0-9a-f]+)"
        return [
            ("GET", worker.format("(?:job-take|job-take-batch)"), self._take),
            ("GET", worker.format("job-stop"), self._stop),
            ("GET", worker.format("ping"), lambda _: json_reply({})),
            ("POST", worker.format("job-done") + r"/(?P<job>[^/]+)", self._done),
            ("POST", worker.format("job-stream") + r"/(?P<job>[^/]+)", lambda _: json_reply({})),
        ]

    def _take(self, request: Request) -> Reply:
        desk = self.desks.get(request.groups["worker"])
        job = desk.take() if desk is not None else None
        if job is None:
            return Reply(204)
        return json_reply([job] if "job-take-batch" in request.path else job)

    def _stop(self, request: Request) -> Reply:
        desk = self.desks.get(request.groups["worker"])
        return Reply(204) if desk is not None else json_reply({"message": "no such worker"}, 404)

    def _done(self, request: Request) -> Reply:
        desk = self.desks.get(request.groups["worker"])
        answer = json.loads(request.body)
        if desk is not None and isinstance(answer, dict):
            desk.answer(request.groups["job"], answer)
        return json_reply({})


def _nothing() -> None:
    """Be called again, and do nothing."""
