"""What the logs of a failing release say: causes as findings, with the place in the revision that was released."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from conductor.diagnosis.causes import built_in
from conductor.diagnosis.explain import diagnose, explain
from conductor.diagnosis.kept import attempt_of, find_earlier, keep_diagnosis, tell_again
from conductor.diagnosis.project_files import read_revision
from conductor.diagnosis.sources.run import read_run
from conductor.diagnosis.sources.source import diagnose_source
from conductor.domain.finding import Finding
from conductor.errors import ConductorError, NothingToDo, OutsideRefused
from conductor.ports.ci import BuildRun
from conductor.release.context import Release
from conductor.release.ledger import stamp


def diagnose_run(release: Release, run: BuildRun) -> tuple[Finding, ...]:
    """Return the causes that the failed jobs' logs tell, the surest first; none where no log can be had."""
    try:
        source = read_run(release.world.builds, release.world.clock, run)
    except (OutsideRefused, NothingToDo):
        return ()
    dockerfile = release.plan.build.dockerfile
    files = _read_files(release)
    found = (explain(answer.diagnosis, files, dockerfile) for answer in diagnose_source(source))
    return tuple(finding for finding in found if finding is not None)


def diagnose_worker_log(release: Release, text: str) -> Finding | None:
    """Return the cause that a worker's log tells, None where it tells none."""
    found = diagnose(text.encode("utf-8", "replace"))
    return explain(found, _read_files(release), release.plan.build.dockerfile, at_worker=True)


def remember(release: Release, step: str, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Keep the causes among the findings as evidence, and return all with those told that came before.

    A store that can't be written must not hide why the release failed.
    """
    causes = {cause.code: cause for cause in built_in()}
    run = release.ledger.last("result", action="run") if step == "build" else None
    subject = f"run {run['run']} attempt {run['attempt']}" if run else f"release {release.id} at {step}"
    repository, store = release.world.repository, release.world.evidence
    told = []
    for finding in findings:
        if cause := causes.get(finding.code):
            now = attempt_of(finding, subject, release.plan.revision, stamp(release.world.clock))
            earlier = find_earlier(store.lines(), now, cause.phase, repository)
            with contextlib.suppress(ConductorError):
                keep_diagnosis(store, release.id, finding, now, run["url"] if run else f"release {release.id}")
            told.append(tell_again(finding, earlier, now, repository))
        else:
            told.append(finding)
    return tuple(told)


def _read_files(release: Release) -> dict[str, str]:
    plan = release.plan
    return read_revision(release.world.repository, plan.revision, plan.build.dockerfile) or {}
