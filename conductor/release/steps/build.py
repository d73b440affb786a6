"""build: the workflow's run for exactly this commit has built the image."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from conductor.domain.evidence import Evidence
from conductor.domain.release import ReleaseOutcome
from conductor.domain.text import one_line
from conductor.ports.ci import BuildJob, BuildRun
from conductor.release.context import Patience, Release, StepFailed
from conductor.release.diagnosed import diagnose_run

# Filtered listings come from an index that lags; after so many empty answers the plain listing is asked as well.
FILTERED_POLLS = 2
SKIP_MARKS = ("[skip ci]", "[ci skip]", "[no ci]", "[skip actions]", "[actions skip]")


@dataclass(frozen=True, slots=True)
class Build:
    """Finds the run, waits for it, and reads what went wrong where it failed."""

    name: str = "build"
    locked: bool = False

    def done(self, release: Release) -> Evidence | None:
        """Return the evidence where the run has succeeded already."""
        run = release.world.builds.find_run(release.plan.revision, release.plan.branch)
        if run is None or not run.ended or run.conclusion != "success":
            return None
        return self._accept(release, run)

    def run(self, release: Release) -> Evidence:
        """Wait for the run and return the evidence."""
        run = wait_for_run(release)
        if run is None:
            return self._use_earlier(release)
        release.ledger.write("result", step=self.name, action="run", run=run.id, attempt=run.attempt, url=run.url)
        run = wait_for_end(release, run)
        if run.conclusion != "success":
            raise explain_failure(release, run)
        return self._accept(release, run)

    def _accept(self, release: Release, run: BuildRun) -> Evidence:
        release.run = run
        jobs = release.world.builds.fetch_jobs(run)
        steps = sum(len(job.steps) for job in jobs)
        summary = f"run {run.number} attempt {run.attempt}: {describe_times(run)}{steps} steps"
        return release.observe(
            "build", release.plan.revision, summary, run.url, run=run.id, attempt=run.attempt, conclusion=run.conclusion
        )

    def _use_earlier(self, release: Release) -> Evidence:
        """Return evidence of an earlier commit's image with the same build context, or explain why there is no run.

        A push that only touches records is ignored by the workflow's path filter: its image is the one before.
        """
        earlier = find_same_context(release)
        for revision in earlier:
            image = release.world.registry.fetch_image(release.plan.build.image, revision, release.plan.build.platform)
            if image and image.labels.get("io.conductor.context") == release.plan.context_tree:
                release.built_revision = revision
                summary = f"nothing to build: {revision[:7]} has the same build context"
                return release.observe("build", release.plan.revision, summary, image.reference, built=revision)
        raise explain_absence(release)


def wait_for_run(release: Release) -> BuildRun | None:
    """Return the run of this commit once it shows; None where none has shown within the grace time."""
    world, plan, patience = release.world, release.plan, Patience()
    deadline = world.clock.monotonic() + plan.poll.run_appears_s
    polls = 0
    while True:
        filtered = polls < FILTERED_POLLS or polls % 2 == 0
        run = patience.ask(lambda: world.builds.find_run(plan.revision, plan.branch, filtered=filtered))  # noqa: B023
        if run is not None or world.clock.monotonic() >= deadline:
            return run
        polls += 1
        release.observer.step_detail("build", f"waiting for the run of {plan.revision[:7]} to appear")
        world.clock.sleep(plan.poll.run_s)


def wait_for_end(release: Release, run: BuildRun) -> BuildRun:
    """Return the run at its end; raises StepFailed where it does not end in time."""
    world, plan, patience, for_jobs = release.world, release.plan, Patience(), Patience()
    deadline = world.clock.monotonic() + plan.poll.run_timeout_s
    while not run.ended:
        if world.clock.monotonic() >= deadline:
            raise StepFailed(
                "BUILD_TIMEOUT",
                f"run {run.number} is still {run.status} after {plan.poll.run_timeout_s:.0f} s",
                hint=f"look at {run.url}; when it has ended: conductor release --resume {release.id}",
            )
        jobs = for_jobs.ask(lambda: world.builds.fetch_jobs(run))  # noqa: B023
        release.observer.step_detail("build", f"run {run.number} {run.status}{describe_current(jobs or ())}")
        world.clock.sleep(plan.poll.run_s)
        run = patience.ask(lambda: world.builds.fetch_run(run.id)) or run  # noqa: B023
    return run


def explain_failure(release: Release, run: BuildRun) -> StepFailed:
    """Return why the run failed: its step, and the cause where the log tells it."""
    if run.conclusion == "cancelled":
        return StepFailed(
            "CANCELLED",
            f"run {run.number} attempt {run.attempt} was cancelled",
            hint=f"re-run it at {run.url}, then: conductor release --resume {release.id}",
            evidence=_refuse(release, run, "cancelled"),
            outcome=ReleaseOutcome.CANCELLED,
        )
    jobs = release.world.builds.fetch_jobs(run)
    ended = [job for job in jobs if job.conclusion not in (None, "success", "skipped")]
    # A job of a matrix that was cancelled because another one failed knows nothing of the cause.
    failed = min(ended, key=lambda job: job.conclusion == "cancelled", default=None)
    step = next((step.name for step in failed.steps if step.conclusion == "failure"), "") if failed else ""
    findings = diagnose_run(release, run)
    where = f' in "{one_line(step, 80)}"' if step else ""
    summary = f"run {run.number} attempt {run.attempt}: {run.conclusion}{where}{_after(run)}"
    return StepFailed(
        findings[0].code if findings else "BUILD_FAILED",
        f"the build of {release.plan.revision[:7]} ended with {run.conclusion}{where}",
        hint=findings[0].remedy if findings else f"read the log: {run.url}",
        evidence=_refuse(release, run, summary),
        findings=findings,
    )


def explain_absence(release: Release) -> StepFailed:
    """Return why no run came for a push."""
    plan, world = release.plan, release.world
    commits = world.repository.log(plan.revision, limit=1)
    message = f"{commits[0].subject}\n{commits[0].body}" if commits else ""
    mark = next((mark for mark in SKIP_MARKS if mark in message), None)
    told = Patience().ask(world.builds.explain_absence)
    why = f"its message says {mark}" if mark else told or "perhaps a paths: filter leaves it out, or Actions is off"
    return StepFailed(
        "RUN_NOT_FOUND",
        f"no run of {plan.build.workflow} for {plan.revision[:7]} in {plan.poll.run_appears_s:.0f} s: {why}",
        hint="read the workflow's on: push: part and the repository's Actions tab, then: "
        f"conductor release --resume {release.id}",
    )


def find_same_context(release: Release) -> list[str]:
    """Return the commits before this one, newest first, that build from exactly the same files."""
    plan, repository = release.plan, release.world.repository
    build = plan.build
    changed = repository.log(plan.revision, paths=(build.context, build.dockerfile, build.workflow), limit=1)
    if not changed or changed[0].revision == plan.revision:
        return []
    between = repository.log(f"{changed[0].revision}..{plan.revision}", first_parent=True, limit=50)
    return [*(commit.revision for commit in between if commit.revision != plan.revision), changed[0].revision]


def describe_current(jobs: tuple[BuildJob, ...]) -> str:
    """Return the step that runs now, with a comma before it."""
    for job in jobs:
        for step in job.steps:
            if step.status == "in_progress":
                return f', step "{one_line(step.name, 60)}"'
    return ""


def describe_times(run: BuildRun) -> str:
    """Return how long it was queued and how long it ran, with a comma after each; empty where that is not told."""
    created, started, ended = (_instant(text) for text in (run.created_at, run.started_at, run.updated_at))
    parts = []
    if created and started and run.attempt == 1:
        parts.append(f"queued {(started - created).total_seconds():.0f} s, ")
    if started and ended:
        parts.append(f"build {show_seconds((ended - started).total_seconds())}, ")
    return "".join(parts)


def show_seconds(seconds: float) -> str:
    """Return `45 s` or `3 m 12 s`."""
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} m {whole % 60} s"


def _after(run: BuildRun) -> str:
    started, ended = _instant(run.started_at), _instant(run.updated_at)
    return f" after {show_seconds((ended - started).total_seconds())}" if started and ended else ""


def _instant(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


def _refuse(release: Release, run: BuildRun, summary: str) -> Evidence:
    return release.refuse(
        "build", release.plan.revision, summary, run.url, run=run.id, attempt=run.attempt, conclusion=run.conclusion
    )
