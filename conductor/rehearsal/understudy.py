"""Workers that play a part: what RunPod shows of a worker where something is wrong, without a handler that is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from conductor.rehearsal.actions import instant
from conductor.rehearsal.workers import Worker

STANDS_IN = "a drill"

# What a worker answers to a job, given the answer that is right.
Answering = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Part:
    """What a worker's status is once it has come up, what its system's log says, and how it answers (None: rightly).

    `{image}` in the log is filled in.
    """

    status: str = "IDLE"
    log: tuple[str, ...] = ()
    answers: Answering | None = None


SERVES = Part()


def _fail(_: dict[str, Any]) -> dict[str, Any]:
    return {"status": "FAILED", "error": "RuntimeError: the new kernels are not there"}


def _answer_an_error(right: dict[str, Any]) -> dict[str, Any]:
    return {**right, "output": {"error": "no frame could be decoded"}}


THROTTLED = Part("THROTTLED")
PULL_DENIED = Part(
    "INITIALIZING",
    (
        "pulling image {image}",
        "error creating container: pull access denied for {image}, may require 'docker login': denied",
    ),
)
CRASHES = Part("UNHEALTHY", ("start container for {image}: begin", "container exited with code 1, restarting"))
FAILS = Part(answers=_fail)
ANSWERS_WRONGLY = Part(answers=_answer_an_error)


@dataclass(slots=True)
class Cast:
    """Who plays what: workers of `previous` serve, those of any other image play `part`.

    They do at the endpoints named in `at`; where none is, at all. `revision_of` tells an image's revision.
    """

    previous: str
    revision_of: Callable[[str], str]
    part: Part = SERVES
    at: frozenset[str] = frozenset()


class Understudy(Worker):
    """A worker that plays its part in a cast. Where it serves and no answer is declared, its handler is started."""

    cast: Cast
    endpoint_name = ""

    def start(self) -> None:
        """Come up, or not."""
        part = self.part
        if part is SERVES and self._s.example is None:
            super().start()
            return
        for line in part.log:
            self._say("system", line.format(image=self.image))
        self.play()

    @property
    def part(self) -> Part:
        """Return what this worker plays now."""
        elsewhere = self.cast.at and self.endpoint_name not in self.cast.at
        return SERVES if elsewhere or self.image == self.cast.previous else self.cast.part

    def play(self) -> None:
        """Take the status that the part has now."""
        if self.part is SERVES and self._s.example is None:
            return
        self.revision = self.cast.revision_of(self.image)
        self.substituted = STANDS_IN
        self._baked = {"revision": self.revision}
        self.started_at = instant()
        self._become(self.part.status)

    def run(self, job_id: str, job_input: dict[str, Any]) -> dict[str, Any]:
        """Answer as the part does."""
        right = super().run(job_id, job_input) if self._s.example is not None else {"status": "COMPLETED"}
        return self.part.answers(right) if self.part.answers else right


def understudies(cast: Cast, endpoint_name: str) -> type[Understudy]:
    """Return the class of one endpoint's workers."""
    return type("CastWorker", (Understudy,), {"cast": cast, "endpoint_name": endpoint_name})
