"""The drills, as data: what goes wrong, and how the release must end."""

from __future__ import annotations

from dataclasses import replace

from conductor.errors import ExitCode, UsageProblem
from conductor.rehearsal import looks, mischief
from conductor.rehearsal.actions import Shape
from conductor.rehearsal.builder import BuildFault
from conductor.rehearsal.drill import KILLED, VERIFIED, Drill, Ending, rolled_back, stopped
from conductor.rehearsal.edits import SEED_URL, SEED_WHEEL, ask_for_no_run, break_handler, use_seed_wheel
from conductor.rehearsal.understudy import ANSWERS_WRONGLY, CRASHES, FAILS, PULL_DENIED, THROTTLED

_WHEEL_FAULT = BuildFault(
    SEED_WHEEL,
    (
        f"#3 RUN pip install --no-cache-dir {SEED_URL}",
        f"ERROR: {SEED_WHEEL} is not a supported wheel on this platform.",
    ),
)
_BUILD_FAILS = Drill(
    "build-fails",
    "the image's build ends with the seed's wheel error; nothing is deployed",
    (stopped("WHEEL_PLATFORM"),),
    0,
    change=use_seed_wheel,
    build_faults=(_WHEEL_FAULT,),
    diagnosed="WHEEL_PLATFORM",
)

BEFORE_DEPLOYMENT = (
    _BUILD_FAILS,
    replace(
        _BUILD_FAILS,
        name="matrix-cancelled",
        summary="a job of the matrix fails and its siblings, listed before it, are cancelled; the cause is still found",
        shape=Shape(siblings=("build (cu126)", "build (cu130)")),
    ),
    Drill(
        "workers-max-zero",
        "RunPod has set the target's largest number of workers to 0; it is found before anything is pushed",
        (stopped("PF-TARGET-001", ExitCode.FINDINGS),),
        0,
        prepare=mischief.forbid_workers,
        look=looks.nothing_was_pushed,
    ),
    Drill(
        "host-key-changed",
        "the git host has another key than the one that is known; nothing is pushed until the right one is",
        (stopped("SSH_HOST_KEY", ExitCode.OUTSIDE), VERIFIED),
        1,
        prepare=mischief.change_host_key,
        corrections=(mischief.learn_host_key,),
    ),
    Drill(
        "no-run",
        "the commit's message says [skip ci]: no run ever comes, and the reason is named",
        (stopped("RUN_NOT_FOUND"),),
        0,
        change=ask_for_no_run,
    ),
    Drill(
        "waits-for-approval",
        "the run waits for a reviewer longer than the release does; approved, the release goes on",
        (stopped("BUILD_TIMEOUT"), VERIFIED),
        1,
        shape=Shape(needs_approval=True),
        corrections=(mischief.approve,),
        poll=(("run_timeout_s", 120),),
    ),
    Drill(
        "github-token-expires",
        "GitHub's token runs out while the build is watched; with another one the release goes on",
        (stopped("OUTSIDE", ExitCode.OUTSIDE), VERIFIED),
        1,
        prepare=mischief.expire_github_token,
        corrections=(mischief.be_well,),
    ),
    Drill(
        "secondary-limit",
        "GitHub refuses by its secondary limit without saying for how long; it is waited for",
        (VERIFIED,),
        1,
        prepare=mischief.limit_secondarily,
    ),
    Drill(
        "registry-token-expires",
        "the registry's token runs out between two questions; it is renewed",
        (VERIFIED,),
        1,
        prepare=mischief.expire_registry_tokens,
        look=looks.a_token_was_renewed,
    ),
    Drill(
        "registry-lags",
        "the registry does not know yet what the green run has pushed",
        (VERIFIED,),
        1,
        prepare=mischief.lag_behind,
    ),
    Drill(
        "provenance-index",
        "the run has pushed an index with a provenance beside the image; the provenance is no platform",
        (VERIFIED,),
        1,
        prepare=mischief.attest,
    ),
    Drill(
        "wrong-revision-label",
        "the image's label names another commit than the one that was pushed",
        (stopped("IMAGE_REVISION"),),
        0,
        prepare=mischief.label_wrongly,
    ),
    Drill(
        "image-too-large",
        "the image is larger, packed, than the target's container disk",
        (stopped("IMAGE_TOO_LARGE"),),
        0,
        prepare=mischief.grow_image,
    ),
    Drill(
        "lock-held",
        "a release of another machine holds the lock on the remote; when it is done, this one goes on",
        (stopped("LOCK_HELD", ExitCode.LOCKED), VERIFIED),
        1,
        prepare=mischief.hold_lock,
        corrections=(mischief.free_lock,),
    ),
)

AT_THE_TARGET = (
    Drill(
        "deploy-made-nothing",
        "RunPod answers the deployment as if it were done, and has changed nothing",
        (stopped("DEPLOY_NOT_KEPT"),),
        0,
        prepare=mischief.promise_and_do_nothing,
    ),
    Drill(
        "worker-unhealthy",
        "the new release's workers crash; the digest that served before is put back",
        (rolled_back("WORKERS_UNHEALTHY"),),
        2,
        change=break_handler,
        diagnosed="MODULE_MISSING",
        acted=False,
        handler_must_run=True,
    ),
    Drill(
        "healthy-target-untouched",
        "the new version can't start at the first target; the second, which is healthy, is never touched",
        (rolled_back("WORKERS_UNHEALTHY"),),
        2,
        prepare=mischief.let_workers_at(0, CRASHES),
        two_targets=True,
    ),
    Drill(
        "second-target-fails",
        "the second target's workers crash and RunPod lowers its worker limit; both targets go back, the limit too",
        (rolled_back("WORKERS_UNHEALTHY"),),
        2,
        prepare=mischief.let_workers_at(-1, CRASHES, lowers_limit=True),
        look=looks.limits_are_as_before,
        two_targets=True,
        fails_last=True,
    ),
    Drill(
        "pull-denied",
        "the target has no registry credential: its workers can't pull the image, and their log says so",
        (rolled_back("PULL_DENIED"),),
        2,
        prepare=mischief.let_workers(PULL_DENIED),
    ),
    Drill(
        "no-capacity",
        "no machine is free: nothing is rolled back, and when there is one the release goes on",
        (stopped("CAPACITY", ExitCode.NOT_RESTORED, live="new"), VERIFIED),
        1,
        prepare=mischief.let_workers(THROTTLED),
        corrections=(mischief.give_capacity,),
        poll=(("rollout_timeout_s", 200),),
    ),
    Drill(
        "scaled-to-zero",
        "no worker runs until a job wakes one, and that job is the proof",
        (VERIFIED,),
        1,
        prepare=mischief.scale_to_zero,
    ),
    Drill(
        "smoke-answers-wrongly",
        "the job ends COMPLETED with an error in its answer",
        (rolled_back("SMOKE_WRONG"),),
        2,
        prepare=mischief.let_workers(ANSWERS_WRONGLY),
    ),
    Drill(
        "evidence-outlives-rollback",
        "the job fails; after the rollback it can still be read what was seen, and that the earlier image was proven",
        (rolled_back("SMOKE_WRONG"),),
        2,
        prepare=mischief.let_workers(FAILS),
        look=looks.both_jobs_are_evidence,
    ),
    Drill(
        "rollback-unproven",
        "RunPod fails while the earlier image comes back: that is said, and the rollback is taken up again",
        (Ending("rollback_failed", ExitCode.NOT_RESTORED, "SMOKE_WRONG"), rolled_back("SMOKE_WRONG")),
        2,
        prepare=mischief.all_of(mischief.let_workers(FAILS), mischief.fail_while_going_back),
        corrections=(mischief.be_well,),
    ),
    Drill(
        "killed",
        "the release's process is killed (SIGKILL) between two words with RunPod; nothing is done twice",
        (Ending(KILLED, 0, None), VERIFIED),
        1,
        prepare=mischief.kill_release,
    ),
)

DRILLS: dict[str, Drill] = {drill.name: drill for drill in (*BEFORE_DEPLOYMENT, *AT_THE_TARGET)}


def find_drill(name: str) -> Drill:
    """Return the drill of that name; raises UsageProblem with the names there are."""
    if name not in DRILLS:
        from difflib import get_close_matches

        near = get_close_matches(name, DRILLS, n=1)
        nearest = f"did you mean {near[0]}? " if near else ""
        raise UsageProblem(f"no drill {name!r}", hint=f"{nearest}One of: {', '.join(DRILLS)}, or all".lstrip())
    return DRILLS[name]
