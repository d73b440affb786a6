"""Workers that can't start, told by their log minutes after the deployment rather than when their time is over."""

from __future__ import annotations

import re
from dataclasses import dataclass

from conductor.domain.text import one_line
from conductor.ports.target import WorkerList
from conductor.release.context import Release, StepFailed
from conductor.release.worker_log import WorkerLog, keep_worker_log

READY = frozenset({"RUNNING", "IDLE"})
LOOK_S = 60.0
# What is seen once may pass (a registry's hiccup, one bad host); seen again a minute later, it stays.
LOOKS = 2


@dataclass(frozen=True, slots=True)
class StartFault:
    """What the container engine writes where an image can't be started, what that means, and what to do."""

    cause: str
    pattern: re.Pattern[str]
    meaning: str
    remedy: str


def _fault(cause: str, pattern: str, meaning: str, remedy: str) -> StartFault:
    return StartFault(cause, re.compile(pattern, re.IGNORECASE), meaning, remedy)


# The words of Docker and containerd, and of NVIDIA's hook; never those of a program that runs in the container.
START_FAULTS = (
    _fault(
        "PULL_DENIED",
        r"pull access denied|no basic auth credentials|may require 'docker login'"
        r"|(?:pull|resolve)\w*\b.*(?:unauthorized|denied|forbidden|insufficient_scope|authorization failed)",
        "the registry does not let the workers pull the image",
        "give the endpoint a registry credential that may read it (RunPod's console: Container Registry Auth), "
        "or make the image public",
    ),
    _fault(
        "IMAGE_GONE",
        r"manifest for \S+ not found|manifest unknown|failed to resolve reference .*not found",
        "the registry does not have the image any more",
        "build it again, and look what deletes images in the registry",
    ),
    _fault(
        "DISK_TOO_SMALL",
        r"(?:register|extract|apply|unpack|pull)\w*\b.*no space left on device",
        "the image does not fit on the workers' disk",
        "raise the endpoint's container disk, or make the image smaller",
    ),
    _fault(
        "EXEC_FORMAT",
        r"exec [^:]*(?:: |.*caused: )?exec format error",
        "the image is for another processor",
        "build it with --platform linux/amd64",
    ),
    _fault(
        "CUDA_DRIVER",
        r"nvidia-container-cli: requirement error: unsatisfied condition",
        "the hosts' driver is older than the image asks for",
        "choose hosts with a newer CUDA version in the endpoint's filter, or build on an older CUDA base",
    ),
    _fault(
        "START_COMMAND",
        r"OCI runtime create failed.*(?:executable file not found|no such file or directory|permission denied)",
        "the image's start command can't be run",
        "correct CMD or ENTRYPOINT in the Dockerfile",
    ),
)


class StartWatch:
    """Reads the log of a worker that does not get ready, once a minute."""

    def __init__(self, release: Release, target: str) -> None:
        self._release = release
        self._target = target
        self._next = release.world.clock.monotonic() + LOOK_S
        self._seen: list[str] = []

    def look(self, listing: WorkerList) -> None:
        """Raise StepFailed where the log has said twice in a row why no worker of the new release can start."""
        clock = self._release.world.clock
        fresh = [worker for worker in listing.workers if not worker.is_stale]
        if not fresh or any(worker.status in READY for worker in fresh):
            self._seen.clear()
            return
        if clock.monotonic() < self._next:
            return
        self._next = clock.monotonic() + LOOK_S
        log = keep_worker_log(self._release, self._target, fresh[0].id)
        fault = find_fault(log)
        self._seen = [*self._seen, fault.cause] if fault and set(self._seen) <= {fault.cause} else []
        if fault and len(self._seen) >= LOOKS:
            raise self._failure(fault, log)

    def _failure(self, fault: StartFault, log: WorkerLog) -> StepFailed:
        image = self._release.the_image()
        line = next(line for line in reversed(log.lines) if fault.pattern.search(line))
        what = f'{fault.meaning}: its log says "{one_line(line, 200)}"'
        return StepFailed(
            fault.cause,
            f"target {self._target}: no worker can start, {what}",
            hint=fault.remedy,
            findings=log.explain(fault.cause, fault.remedy),
            evidence=self._release.refuse(
                "rollout", f"{self._target}@{image.digest}", what, image.reference, log=log.lines[-20:]
            ),
        )


def find_fault(log: WorkerLog) -> StartFault | None:
    """Return what the last lines of a log say about a start that failed, or None."""
    for line in reversed(log.lines[-50:]):
        for fault in START_FAULTS:
            if fault.pattern.search(line):
                return fault
    return None
