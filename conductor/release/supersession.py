"""A newer push supersedes a release that has not begun to deploy."""

from __future__ import annotations

from conductor.domain.release import ReleaseOutcome
from conductor.release.context import Release, StepFailed


def check_newer_push(release: Release) -> str | None:
    """Return what the remote's branch names; raises StepFailed (superseded) where that follows our revision."""
    plan, world = release.plan, release.world
    found = world.remote.read(f"refs/heads/{plan.branch}")
    if found in (None, plan.revision):
        return found
    # A commit we do not have can't be judged from here; the push itself will tell.
    known = world.repository.run("merge-base", "--is-ancestor", plan.revision, f"{found}^{{commit}}", check=False)
    if known.returncode == 0 or (known.returncode != 1 and release.ledger.last("result", action="push")):
        raise superseded(release, str(found))
    return found


def superseded(release: Release, by: str) -> StepFailed:
    """Return the end of a release that a newer push has overtaken."""
    plan = release.plan
    return StepFailed(
        "SUPERSEDED",
        f"{plan.remote}/{plan.branch} is at {by[:7]} already, which is newer than {plan.revision[:7]}",
        hint="release the newer one: git pull, then conductor release",
        outcome=ReleaseOutcome.SUPERSEDED,
    )
