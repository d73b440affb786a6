"""Begin or resume a release: ids, the ledger's first line, and the grant for its one push."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from conductor.config.settings import Settings
from conductor.domain.evidence import Outcome
from conductor.domain.finding import Finding
from conductor.domain.release import ReleaseOutcome, release_id
from conductor.errors import NothingToDo, UsageProblem
from conductor.ports.clock import Clock
from conductor.ports.git import Repository
from conductor.release.context import Release, World
from conductor.release.ledger import Ledger, list_ledgers, releases_dir
from conductor.release.lock import hold_local_lock
from conductor.release.pipeline import ReleaseResult, run_release
from conductor.release.plan import Plan, plan_release
from conductor.release.progress import Observer
from conductor.release.steps.rules_gate import check_gate

FINAL = frozenset(
    {
        ReleaseOutcome.VERIFIED,
        ReleaseOutcome.ROLLED_BACK,
        ReleaseOutcome.ROLLBACK_FAILED,
        ReleaseOutcome.SUPERSEDED,
    }
)


@dataclass(frozen=True, slots=True)
class Desk:
    """What beginning a release needs besides its plan.

    `audit` returns the findings of remote and records; `connect` opens the outside world for a plan; `allow_push` gets
    the plan and returns the id of the grant that it used up (it raises UsageProblem without one); `announce` hears the
    release's id and plan once it has begun.
    """

    repository: Repository
    settings: Settings
    clock: Clock
    audit: Callable[[], list[Finding]]
    connect: Callable[[Plan], World]
    allow_push: Callable[[Plan], str]
    announce: Callable[[str, Plan], None]


def start_release(desk: Desk, plan: Plan, observer: Observer) -> ReleaseResult:
    """Run a new release to its end; raises NothingToDo where this build context is live and verified already."""
    # Before any credential is asked for, and before the person is: what is wrong here is said first.
    check_gate(desk.repository, plan, desk.audit)
    world = desk.connect(plan)
    with hold_local_lock(desk.repository.common_dir):
        require_something_new(desk, plan, world)
        plan = with_task(plan, world)
        grant = desk.allow_push(plan)
        ledger = _new_ledger(desk, plan)
        ledger.write(
            "started",
            release=ledger.id,
            revision=plan.revision,
            branch=plan.branch,
            remote=plan.remote,
            context=plan.context_tree,
            build=asdict(plan.build),
            targets=[target.name for target in plan.targets],
            task=plan.task,
            grant=grant,
            host=socket.gethostname(),
            pid=os.getpid(),
        )
        desk.announce(ledger.id, plan)
        return run_release(Release(ledger.id, plan, world, ledger, observer))


def resume_release(desk: Desk, ledger: Ledger, observer: Observer) -> ReleaseResult:
    """Take up a release where the world stands; raises UsageProblem where it has come to its end."""
    started, ended = ledger.started, ledger.ended
    if ended is not None and ReleaseOutcome(ended["outcome"]) in FINAL:
        raise UsageProblem(
            f"{ledger.id} has ended ({ended['outcome']}): there is nothing to resume",
            hint="conductor release starts a new one",
        )
    plan = plan_again(desk, started)
    world = desk.connect(plan)
    with hold_local_lock(desk.repository.common_dir):
        ledger = Ledger(ledger.path, desk.clock)
        ledger.write(
            "resumed", host=socket.gethostname(), pid=os.getpid(), after="ended" if ended is not None else "stop"
        )
        desk.announce(ledger.id, plan)
        return run_release(Release(ledger.id, plan, world, ledger, observer))


def plan_again(desk: Desk, started: dict[str, Any]) -> Plan:
    """Return the plan of a release that was begun, from its revision; targets as they were chosen then."""
    names = started["targets"]
    plan = plan_release(desk.repository, desk.settings, revision=started["revision"], target=None, task=started["task"])
    known = {target.name: target for target in desk.settings.targets}
    gone = [name for name in names if name not in known]
    if gone or asdict(plan.build) != started["build"]:
        what = f"target {gone[0]} is gone" if gone else "build: was changed"
        raise UsageProblem(
            f"{started['release']} can't be resumed: {what} in CONDUCTOR.md since it was begun",
            hint="put it back as it was, or start a new release",
        )
    from dataclasses import replace

    return replace(
        plan, branch=started["branch"], remote=started["remote"], targets=tuple(known[name] for name in names)
    )


def find_unfinished(repository: Repository, clock: Clock) -> Ledger:
    """Return the newest release that can be resumed; raises NothingToDo without one."""
    for ledger in reversed(list_ledgers(repository.common_dir, clock)):
        ended = ledger.ended
        if ended is None or ReleaseOutcome(ended["outcome"]) not in FINAL:
            return ledger
    raise NothingToDo("there is no release to resume", hint="conductor release starts one")


def require_something_new(desk: Desk, plan: Plan, world: World) -> None:
    """Raise NothingToDo where the last verified release built the same files and still serves everywhere."""
    last = find_verified(desk, plan)
    if last is None:
        return
    digest = next(
        (
            line.evidence.subject
            for line in reversed(world.evidence.lines(last.id))
            if line.evidence.kind == "image" and line.evidence.outcome is Outcome.PASSED
        ),
        None,
    )
    # What the ledger says is compared with what is served: an endpoint changed by hand since has something to release.
    if digest and all(
        world.targets[target.name].fetch_state().image == f"{plan.build.image}@{digest}" for target in plan.targets
    ):
        raise NothingToDo(
            f"nothing to release: {plan.revision[:7]} builds from the same files as {last.id}, which is live",
            hint=f"change something under {plan.build.context}/, {plan.build.dockerfile} or {plan.build.workflow}",
        )


def find_verified(desk: Desk, plan: Plan) -> Ledger | None:
    """Return the last verified release to these targets, where it built from the same files; else None."""
    for ledger in reversed(list_ledgers(desk.repository.common_dir, desk.clock)):
        ended = ledger.ended
        if ended and ended["outcome"] == ReleaseOutcome.VERIFIED:
            names = {target.name for target in plan.targets}
            same = ledger.started["context"] == plan.context_tree and names <= set(ledger.started["targets"])
            return ledger if same else None
    return None


def with_task(plan: Plan, world: World) -> Plan:
    """Return the plan with the task that the records name for it."""
    from dataclasses import replace

    return replace(plan, task=world.records.find_task(plan.task))


def _new_ledger(desk: Desk, plan: Plan) -> Ledger:
    zone = desk.clock.now()
    if plan.timezone != "UTC":
        import zoneinfo

        zone = zone.astimezone(zoneinfo.ZoneInfo(plan.timezone))
    name = release_id(zone, plan.revision)
    path = releases_dir(desk.repository.common_dir) / f"{name}.jsonl"
    if path.exists():
        raise UsageProblem(f"{name} was begun this very second", hint=f"conductor release --resume {name}")
    return Ledger(path, desk.clock)
