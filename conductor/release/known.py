"""Release an image that was proven before: promote it from one target to the next, or put it back where it served.

Nothing is pushed and nothing is built: the digest is the one that a job has proven, as the evidence tells, and it is
deployed and proven again like any other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from conductor.config.faults import require_filled
from conductor.config.settings import Settings, TargetSettings
from conductor.domain.digest import is_revision, short
from conductor.domain.evidence import EvidenceLine
from conductor.domain.release import is_release_id
from conductor.domain.text import one_line
from conductor.errors import NothingToDo, UsageProblem
from conductor.ports.git import Repository
from conductor.release.plan import KnownImage, Plan, find_targets, hash_context, read_smoke, require_build
from conductor.release.quality import read_quality
from conductor.release.verify.expected import Expected, describe_proof, find_expected, list_proofs

# `sha256:9b1e…`, as it is shown, or as much of it as is typed.
_PREFIX = re.compile(r"(?:.*@)?(?:sha256:)?([0-9a-f]{4,64})(?:…|\.\.\.)?")


def choose_pair(settings: Settings, source: str, target: str) -> tuple[TargetSettings, TargetSettings]:
    """Return the targets of a promotion; raises UsageProblem where there are none such, or another order."""
    (first,), (second,) = find_targets(settings, source), find_targets(settings, target)
    if source == target:
        raise UsageProblem(f"{source} can't be promoted to itself", hint="conductor promote SOURCE TARGET")
    if second.after not in (None, source):
        raise UsageProblem(
            f"target {target} is promoted from {second.after}, not from {source} (after: in CONDUCTOR.md)",
            hint=f"conductor promote {second.after} {target}",
            path=settings.source,
        )
    if first.after == target:
        raise UsageProblem(
            f"target {source} is promoted from {target}: that is the other way round",
            hint=f"conductor promote {target} {source}",
            path=settings.source,
        )
    return first, second


def find_promoted(lines: Sequence[EvidenceLine], source: str) -> Expected:
    """Return what a release has proven at the source last; raises NothingToDo where nothing was."""
    found = find_expected(lines, source)
    if found is None:
        raise NothingToDo(
            f"nothing to promote: no release on record has proven anything at {source}",
            hint=f"conductor release --target {source}",
        )
    return found


def find_wanted(
    settings: Settings, lines: Sequence[EvidenceLine], wanted: str, target: str | None
) -> tuple[TargetSettings, Expected]:
    """Return the target and what is to serve there again: named by a release that proved it there, or by its digest.

    Raises UsageProblem where nothing or too much has that name; only what a job has proven at a target goes back there.
    """
    targets = find_targets(settings, target)
    match = _PREFIX.fullmatch(wanted)
    if not is_release_id(wanted) and match is None:
        hint = "conductor rollback --to r-YYYYMMDD-HHMMSS-xxxxxxx (conductor release list), or --to sha256:…"
        raise UsageProblem(f"{one_line(wanted, 80)!r} is neither a release nor a digest", hint=hint)
    found: dict[tuple[str, str], EvidenceLine] = {}
    for one in targets:
        for line in list_proofs(lines, one.name):
            digest = line.evidence.subject.partition("@")[2]
            named = line.writer == wanted and line.evidence.kind == "smoke"
            if named or (match is not None and digest.startswith(f"sha256:{match[1]}")):
                found[one.name, digest] = line
    if not found:
        raise UsageProblem(_nothing_of_that_name(lines, wanted, target), hint=_describe_choice(lines, targets))
    if len(found) > 1:
        names = ", ".join(f"{short(digest)} at {name}" for name, digest in found)
        raise UsageProblem(
            f"{one_line(wanted, 80)} names several: {names}",
            hint="say which: --target NAME, and more of the digest",
        )
    ((name, _), line) = next(iter(found.items()))
    return next(one for one in targets if one.name == name), describe_proof(lines, line)


def _nothing_of_that_name(lines: Sequence[EvidenceLine], wanted: str, target: str | None) -> str:
    where = f"at {target}" if target else "anywhere"
    if any(line.writer == wanted for line in lines):
        return f"{wanted} has proven no image {where}: what never worked can't be put back"
    return f"no job has ever proven {one_line(wanted, 80)} {where}, as far as the evidence tells"


def _describe_choice(lines: Sequence[EvidenceLine], targets: Sequence[TargetSettings]) -> str:
    newest: dict[str, None] = {}
    for one in targets:
        for line in reversed(list_proofs(lines, one.name)):
            newest[f"{line.writer} ({short(line.evidence.subject.partition('@')[2])} at {one.name})"] = None
    told = ", ".join(list(newest)[:5])
    return f"what was proven, newest first: {told}" if told else "conductor release proves one"


def plan_known(
    repository: Repository,
    settings: Settings,
    expected: Expected,
    target: TargetSettings,
    *,
    source: TargetSettings | None = None,
    task: str | None = None,
) -> Plan:
    """Return the plan that brings a proven image to a target.

    Raises UsageProblem where nothing says what it was built from, or that commit is not here.
    """
    build = require_build(settings)
    require_filled(settings)
    if expected.name not in (None, build.image):
        raise UsageProblem(
            f"{short(expected.digest)} is of {expected.name}, and build.image is {build.image}",
            hint="name in CONDUCTOR.md's build: what the image is of",
            path=settings.source,
        )
    revision = require_commit(repository, expected)
    known = KnownImage(expected.digest, expected.release, source)
    context = expected.context or hash_context(repository, revision, build)
    return _make_plan(repository, settings, known, revision, context, (target,), task)


def plan_known_again(repository: Repository, settings: Settings, started: Mapping[str, Any]) -> Plan:
    """Return the plan of a promotion or return from its ledger; raises UsageProblem where a target is gone."""
    told, by_name = started["known"], {one.name: one for one in settings.targets}
    named = [*started["targets"], *([told["source"]] if told.get("source") else [])]
    gone = next((name for name in named if name not in by_name), None)
    if gone is not None:
        raise UsageProblem(
            f"it can't be resumed: target {one_line(str(gone), 80)} is gone in CONDUCTOR.md since it was begun",
            hint="put it back as it was, or start anew",
        )
    known = KnownImage(str(told["digest"]), str(told.get("release")), by_name.get(told.get("source")))
    targets = tuple(by_name[name] for name in started["targets"])
    revision, context = started["revision"], started["context"]
    return _make_plan(repository, settings, known, revision, context, targets, started["task"])


def _make_plan(
    repository: Repository,
    settings: Settings,
    known: KnownImage,
    revision: str,
    context: str,
    targets: tuple[TargetSettings, ...],
    task: str | None,
) -> Plan:
    """Return the plan; the smoke job is that of the revision, or, where that has none, HEAD's."""
    build = require_build(settings)
    try:
        smoke, body, keys = read_smoke(repository, revision, settings.smoke, build.context)
        judged = revision
    except UsageProblem:
        judged = repository.head() or revision
        smoke, body, keys = read_smoke(repository, judged, settings.smoke, build.context)
    commits = repository.log(revision, limit=1)
    return Plan(
        revision=revision,
        subject=commits[0].subject if commits else "",
        branch=settings.branch,
        remote=settings.remote,
        build=build,
        context_tree=context,
        targets=targets,
        smoke=smoke,
        smoke_body=body,
        smoke_keys=keys,
        poll=settings.poll,
        timezone=settings.timezone,
        task=task,
        quality=read_quality(repository, judged, smoke, body),
        known=known,
    )


def require_commit(repository: Repository, expected: Expected) -> str:
    """Return the commit that the image was built from; raises UsageProblem where it is not known or not here."""
    revision = expected.revision
    if revision is None or not is_revision(revision):
        raise UsageProblem(
            f"nothing on record says what {short(expected.digest)} was built from: its answer could not be judged",
            hint="conductor rollback (without --to) puts back what served before the newest release",
        )
    if repository.run("cat-file", "-e", f"{revision}^{{commit}}", check=False).returncode != 0:
        raise UsageProblem(
            f"{short(expected.digest)} was built from {short(revision)}, which is not in this clone", hint="git fetch"
        )
    return revision
