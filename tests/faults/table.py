"""The table: at which question or change of a release, and what goes wrong there."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Callable
from dataclasses import dataclass

from conductor.rehearsal.http_server import Reply, Request
from tests.faults.stand import Stand

ENDPOINT = r"/v2/serverless/[^/]+"


@dataclass(frozen=True, slots=True)
class Place:
    """One exchange of a release: at which server, and the `nth` that fits since the last change of the endpoint.

    `changed` is whether the endpoint has been changed before (None: whichever); with `failing`, the new image's jobs
    fail, so that the release goes back.
    """

    name: str
    server: str
    method: str
    path: str
    changed: bool | None = None
    failing: bool = False


PLACES = (
    Place("preflight: the endpoint", "runpod", "GET", ENDPOINT, changed=False),
    Place("build: the runs", "github", "GET", r".*/actions/runs"),
    Place("build: the jobs", "github", "GET", r".*/actions/runs/\d+/attempts/\d+/jobs"),
    Place("image: the token", "registry", "GET", "/token"),
    Place("image: the manifest", "registry", "GET", r"/v2/.*/manifests/.*"),
    Place("image: the config", "registry", "GET", r"/v2/.*/blobs/.*"),
    Place("deploy: the change", "runpod", "PATCH", ENDPOINT),
    Place("deploy: read back", "runpod", "GET", ENDPOINT, changed=True),
    Place("deploy: the releases", "runpod", "GET", f"{ENDPOINT}/releases", changed=True),
    Place("rollout: the workers", "runpod", "GET", f"{ENDPOINT}/workers", changed=True),
    Place("smoke: the job is sent", "runpod-jobs", "POST", r".*/run", changed=True),
    Place("smoke: the job's state", "runpod-jobs", "GET", r".*/status/.*", changed=True),
    Place("rollback: the change", "runpod", "PATCH", ENDPOINT, changed=True, failing=True),
    Place("rollback: read back", "runpod", "GET", ENDPOINT, changed=True, failing=True),
    Place("rollback: the workers", "runpod", "GET", f"{ENDPOINT}/workers", changed=True, failing=True),
    Place("rollback: the job is sent", "runpod-jobs", "POST", r".*/run", changed=True, failing=True),
)

JSON = {"Content-Type": "application/json"}
LIMIT = {"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}


def _status(status: int, body: object = None, **headers: str) -> Callable[[Callable[[], Reply]], Reply]:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    content = json.dumps(body if body is not None else {"title": "No", "status": status, "detail": "no"}).encode()
    return lambda _: Reply(status, content, {**JSON, **named})


def _half(answer: Callable[[], Reply]) -> Reply:
    whole = answer()
    return Reply(whole.status, whole.body[: len(whole.body) // 2], whole.headers)


# What goes out instead of the answer. A change that is refused has not been made; `lost` has, and nobody hears of it.
ANSWERS: dict[str, Callable[[Callable[[], Reply]], Reply | None]] = {
    "cut": lambda _: None,
    "lost": lambda answer: (answer(), None)[1],
    "401": _status(401),
    "403": _status(403),
    "404": _status(404),
    "409": _status(409),
    "422": _status(422),
    "429 with a time": _status(429, None, Retry_After="7"),
    "429": _status(429),
    "403 limit": _status(403, LIMIT),
    "500": _status(500),
    "502 page": lambda _: Reply(502, b"<html><title>Bad Gateway</title></html>", {"Content-Type": "text/html"}),
    "page": lambda _: Reply(200, b"<!doctype html><title>Sign in</title>", {"Content-Type": "text/html"}),
    "half": _half,
    "nested": lambda _: Reply(200, b'{"a":' * 20_000, JSON),
    "nothing": lambda _: Reply(200, b"", JSON),
    "other": _status(200, {"hello": "world"}),
    "elsewhere": _status(302, None, Location="http://[::1"),
}
# What is done to the release, or to its machine, while its question is on the way: before it is answered, or after.
ACTS = ("kill", "SIGTERM", "SIGINT", "full disk", "clock")


@dataclass(frozen=True, slots=True)
class Case:
    """One fault at one place: once, or from then on; `late` acts come after the server has done what it was asked."""

    place: Place
    fault: str
    lasting: bool = False
    late: bool = False

    @property
    def name(self) -> str:
        """Return the case in words."""
        more = " from then on" if self.lasting else " after it" if self.late else ""
        return f"{self.place.name}: {self.fault}{more}"


def every_case() -> list[Case]:
    """Return the whole table."""
    cases = [Case(place, fault, lasting=lasting) for place in PLACES for fault in ANSWERS for lasting in (False, True)]
    return cases + [Case(place, act, late=late) for place in PLACES for act in ACTS for late in (False, True)]


def spread(count: int) -> list[Case]:
    """Return so many cases from all over the table, always the same."""
    cases = every_case()
    step = len(cases) / count
    # A stride that has nothing in common with the number of faults meets each of them.
    return [cases[int(number * step) * 37 % len(cases)] for number in range(count)]


class Hung:
    """A case's fault, hung into its server."""

    def __init__(self, stand: Stand, case: Case) -> None:
        self.stand, self.case, self.met = stand, case, 0
        stand.servers[case.place.server].fault = self.answer

    def answer(self, request: Request, usual: Callable[[], Reply]) -> Reply | None:
        """Answer as usual, or wrongly where this is the place."""
        if not self._is_here(request):
            return usual()
        self.met += 1
        if self.met > 1 and not self.case.lasting:
            return usual()
        if self.case.fault in ANSWERS:
            return ANSWERS[self.case.fault](usual)
        reply = usual() if self.case.late else None
        self._act()
        return reply or usual()

    def _is_here(self, request: Request) -> bool:
        place, images = self.case.place, self.stand.endpoint.patches
        if place.method != request.method or not re.fullmatch(place.path, request.path):
            return False
        if place.failing and place.method != "PATCH":
            # What is asked while the earlier image comes back, not on the way forward.
            return len(images) > 1
        return place.changed is None or bool(images) == place.changed

    def _act(self) -> None:
        match self.case.fault:
            case "kill":
                os.kill(self.stand.child, signal.SIGKILL)
            case "SIGTERM":
                os.kill(self.stand.child, signal.SIGTERM)
            case "SIGINT":
                os.kill(self.stand.child, signal.SIGINT)
            case "full disk":
                self.stand.fill_disk()
            case "clock":
                self.stand.jump.write_text("-90000")
