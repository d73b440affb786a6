"""A worker that is a container, started as the image says from the digest that was deployed."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any

from conductor.rehearsal.actions import instant
from conductor.rehearsal.real.engine import RealEngine, read_lines, stop_container
from conductor.rehearsal.real.hand_over import Desk, HandOver
from conductor.rehearsal.workers import Surroundings, Worker, lacks_device

_RESTARTS = 2
_START_S = 180.0
_LOOK_S = 0.1


class ContainerWorker(Worker):
    """INITIALIZING until its program asks for a job, as RunPod's SDK does; UNHEALTHY when it keeps ending.

    Where the image wants a GPU, or lacks what the rehearsal left out of its build, the declared example answers.
    """

    def __init__(
        self, engine: RealEngine, hand_over: HandOver, left_out: Callable[[], bool], image: str, version: int,
        surroundings: Surroundings, changed: threading.Condition,
    ) -> None:  # fmt: skip
        super().__init__(image, version, surroundings, changed)
        self._engine = engine
        self._hand_over = hand_over
        self._left_out = left_out
        self._container: Any = None
        self._heard = threading.Event()
        self._desk = Desk(self._heard.set)

    def terminate(self) -> None:
        """End the container; safe to call twice."""
        self._gone.set()
        self._desk.close()
        self._hand_over.desks.pop(self.id, None)
        super().terminate()
        if self._container is not None:
            stop_container(self._container)

    def run(self, job_id: str, job_input: dict[str, Any]) -> dict[str, Any]:
        """Give a job to whoever asks for it and return what is handed in."""
        if self.substituted is not None:
            return self._answer_with_example()
        answer = self._desk.ask(job_id, job_input)
        self.catch_up()
        if answer is None:
            return {"status": "FAILED", "error": "worker exited while it had the job"}
        if answer.get("error") is not None:
            return {"status": "FAILED", "error": answer["error"]}
        return {"status": "COMPLETED", "output": answer.get("output")}

    def _come_up(self) -> None:
        import docker

        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            self._say("system", f"pulling image {self.image}")
            image = self._engine.client.images.pull(self.image)
        except docker.errors.APIError as error:
            self._say("system", f"error creating container: image pull: {error.explanation or error}")
            self._become("UNHEALTHY")
            return
        pairs = dict(pair.split("=", 1) for pair in image.attrs["Config"].get("Env") or [])
        self.bake(pairs)
        self._hand_over.desks[self.id] = self._desk
        for attempt in range(_RESTARTS + 1):
            if self._gone.wait(0.3 if attempt else 0):
                return
            self._say("system", f"start container for {self.image}: begin")
            if self._serve_container() or self._gone.is_set():
                return
            if self._stand_in_where_it_may():
                return
            self._become("UNHEALTHY")

    def _serve_container(self) -> bool:
        """Start the container and return whether it asked for a job before it ended."""
        if self._container is not None:
            stop_container(self._container)
        environment = {**self._s.environment, **self._hand_over.environment(self.id), "PYTHONUNBUFFERED": "1"}
        self._container = self._engine.run(self.image, None, environment=environment)
        copying = threading.Thread(target=functools.partial(self._copy_log, self._container), daemon=True)
        copying.start()
        waited = 0.0
        while waited < _START_S and not self._heard.wait(_LOOK_S) and not self._gone.is_set():
            waited += _LOOK_S
            if not self._is_running():
                copying.join(timeout=10)
                break
        self.catch_up(ended=not self._heard.is_set())
        if not self._heard.is_set():
            return False
        self.started_at = instant()
        self._become("IDLE")
        return True

    def _is_running(self) -> bool:
        self._container.reload()
        return bool(self._container.status in {"running", "created"})

    def _copy_log(self, container: Any) -> None:
        import docker

        try:
            with self._log_file.open("a", encoding="utf-8") as log:
                for line in read_lines(container, stderr=True):
                    log.write(f"{line}\n")
                    log.flush()
        except (OSError, docker.errors.DockerException):
            return

    def _stand_in_where_it_may(self) -> bool:
        log = self._tail()
        if lacks_device(log):
            return self._stand_in("no CUDA")
        if self._left_out() and "ModuleNotFoundError" in log:
            return self._stand_in("it needs what the rehearsal left out of the build")
        return False
