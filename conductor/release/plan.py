"""What a release is going to do, decided before anything is done: values only, no side effect."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Any

from conductor.config.faults import require_filled
from conductor.config.settings import BuildSettings, PollSettings, Settings, SmokeSettings, TargetSettings
from conductor.errors import UsageProblem
from conductor.ports.git import Repository
from conductor.release.quality import QualityPlan, read_quality

ADD_BUILD = (
    "add build: and targets: to CONDUCTOR.md's front matter; conductor init --yes writes one with what it can see"
)


@dataclass(frozen=True, slots=True)
class KnownImage:
    """An image that `release` has proven: it is brought to a target by its digest, without a push and a build.

    `source` is the target that it is promoted from, None where a target gets back what served there.
    """

    digest: str
    release: str
    source: TargetSettings | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """One release: this revision, from this branch, to these targets.

    `context_tree` is the sha256 (64 hex digits) of what the build reads; `smoke_body` is the job, `{"input": …}`;
    `smoke_keys` are what its output must have, `quality` how good its video has to be. After the step `until` it
    stops, to be resumed.
    """

    revision: str
    subject: str
    branch: str
    remote: str
    build: BuildSettings
    context_tree: str
    targets: tuple[TargetSettings, ...]
    smoke: SmokeSettings
    smoke_body: dict[str, Any]
    smoke_keys: tuple[str, ...]
    poll: PollSettings
    timezone: str
    task: str | None = None
    quality: QualityPlan | None = None
    known: KnownImage | None = None
    until: str | None = None


def plan_release(
    repository: Repository, settings: Settings, *, revision: str | None, target: str | None, task: str | None
) -> Plan:
    """Return the plan for that revision (default: HEAD).

    Raises UsageProblem where there is nothing that could be released: no commit, no build, no target, no smoke job.
    """
    build = require_build(settings)
    require_filled(settings)
    chosen = revision or require_head(repository, settings)
    smoke, body, keys = read_smoke(repository, chosen, settings.smoke, build.context)
    commits = repository.log(chosen, limit=1)
    return Plan(
        revision=chosen,
        subject=commits[0].subject if commits else "",
        branch=settings.branch,
        remote=settings.remote,
        build=build,
        context_tree=hash_context(repository, chosen, build),
        targets=choose_targets(settings, target),
        smoke=smoke,
        smoke_body=body,
        smoke_keys=keys,
        poll=settings.poll,
        timezone=settings.timezone,
        task=task,
        quality=read_quality(repository, chosen, smoke, body),
    )


def hash_context(repository: Repository, revision: str, build: BuildSettings) -> str:
    """Return the build-context tree: the sha256 over git's listing of context, Dockerfile and workflow."""
    listing = repository.run(
        "ls-tree", "-r", "--full-tree", revision, "--", build.context, build.dockerfile, build.workflow
    )
    return hashlib.sha256(listing.stdout).hexdigest()


def find_targets(settings: Settings, wanted: str | None) -> tuple[TargetSettings, ...]:
    """Return the wanted target, or every one that is configured; raises UsageProblem where there is none."""
    if not settings.targets:
        raise UsageProblem("CONDUCTOR.md names no target to release to", hint=ADD_BUILD, path=settings.source)
    names = ", ".join(target.name for target in settings.targets)
    if wanted is not None and wanted not in {target.name for target in settings.targets}:
        raise UsageProblem(f"there is no target {wanted!r}", hint=f"one of: {names}")
    return tuple(target for target in settings.targets if wanted in (None, target.name))


def choose_targets(settings: Settings, wanted: str | None) -> tuple[TargetSettings, ...]:
    """Return what a release goes to: the wanted target, or all that are not promoted from another one."""
    chosen = tuple(target for target in find_targets(settings, wanted) if wanted or not target.after)
    for target in chosen:
        if target.after:
            raise UsageProblem(
                f"target {target.name} is promoted from {target.after}: it gets no release of its own",
                hint=f"conductor release --target {target.after}, then: conductor promote {target.after} {target.name}",
                path=settings.source,
            )
        if target.kind != "serverless":
            raise UsageProblem(
                f"target {target.name} is of kind {target.kind}: this version releases to serverless endpoints only",
                hint="choose another one with --target, or make it a serverless endpoint",
                path=settings.source,
            )
    return chosen


def require_build(settings: Settings) -> BuildSettings:
    """Return what is built; raises UsageProblem where the configuration does not say it."""
    if settings.build is None:
        raise UsageProblem("CONDUCTOR.md does not say what is built", hint=ADD_BUILD, path=settings.source)
    return settings.build


def require_head(repository: Repository, settings: Settings) -> str:
    """Return HEAD's revision; raises UsageProblem where it is not on the branch that releases are made from."""
    revision = repository.head()
    if revision is None:
        raise UsageProblem("this repository has no commit yet: there is nothing to release", hint="git commit")
    branch = repository.branch()
    if branch is None:
        raise UsageProblem(
            f"HEAD is detached at {revision[:7]}: a release is made from the branch {settings.branch}",
            hint=f"git switch {settings.branch}",
        )
    if branch != settings.branch:
        raise UsageProblem(
            f"the current branch is {branch}; releases are made from {settings.branch}",
            hint=f"git switch {settings.branch}, or change branch: in CONDUCTOR.md",
        )
    return revision


def read_smoke(
    repository: Repository, revision: str, smoke: SmokeSettings, context: str
) -> tuple[SmokeSettings, dict[str, Any], tuple[str, ...]]:
    """Return the smoke settings with the job's file, the job, and the keys that its output must have.

    Raises UsageProblem where no job is named, or where it can't be read at that revision.
    """
    found = find_smoke(repository, revision, smoke, context)
    return found, *_read_smoke(repository, revision, found)


def find_smoke(repository: Repository, revision: str, smoke: SmokeSettings, context: str) -> SmokeSettings:
    """Return the smoke settings with the job's file: the configured one, else where RunPod's projects keep one."""
    if smoke.input is not None:
        return smoke
    folder = "" if context == "." else f"{context}/"
    usual = dict.fromkeys((f"{folder}smoke/input.json", f"{folder}test_input.json", "test_input.json"))
    return replace(smoke, input=next((name for name in usual if repository.read(revision, name) is not None), None))


def _read_smoke(repository: Repository, revision: str, smoke: SmokeSettings) -> tuple[dict[str, Any], tuple[str, ...]]:
    if smoke.input is None:
        raise UsageProblem(
            "CONDUCTOR.md names no smoke job: without one, nothing proves a deployment",
            hint="commit a test_input.json beside the handler, or name a job's file in smoke: {input: …}",
        )
    body = _read_json(repository, revision, smoke.input)
    keys: tuple[str, ...] = ()
    if smoke.example is not None:
        example = _read_json(repository, revision, smoke.example)
        answer = example.get("output", example)
        keys = tuple(sorted(answer)) if isinstance(answer, dict) else ()
    return (body if "input" in body else {"input": body}), keys


def _read_json(repository: Repository, revision: str, path: str) -> dict[str, Any]:
    content = repository.read(revision, path)
    if content is None:
        raise UsageProblem(f"{path} is not in {revision[:7]}", hint=f"commit it: git add {path}", path=path)
    try:
        data = json.loads(content)
    except ValueError as error:
        raise UsageProblem(f"{path} is not JSON: {error}", hint="correct it", path=path) from None
    if not isinstance(data, dict):
        raise UsageProblem(f"{path} must hold a JSON object", hint='write {"input": {…}}', path=path)
    return data
