"""Workers that are real: the image pulled by digest, unpacked, and its own handler started and asked."""

from __future__ import annotations

import http.client
import io
import json
import re
import secrets
import shutil
import socket
import subprocess
import tarfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conductor.config.archive import unpack
from conductor.rehearsal.actions import instant
from conductor.rehearsal.dockerfile import handler_of
from conductor.rehearsal.processes import ChildProcesses, plain_environment
from conductor.rehearsal.registry_client import PulledImage, RegistryClient, RegistryRefused

# Variables of an image that would break a program of this machine.
_NOT_TAKEN = ("PATH", "LD_LIBRARY_PATH", "LD_PRELOAD", "PYTHONHOME", "PYTHONPATH", "HOME", "VIRTUAL_ENV")
_MISSING_MODULE = re.compile(r"No module named '([\w.]+)'")
_NO_DEVICE = re.compile(
    r"libcuda|CUDA (?:driver|error|GPUs?)|CUDA-capable|with CUDA enabled|NVIDIA driver", re.IGNORECASE
)
_NO_LIBRARY = re.compile(r"([\w.+-]+\.so[\w.]*): cannot open shared object file")
_START_TIMEOUT_S = 120.0
_RESTARTS = 2
_RESTART_AFTER_S = 0.3


def _keep_nothing(name: str, lines: str) -> None:
    """Keep no log."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What workers need from the stage: pull an image by reference, a place for files, children, and exceptions.

    `example` is the answer a worker gives where its handler can't start on this machine; `environment` is set for every
    handler; `must_run` are revisions for which no example may stand in (a drill's); `note` keeps lines of a log in the
    file of that name.
    """

    pull: Callable[[str], PulledImage]
    folder: Path
    children: ChildProcesses
    environment: dict[str, str]
    example: dict[str, Any] | None = None
    must_run: frozenset[str] = frozenset()
    note: Callable[[str, str], None] = _keep_nothing
    # Why handlers were not run, of every worker there was; those that are gone can't be asked any more.
    reasons: set[str] = field(default_factory=set)


def pull_from(registries: dict[str, str]) -> Callable[[str], PulledImage]:
    """Return how images are pulled: `host/name@sha256:…` from the loopback registry that stands for the host."""

    def pull(reference: str) -> PulledImage:
        name, at, digest = reference.rpartition("@")
        host, repository = split_image(name)
        if not at or host not in registries:
            raise RegistryRefused(f"manifest for {reference} not found: manifest unknown")
        return RegistryClient(registries[host], repository).pull(digest)

    return pull


def split_image(image: str) -> tuple[str, str]:
    """Return the registry's host, as an image reference names it, and the repository's path there."""
    first, slash, rest = image.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return first, rest if "/" in rest or first != "docker.io" else f"library/{rest}"
    return "docker.io", image if slash else f"library/{image}"


class NoHandler(Exception):
    """The image starts a program that only the image has: nothing of it can be run on this machine."""


class Worker:
    """One worker: INITIALIZING until its handler listens, IDLE or RUNNING after, UNHEALTHY when it keeps crashing."""

    def __init__(self, image: str, version: int, surroundings: Surroundings, changed: threading.Condition) -> None:
        self.id = secrets.token_hex(7)
        self.image = image
        self.version = version
        self.status = "INITIALIZING"
        self.started_at: str | None = None
        self.substituted: str | None = None
        self.revision = ""
        self._baked: dict[str, str] = {}
        self.log: list[tuple[str, str, str]] = []
        self._s = surroundings
        self._changed = changed
        self._gone = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._port = 0
        self._begun = time.monotonic()
        self._folder = surroundings.folder / f"worker-{self.id}"
        self._log_file = self._folder / "worker.log"
        self._log_read = 0
        self._reading = threading.Lock()
        self._thread = threading.Thread(target=self._live, daemon=True)

    def start(self) -> None:
        """Pull, unpack and start the handler, in a thread of the worker's own."""
        self._thread.start()

    def terminate(self) -> None:
        """End the worker and remove its files; safe to call twice."""
        self._gone.set()
        if self._child is not None:
            self._s.children.stop(self._child)
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(timeout=5)
        self.catch_up(ended=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    def run(self, job_id: str, job_input: dict[str, Any]) -> dict[str, Any]:
        """Give a job to the handler and return `{status, output}` or `{status, error}`."""
        if self.substituted is not None:
            return self._answer_with_example()
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=600)
        try:
            body = json.dumps({"id": job_id, "input": job_input})
            connection.request("POST", "/runsync", body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            return {"status": "FAILED", "error": f"worker exited while it had the job: {type(error).__name__}"}
        finally:
            connection.close()
            self.catch_up()
        if response.status != 200:
            return {"status": "FAILED", "error": json.dumps(answer)}
        return {name: answer[name] for name in ("status", "output", "error") if answer.get(name) is not None}

    def _answer_with_example(self) -> dict[str, Any]:
        if self._s.example is None:
            reason = f"the handler was not run here ({self.substituted}), and smoke.example declares no answer"
            return {"status": "FAILED", "error": reason}
        output = self._s.example.get("output", self._s.example)
        if isinstance(output, dict):
            # The example was made from another revision; which image this worker runs is known without its handler.
            output = {**output, **{name: value for name, value in self._baked.items() if name in output}}
        return {"status": "COMPLETED", "output": output}

    def as_json(self, endpoint_version: int) -> dict[str, Any]:
        """Return the worker as `GET /v2/serverless/{id}/workers` lists it."""
        placed = self.started_at is not None
        return {
            "id": self.id,
            "status": self.status,
            "isStale": self.version != endpoint_version,
            "version": self.version,
            "gpuCount": 1,
            "image": self.image,
            "uptimeSeconds": int(time.monotonic() - self._begun) if placed else None,
            "gpuTypeId": "NVIDIA L40" if placed else None,
            "dataCenterId": "LOOPBACK-1" if placed else None,
            "startedAt": self.started_at,
        }

    def catch_up(self, *, ended: bool = False) -> None:
        """Take into the log what the handler has written since the last look: whole lines, until it has `ended`."""
        with self._reading:
            try:
                with self._log_file.open("rb") as file:
                    file.seek(self._log_read)
                    fresh = file.read()
            except OSError:
                return
            fresh = fresh if ended else fresh[: fresh.rfind(b"\n") + 1]
            self._log_read += len(fresh)
            self._say("container", *fresh.decode("utf-8", "replace").splitlines())

    def _live(self) -> None:
        try:
            self._come_up()
        except Exception as error:
            # A thread that ends unseen would leave a worker that seems to be on its way for ever.
            self._say("system", f"error creating container: {type(error).__name__}: {error}")
            self._become("UNHEALTHY")
            raise

    def _come_up(self) -> None:
        try:
            self._say("system", f"pulling image {self.image}")
            handler, environment = self._unpack(self._s.pull(self.image))
        except NoHandler as nothing:
            if not self._stand_in(str(nothing)):
                self._become("UNHEALTHY")
            return
        except (RegistryRefused, OSError, tarfile.TarError, ValueError) as error:
            self._say("system", f"error creating container: image pull: {error}")
            self._become("UNHEALTHY")
            return
        for attempt in range(_RESTARTS + 1):
            if self._gone.wait(_RESTART_AFTER_S if attempt else 0):
                return
            self._say("system", f"start container for {self.image}: begin")
            if self._serve(handler, environment):
                return
            if self._gone.is_set() or self._substitute():
                return
            self._become("UNHEALTHY")

    def _substitute(self) -> bool:
        """Let the declared example answer where this machine lacks what the handler imports; say so."""
        reason = _why_not_here(self._tail(), self._folder)
        return reason is not None and self._stand_in(reason)

    def _stand_in(self, reason: str) -> bool:
        if self.revision in self._s.must_run:
            return False
        self.substituted = reason
        self._s.reasons.add(reason)
        stands = "no example is declared" if self._s.example is None else "the declared example stands in"
        self._say("system", f"the handler can't start on this machine ({reason}); {stands}")
        self.started_at = instant()
        self._become("IDLE")
        return True

    def _unpack(self, image: PulledImage) -> tuple[Path, dict[str, str]]:
        root = self._folder / "root"
        root.mkdir(parents=True, exist_ok=True)
        for layer in image.layers:
            with tarfile.open(fileobj=io.BytesIO(layer), mode="r:gz") as archive:
                for name in unpack(archive, root):
                    self._say("system", f"left out of the container: {name} leads outside of it")
        settings = image.config.get("config", {})
        command = [*(settings.get("Entrypoint") or []), *(settings.get("Cmd") or [])]
        pairs = (pair.partition("=") for pair in settings.get("Env") or [])
        taken = {name: value for name, _, value in pairs if name not in _NOT_TAKEN}
        self.bake(taken)
        return _find_handler(root, command), {**plain_environment(), **taken, **self._s.environment}

    def bake(self, environment: Mapping[str, str]) -> None:
        """Note what the image says that it was built from."""
        self.revision = environment.get("CONDUCTOR_REVISION", "")
        self._baked = {"revision": self.revision, "context": environment.get("CONDUCTOR_CONTEXT", "")}

    def _serve(self, handler: Path, environment: dict[str, str]) -> bool:
        """Start the handler and return whether it listens; a handler that exits first leaves its words in the log."""
        self._port = _free_port()
        arguments = ["--rp_serve_api", "--rp_api_host", "127.0.0.1", "--rp_api_port", str(self._port)]
        with self._log_file.open("ab") as log:
            self._child = self._s.children.start(
                [str(handler), *arguments],
                directory=handler.parent,
                environment={**environment, "RUNPOD_POD_ID": self.id, "PYTHONUNBUFFERED": "1"},
                log=log,
            )
        listening = self._wait_for_port(self._child)
        if not listening:
            self._s.children.stop(self._child)
        self.catch_up(ended=not listening)
        if listening:
            self.started_at = instant()
            self._become("IDLE")
        return listening

    def _wait_for_port(self, child: subprocess.Popen[bytes]) -> bool:
        deadline = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < deadline and child.poll() is None and not self._gone.wait(0.03):
            with socket.socket() as probe:
                probe.settimeout(1)
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    return True
        return False

    def _tail(self) -> str:
        return "\n".join(line for _, source, line in self.log if source == "container")[-8000:]

    def _say(self, source: str, *lines: str) -> None:
        if not lines:
            return
        self._s.note(f"worker-{self.id}.log", "\n".join(lines))
        with self._changed:
            self.log += [(instant(), source, line) for line in lines]
            self._changed.notify_all()

    def _become(self, status: str) -> None:
        with self._changed:
            self.status = status
            self._changed.notify_all()


def _find_handler(root: Path, command: list[str]) -> Path:
    """Return the handler in the unpacked context: where the command says, or the path's end that exists there."""
    named = handler_of(command)
    if named is None:
        started = " ".join(command)[:80] or "what its base starts"
        raise NoHandler(f"the image starts {started}, and build.handler names no Python file")
    parts = [part for part in named.split("/") if part not in {"", ".", ".."}]
    for start in range(len(parts)):
        candidate = root.joinpath(*parts[start:])
        if candidate.is_file():
            return candidate
    raise ValueError(f"the image's command starts {named}, which is not in the build context")


def _why_not_here(log: str, folder: Path) -> str | None:
    """Return what this machine lacks for the handler, or None where the handler itself is at fault."""
    if missing := _MISSING_MODULE.findall(log):
        module = missing[-1].split(".")[0]
        if not any((folder / "root").rglob(f"{module}.py")) and not any((folder / "root").rglob(f"{module}/")):
            return f"no module {module}"
    if lacks_device(log):
        return "no CUDA"
    library = _NO_LIBRARY.search(log)
    return f"no {library[1]}" if library else None


def lacks_device(log: str) -> bool:
    """Tell whether a program says that it found no GPU."""
    return _NO_DEVICE.search(log) is not None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
