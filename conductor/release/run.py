"""Begin or resume a release: ids, the ledger's first line, and the grant for its one push."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import asdict, dataclass

from conductor.config.settings import Settings
from conductor.domain.digest import short
from conductor.domain.evidence import Outcome
from conductor.domain.finding import Finding, Severity
from conductor.domain.release import ReleaseOutcome, digest_of_reference, release_id
from conductor.errors import NothingToDo, UsageProblem
from conductor.ports.clock import Clock
from conductor.ports.git import Repository
from conductor.release.context import FindingsStop, Release, StepFailed, World
from conductor.release.ending import ReleaseResult, note_failure, open_failure
from conductor.release.known import plan_known_again
from conductor.release.ledger import Ledger, list_ledgers, releases_dir
from conductor.release.lock import hold_local_lock
from conductor.release.pipeline import run_release, stop_after
from conductor.release.plan import KnownImage, Plan, plan_release
from conductor.release.progress import Observer
from conductor.release.rollback import changed_targets
from conductor.release.steps.rules_gate import check_gate
from conductor.release.verify.expected import find_expected


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
        unfinished = finish_rollback(desk, plan, observer)
        if unfinished is not None:
            return unfinished
        require_something_new(desk, plan, world)
        plan = with_task(plan, world)
        grant = desk.allow_push(plan)
        ledger = _new_ledger(desk, plan)
        write_start(ledger, plan, grant=grant)
        desk.announce(ledger.id, plan)
        return run_release(Release(ledger.id, plan, world, ledger, observer))


def start_known(desk: Desk, plan: Plan, observer: Observer) -> ReleaseResult:
    """Bring an image that was proven before to its target; raises NothingToDo where it serves there, proven."""
    world = desk.connect(plan)
    errors = [one for one in world.records.check() if one.severity is Severity.ERROR]
    if errors:
        raise FindingsStop(errors[0].code, "the records can't be read", hint=errors[0].remedy, findings=tuple(errors))
    with hold_local_lock(desk.repository.common_dir):
        unfinished = finish_rollback(desk, plan, observer)
        if unfinished is not None:
            return unfinished
        require_other_image(plan, world)
        plan = with_task(plan, world)
        ledger = _new_ledger(desk, plan)
        write_start(ledger, plan, grant=None)
        desk.announce(ledger.id, plan)
        return run_release(Release(ledger.id, plan, world, ledger, observer))


def require_other_image(plan: Plan, world: World) -> None:
    """Raise NothingToDo where the target serves the known image, and that is what a job has proven there last."""
    known, target = plan.known, plan.targets[0].name
    if known is None:
        return
    expected = find_expected(world.evidence.lines(), target)
    if expected is None or expected.digest != known.digest:
        return
    if digest_of_reference(world.targets[target].fetch_state().image) == known.digest:
        raise NothingToDo(
            f"nothing to do: {target} serves {short(known.digest)} already, which {expected.told}",
            hint=f"conductor verify --target {target} looks closer",
        )


def resume_release(desk: Desk, ledger: Ledger, observer: Observer, *, until: str = "") -> ReleaseResult:
    """Take up a release where the world stands, up to a step; raises UsageProblem where it has come to its end."""
    if ledger.is_final and ledger.ended is not None:
        raise UsageProblem(
            f"{ledger.id} has ended ({ledger.ended['outcome']}): there is nothing to resume",
            hint="conductor release starts a new one",
        )
    newer = find_verified_since(desk, ledger)
    if newer is not None:
        raise UsageProblem(
            f"{newer.id} was verified since {ledger.id} was begun: to go on with it would put older work in its place",
            hint="conductor release starts a new one",
        )
    plan = plan_again(desk, ledger)
    plan = stop_after(plan, until) if until else plan
    world = desk.connect(plan)
    with hold_local_lock(desk.repository.common_dir):
        return take_up(desk, Ledger(ledger.path, desk.clock), plan, world, observer)


def take_up(desk: Desk, ledger: Ledger, plan: Plan, world: World, observer: Observer) -> ReleaseResult:
    """Run a release that was begun before; this machine's lock is held."""
    ended = ledger.ended
    failed = ended is not None and ended["outcome"] == ReleaseOutcome.ROLLBACK_FAILED
    ledger.set_aside()
    if ledger.started is None:
        write_start(ledger, plan, grant=None, recovered=True)
    ledger.write(
        "resumed",
        host=socket.gethostname(),
        pid=os.getpid(),
        after="rollback" if failed else "ended" if ended is not None else "stop",
    )
    desk.announce(ledger.id, plan)
    return run_release(Release(ledger.id, plan, world, ledger, observer))


def undo_release(desk: Desk, ledger: Ledger, observer: Observer) -> ReleaseResult:
    """Put back what a release replaced, as a person asks for it, with the same proofs as after a failure.

    Raises NothingToDo where it replaced nothing, or has put it back already.
    """
    plan = plan_again(desk, ledger)
    world = desk.connect(plan)
    with hold_local_lock(desk.repository.common_dir):
        ledger = Ledger(ledger.path, desk.clock)
        release = Release(ledger.id, plan, world, ledger, observer)
        ended = ledger.ended
        if not changed_targets(release) or (ended and ended["outcome"] == ReleaseOutcome.ROLLED_BACK):
            raise NothingToDo(f"{ledger.id} has nothing to put back", hint=f"conductor release status {ledger.id}")
        if open_failure(release) is None or (ledger.last("failed") or {}).get("keep"):
            asked = StepFailed(
                "ASKED", "a person asked for what served before", hint="correct what was wrong, then release again"
            )
            ledger.write("resumed", host=socket.gethostname(), pid=os.getpid(), after="rollback")
            note_failure(release, "rollback", None, asked, 0.0)
        return take_up(desk, ledger, plan, world, observer)


def finish_rollback(desk: Desk, plan: Plan, observer: Observer) -> ReleaseResult | None:
    """Take up the rollback that an earlier release to these targets left unproven, before anything new is done.

    Returns None where there is none, it is proven now, or what it would bring back does not work either: then only
    the new release can help, and that goes back to the same image. Else the result: what is live can't be told.
    """
    ledger = find_open_rollback(desk, plan)
    if ledger is None:
        return None
    try:
        earlier = plan_again(desk, ledger)
    except UsageProblem:
        # What it was is not known any more; the new release still knows what it found there.
        return None
    result = take_up(desk, ledger, earlier, desk.connect(earlier), observer)
    unknown = result.outcome is ReleaseOutcome.ROLLBACK_FAILED and None in (result.live or {}).values()
    return result if unknown else None


def find_open_rollback(desk: Desk, plan: Plan) -> Ledger | None:
    """Return the newest release whose rollback of one of these targets is not proven; one that ended well hides it."""
    wanted = {target.name for target in plan.targets}
    for ledger in reversed(list_ledgers(desk.repository.common_dir, desk.clock)):
        targets = {str(line.get("target")) for line in ledger.lines if line.get("action") == "deploy"}
        ended = ledger.ended
        if not targets & wanted or ended is None:
            continue
        if ended["outcome"] == ReleaseOutcome.ROLLBACK_FAILED and not ledger.is_final:
            return ledger
        if ledger.is_final:
            return None
    return None


def find_verified_since(desk: Desk, ledger: Ledger) -> Ledger | None:
    """Return a release that was begun later to the same targets and verified, or None."""
    started = ledger.started
    for later in list_ledgers(desk.repository.common_dir, desk.clock):
        ended, plan = later.ended, later.started
        verified = later.id > ledger.id and ended is not None and ended["outcome"] == ReleaseOutcome.VERIFIED
        if verified and (started is None or plan is None or set(started["targets"]) & set(plan["targets"])):
            return later
    return None


def plan_again(desk: Desk, ledger: Ledger) -> Plan:
    """Return the plan of a release that was begun: from its ledger, or, where that has lost it, from its id.

    The id names the revision; branch, remote and targets are those of the configuration then.
    """
    from dataclasses import replace

    started = ledger.started
    if started is None:
        return plan_release(
            desk.repository, desk.settings, revision=find_revision(desk.repository, ledger), target=None, task=None
        )
    if isinstance(started.get("known"), dict):
        return plan_known_again(desk.repository, desk.settings, started)
    names = started["targets"]
    plan = plan_release(desk.repository, desk.settings, revision=started["revision"], target=None, task=started["task"])
    known = {target.name: target for target in desk.settings.targets}
    gone = [name for name in names if name not in known]
    if gone or asdict(plan.build) != started.get("build", asdict(plan.build)):
        what = f"target {gone[0]} is gone" if gone else "build: was changed"
        raise UsageProblem(
            f"{ledger.id} can't be resumed: {what} in CONDUCTOR.md since it was begun",
            hint="put it back as it was, or start a new release",
        )
    return replace(
        plan,
        branch=started["branch"],
        remote=started.get("remote", plan.remote),
        targets=tuple(known[name] for name in names),
    )


def find_revision(repository: Repository, ledger: Ledger) -> str:
    """Return the commit that a release's id names; raises UsageProblem where it is not here."""
    short = ledger.id.rpartition("-")[2]
    found = repository.run("rev-parse", "--verify", "--quiet", f"{short}^{{commit}}", check=False)
    if found.returncode != 0:
        raise UsageProblem(
            f"the ledger of {ledger.id} is damaged ({ledger.damage}), and its commit {short} is not here",
            hint="git fetch, then try again; or start a new release: it asks the targets what they serve",
        )
    return found.stdout.decode().strip()


def find_unfinished(desk: Desk) -> Ledger:
    """Return the newest release that can be resumed; raises NothingToDo without one."""
    for ledger in reversed(list_ledgers(desk.repository.common_dir, desk.clock)):
        if not ledger.is_final and find_verified_since(desk, ledger) is None:
            return ledger
    raise NothingToDo("there is no release that is not at its end", hint="conductor release starts one")


def find_changed(desk: Desk) -> Ledger:
    """Return the newest release that has changed a target and was not put back; raises NothingToDo without one."""
    for ledger in reversed(list_ledgers(desk.repository.common_dir, desk.clock)):
        ended = ledger.ended
        back = ended is not None and ended["outcome"] == ReleaseOutcome.ROLLED_BACK
        if not back and ledger.last("intent", action="deploy") is not None:
            return ledger
    raise NothingToDo("no release has changed anything here", hint="conductor release list shows what was released")


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
        started, names = ledger.started, {target.name for target in plan.targets}
        touched = started is None or names & set(started["targets"])
        if ended and ended["outcome"] == ReleaseOutcome.VERIFIED and touched:
            same = started is not None and started["context"] == plan.context_tree and names <= set(started["targets"])
            return ledger if same else None
    return None


def write_start(ledger: Ledger, plan: Plan, *, grant: str | None, recovered: bool = False) -> None:
    """Write the plan into the ledger; with `recovered`, anew, because the first line was lost."""
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
        **({"recovered": True} if recovered else {}),
        **({"known": describe_known(plan.known)} if plan.known else {}),
    )


def describe_known(known: KnownImage) -> dict[str, str | None]:
    """Return the known image as the ledger's first line holds it."""
    return {
        "digest": known.digest,
        "release": known.release,
        "source": known.source.name if known.source else None,
    }


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
