"""What goes wrong on the stage, and what is put right again: each function changes the servers, never the release."""

from __future__ import annotations

import json
import random
import re
from typing import TYPE_CHECKING

from conductor.rehearsal.builder import Oddity
from conductor.rehearsal.drill import Correct, Prepare
from conductor.rehearsal.http_server import Fault, Reply, json_reply
from conductor.rehearsal.processes import git_output
from conductor.rehearsal.understudy import SERVES, Part

if TYPE_CHECKING:
    from collections.abc import Callable

    from conductor.rehearsal.http_server import LoopbackServer, Request
    from conductor.rehearsal.scenery import Scenery

LOCK_REF = "refs/conductor/lock"
_ENDPOINT = r"/v2/serverless/[^/]+"
_LIMIT = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."


def let_workers(part: Part) -> Prepare:
    """Return: every worker of the new image plays that part."""

    def prepare(stage: Scenery, _: random.Random) -> None:
        stage.the_cast().part = part

    return prepare


def let_workers_at(which: int, part: Part, *, lowers_limit: bool = False) -> Prepare:
    """Return: the new image's workers play that part at one target, whose limit RunPod may lower for it."""

    def prepare(stage: Scenery, _: random.Random) -> None:
        endpoint = list(stage.endpoints.values())[which]
        stage.the_cast().part = part
        stage.the_cast().at = frozenset({endpoint.fields["name"]})
        if lowers_limit:
            stage.control.fault = _lower_limit(stage, endpoint.id)

    return prepare


def _lower_limit(stage: Scenery, endpoint_id: str) -> Fault:
    endpoint, lowered = stage.endpoints[endpoint_id], False

    def fault(request: Request, usual: Callable[[], Reply]) -> Reply:
        nonlocal lowered
        answer = usual()
        unhealthy = any(worker.status == "UNHEALTHY" for worker in endpoint.workers)
        if not lowered and unhealthy and request.path.endswith(f"{endpoint_id}/workers"):
            lowered = True
            with endpoint.changed:
                endpoint.fields["workers"] = {**endpoint.fields["workers"], "max": 1}
        return answer

    return fault


def give_capacity(stage: Scenery) -> None:
    """Let the workers that wait for a machine get one."""
    stage.the_cast().part = SERVES
    for endpoint in stage.endpoints.values():
        for worker in list(endpoint.workers):
            getattr(worker, "play", lambda: None)()


def forbid_workers(stage: Scenery, _: random.Random) -> None:
    """Let no target have a worker: RunPod sets the largest number to 0 after a week without requests."""
    for endpoint in stage.endpoints.values():
        with endpoint.changed:
            endpoint.fields["workers"] = {**endpoint.fields["workers"], "min": 0, "max": 0}


def scale_to_zero(stage: Scenery, _: random.Random) -> None:
    """Let the targets run workers only while there are jobs."""
    for endpoint in stage.endpoints.values():
        with endpoint.changed:
            endpoint.fields["workers"] = {**endpoint.fields["workers"], "min": 0}


def promise_and_do_nothing(stage: Scenery, _: random.Random) -> None:
    """Let RunPod answer a change of the image with the endpoint as it should be, and leave it as it was."""

    def fault(request: Request, usual: Callable[[], Reply]) -> Reply:
        if request.method != "PATCH":
            return usual()
        endpoint = stage.endpoints[request.path.rpartition("/")[2]]
        return json_reply({**endpoint.as_json(stage.jobs.jobs_url), **request.json()})

    stage.control.fault = fault


def fail_while_going_back(stage: Scenery, _: random.Random) -> None:
    """Let RunPod fail at every question once the earlier image was put back, until `be_well`."""

    def fault(request: Request, usual: Callable[[], Reply]) -> Reply:
        changes = max(len(endpoint.patches) for endpoint in stage.endpoints.values())
        failing = request.method == "GET" and changes > 1
        return Reply(500, b"Internal Server Error", {"Content-Type": "text/plain"}) if failing else usual()

    stage.control.fault = fault


def be_well(stage: Scenery) -> None:
    """Let every server answer as usual again."""
    for server in _servers(stage):
        server.fault = None


def _servers(stage: Scenery) -> list[LoopbackServer]:
    return [stage.github, stage.registry, stage.control, stage.jobs]


def expire_github_token(stage: Scenery, chance: random.Random) -> None:
    """Let the token run out while the build is watched, at one of its first questions about the run."""
    lasts = chance.randint(1, 3)
    seen = 0

    def fault(request: Request, usual: Callable[[], Reply]) -> Reply:
        nonlocal seen
        seen += "/runs" in request.path
        return usual() if seen <= lasts else json_reply({"message": "Bad credentials", "status": "401"}, 401)

    stage.github.fault = fault


def expire_registry_tokens(stage: Scenery, _: random.Random) -> None:
    """Let the registry's token run out after the manifest was read, before the image's configuration is."""

    def fault(request: Request, usual: Callable[[], Reply]) -> Reply:
        answer = usual()
        if request.method == "GET" and "/manifests/" in request.path and answer.status == 200:
            stage.registry.expire_tokens()
        return answer

    stage.registry.fault = fault


def limit_secondarily(stage: Scenery, chance: random.Random) -> None:
    """Let GitHub refuse one to three questions by its secondary limit, without a word on how long to wait."""
    left = chance.randint(1, 3)

    def fault(request: Request, usual: Callable[[], Reply]) -> Reply:
        nonlocal left
        if left and "/actions/" in request.path:
            left -= 1
            return json_reply({"message": _LIMIT}, 403)
        return usual()

    stage.github.fault = fault


def lag_behind(stage: Scenery, chance: random.Random) -> None:
    """Let the registry not know what was just pushed, for some questions."""
    left = chance.randint(4, 9)

    def fault(request: Request, usual: Callable[[], Reply]) -> Reply:
        nonlocal left
        if left and request.method in {"GET", "HEAD"} and stage.info.revision in request.path:
            left -= 1
            unknown = {"code": "MANIFEST_UNKNOWN", "message": "manifest unknown", "detail": None}
            return json_reply({"errors": [unknown]}, 404)
        return usual()

    stage.registry.fault = fault


def label_wrongly(stage: Scenery, _: random.Random) -> None:
    """Let the workflow label the image with the commit before the one it builds."""
    before = git_output(stage.project.root, "rev-parse", "HEAD~1").strip()
    stage.builder.oddity = Oddity(stage.info.revision, labelled=before)


def grow_image(stage: Scenery, _: random.Random) -> None:
    """Let the image be larger, packed, than any target's disk."""
    largest = max(int(endpoint.fields["disk"]) for endpoint in stage.endpoints.values())
    configured = [target.container_disk_gb or 0 for target in stage.project.settings.targets]
    stage.builder.oddity = Oddity(stage.info.revision, layer_bytes=(max(largest, *configured) + 5) * 2**30)


def attest(stage: Scenery, _: random.Random) -> None:
    """Let the workflow push an index with a provenance beside the image, as buildx does unless it is told not to."""
    stage.builder.attests = True


def change_host_key(stage: Scenery, _: random.Random) -> None:
    """Let the key that is known for the git host be another one than it has."""
    from asyncssh import generate_private_key

    known = stage.git_host.known_hosts
    host = known.read_text(encoding="utf-8").split(" ", 1)[0]
    other = generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    known.write_text(f"{host} {other}\n", encoding="utf-8")


def learn_host_key(stage: Scenery) -> None:
    """Let the key that the host has be known again."""
    stage.git_host.known_hosts.write_text(stage.git_host.known_host, encoding="utf-8")


def hold_lock(stage: Scenery, _: random.Random) -> None:
    """Let a release of another machine hold the lock on the remote."""
    bare = stage.git_host.bare
    told = {"release": "r-20260101-090000-0000000", "host": "another-machine", "at": "2026-01-01T09:00:00Z"}
    tree = git_output(bare, "hash-object", "-w", "-t", "tree", "/dev/null").strip()
    who = {f"GIT_{role}_{what}": f"rehearsal{'@localhost' if what == 'EMAIL' else ''}"
           for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}  # fmt: skip
    note = git_output(bare, "commit-tree", tree, "-m", json.dumps(told), environment=who).strip()
    git_output(bare, "update-ref", LOCK_REF, note)


def free_lock(stage: Scenery) -> None:
    """Let the other release be done."""
    git_output(stage.git_host.bare, "update-ref", "-d", LOCK_REF)


def approve(stage: Scenery) -> None:
    """Let a reviewer approve the run that waits, and the build end."""
    stage.actions.approve()


def kill_release(stage: Scenery, chance: random.Random) -> None:
    """Kill the release's process (SIGKILL) at one of its exchanges with RunPod, before or after RunPod did its part."""
    method, path = chance.choice(
        [("PATCH", _ENDPOINT), ("GET", f"{_ENDPOINT}/workers"), ("POST", r"/v2/[^/]+/run"), ("GET", r".*/status/.*")]
    )
    late = chance.random() < 0.5
    done = False

    def fault(request: Request, usual: Callable[[], Reply]) -> Reply | None:
        nonlocal done
        changed = any(endpoint.patches for endpoint in stage.endpoints.values())
        here = request.method == method and re.fullmatch(path, request.path) and (changed or method == "PATCH")
        if done or not here:
            return usual()
        done = True
        answer = usual() if late else None
        stage.victim.result(timeout=60).kill()
        return answer

    stage.control.fault = stage.jobs.fault = fault


def all_of(*prepares: Prepare) -> Prepare:
    """Return: all of these, in order."""

    def prepare(stage: Scenery, chance: random.Random) -> None:
        for one in prepares:
            one(stage, chance)

    return prepare


def in_turn(*corrections: Correct) -> Correct:
    """Return: all of these are put right, in order."""

    def correct(stage: Scenery) -> None:
        for one in corrections:
            one(stage)

    return correct
