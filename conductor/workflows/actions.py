"""Actions that build images or name them: which of their inputs say what, in one table.

Inputs as their README files document them (docker/build-push-action v6, docker/bake-action v6, docker/metadata-action
v5, and the others at their newest release; read 2026-11).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from conductor.workflows import partial
from conductor.workflows.bake import DEFAULT_FILES, METADATA_TARGET, BakeFile, build_of, override
from conductor.workflows.builds import Build, split_lines
from conductor.workflows.commands import note_output
from conductor.workflows.documents import Files, join_path

Inputs = Mapping[str, str]
_DEFAULT_CONTEXT = re.compile(r"\{\{\s*defaultContext\s*\}\}:?")


@dataclass(slots=True)
class Job:
    """What the steps of a job share: the repository's files, variables, and the images built so far."""

    files: Files
    environment: dict[str, str] = field(default_factory=dict)
    builds: list[Build] = field(default_factory=list)
    metadata_tags: list[str] = field(default_factory=list)
    checkouts: list[str] = field(default_factory=list)


def run_action(name: str, given: Inputs, job: Job) -> dict[str, str]:
    """Take an action (its name without version, in lower case) into account and return the outputs that can be seen."""
    action = ACTIONS.get(name)
    return action(given, job) or {} if action else {}


def build_push(given: Inputs, job: Job) -> None:
    """docker/build-push-action and what takes the same inputs."""
    if given.get("setup-only") == "true":
        return
    context = _context(given.get("context", ""))
    build = Build(None, context)
    if file := given.get("file", ""):
        # Of a context from git, the Dockerfile's path is taken inside the folder that the context names.
        folder = context if _is_git(given.get("context", "")) else "."
        build.dockerfile = join_path(folder, file) if folder is not None and partial.is_known(file) else None
    elif context is not None:
        build.dockerfile = join_path(context, "Dockerfile")
    build.references = split_lines(given.get("tags", ""))
    build.platforms = tuple(split_lines(given.get("platforms", "")))
    build.stage = given.get("target", "")
    build.pushed = read_switch(given.get("push", "false"))
    for output in given.get("outputs", "").splitlines():
        note_output(build, output)
    job.builds.append(build)


def bake(given: Inputs, job: Job) -> None:
    """docker/bake-action and what takes the same inputs."""
    folder = join_path(".", given.get("workdir", "") or given.get("source", "").rpartition(":")[2] or ".") or "."
    if "://" in folder or not partial.is_known(folder):
        folder = "."
    named = [one.removeprefix("cwd://") for one in split_lines(given.get("files", ""))]
    paths = [path for one in named if partial.is_known(one) and (path := join_path(folder, one))]
    paths = paths or [path for one in DEFAULT_FILES if job.files.is_file(path := join_path(folder, one) or one)]
    run_bake(job, paths, split_lines(given.get("targets", "")), _settings(given.get("set", "")), folder,
             pushed=read_switch(given.get("push", "false")))  # fmt: skip


def run_bake(
    job: Job, paths: list[str], targets: list[str], settings: list[str], folder: str | None, *, pushed: bool | None
) -> None:
    """Add what a bake of these files builds; one of them that can't be seen may give every image another name."""
    unseen = [partial.mark(path) for path in paths if job.files.read(path) is None]
    file = BakeFile(job.files, paths, job.environment)
    if job.metadata_tags:
        file.targets[METADATA_TARGET] = {"tags": list(job.metadata_tags)}
    known = [one for one in targets if partial.is_known(one)]
    names = file.chosen(known) if known or not targets else file.chosen([])
    for name in names:
        target = file.resolve(name)
        override(target, settings, name)
        build = build_of(target, folder)
        build.pushed = build.pushed or pushed
        if unseen:
            build.references = unseen
        job.builds.append(build)
    if unseen and not names:
        job.builds.append(Build(None, None, unseen, pushed=pushed))


def metadata(given: Inputs, job: Job) -> dict[str, str]:
    """docker/metadata-action: the names of images that another step takes as its tags."""
    images = []
    for line in split_metadata(given.get("images", "")):
        parts = dict(part.partition("=")[::2] for part in line.split(",") if "=" in part)
        if parts.get("enable", "true") != "false":
            images.append(parts.get("name", line.partition(",")[0]))
    tags = [f"{partial.lower(image)}:{partial.mark('a tag')}" for image in images]
    job.metadata_tags = tags
    job.environment["DOCKER_METADATA_OUTPUT_TAGS"] = "\n".join(tags)
    return {
        "tags": "\n".join(tags), "labels": "", "annotations": "",
        "version": partial.mark("steps.meta.outputs.version"),
        "bake-file": partial.mark(METADATA_TARGET), "bake-file-tags": partial.mark(METADATA_TARGET),
    }  # fmt: skip


def split_metadata(text: str) -> list[str]:
    """Return the lines of metadata-action's `images`; one line of names without `=` is a list with commas."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return [part.strip() for line in lines for part in ([line] if "=" in line else line.split(",")) if part.strip()]


def lower_case(given: Inputs, _job: Job) -> dict[str, str]:
    """ASzc/change-string-case-action."""
    text = given.get("string", "")
    return {"lowercase": partial.lower(text), "uppercase": text.upper() if partial.is_known(text) else text}


def buildah(given: Inputs, job: Job) -> None:
    """redhat-actions/buildah-build: pushed by another step, redhat-actions/push-to-registry."""
    tags = given.get("tags", "latest").split()
    image = given.get("image", "")
    context = join_path(".", given.get("context", "") or ".")
    files = split_lines(given.get("containerfiles", "") or given.get("dockerfiles", "")) or ["Dockerfile"]
    references = [tag if "/" in tag else f"{image}:{tag}" for tag in tags]
    job.builds.append(Build(join_path(".", files[0]), context, references, pushed=False))


def push_buildah(given: Inputs, job: Job) -> None:
    """redhat-actions/push-to-registry."""
    image = given.get("image", "")
    for build in job.builds:
        if any(one.partition(":")[0] == image for one in build.references):
            build.references = [f"{given.get('registry', '')}/{image}".strip("/")]
            build.pushed = True


def named_image(given: Inputs, job: Job) -> None:
    """Actions that take a name, perhaps a registry, and push: publish-docker, docker-build-push, kaniko."""
    name = given.get("name") or given.get("image") or given.get("image_name") or given.get("repository") or ""
    registry = given.get("registry", "")
    file = given.get("dockerfile") or given.get("file") or given.get("build_file") or "Dockerfile"
    context = given.get("context") or given.get("path") or given.get("directory") or given.get("workdir") or "."
    job.builds.append(
        Build(join_path(".", file), join_path(".", context), [f"{registry}/{name}".strip("/")], pushed=True)
    )


def kaniko(given: Inputs, job: Job) -> None:
    """int128/kaniko-action: build-push-action's inputs, `tags` or `destination`."""
    build_push({**given, "tags": given.get("tags") or given.get("destination") or ""}, job)


def checkout(given: Inputs, job: Job) -> None:
    """actions/checkout with a path: what is below it stands at the root of the repository."""
    if (path := given.get("path", "")) and partial.is_known(path):
        job.checkouts.append(join_path(".", path) or ".")


ACTIONS: dict[str, Callable[[Inputs, Job], dict[str, str] | None]] = {
    "docker/build-push-action": build_push,
    "depot/build-push-action": build_push,
    "useblacksmith/build-push-action": build_push,
    "namespacelabs/build-push-action": build_push,
    "docker/bake-action": bake,
    "depot/bake-action": bake,
    "docker/metadata-action": metadata,
    "crazy-max/ghaction-docker-meta": metadata,
    "aszc/change-string-case-action": lower_case,
    "redhat-actions/buildah-build": buildah,
    "redhat-actions/push-to-registry": push_buildah,
    "elgohr/publish-docker-github-action": named_image,
    "mr-smithers-excellent/docker-build-push": named_image,
    "aevea/action-kaniko": named_image,
    "int128/kaniko-action": kaniko,
    "actions/checkout": checkout,
}


def read_switch(text: str) -> bool | None:
    """Return whether an input is switched on; None where that can't be seen."""
    value = text.strip().lower()
    return value == "true" if partial.is_known(value) and value in {"true", "false", ""} else None


def _context(text: str) -> str | None:
    """Return the folder that build-push-action's context names, None where it can't be seen; git's own is the root."""
    text = _DEFAULT_CONTEXT.sub("", text).strip() or "."
    if _is_git(text):
        text = text.partition("#")[2].partition(":")[2] or "."
    return join_path(".", text) if partial.is_known(text) else None


def _is_git(context: str) -> bool:
    return "://" in context or context.startswith("git@") or _DEFAULT_CONTEXT.search(context) is not None


def _settings(text: str) -> list[str]:
    return [line.strip().strip("\"'") for line in text.splitlines() if line.strip()]


def as_inputs(values: Mapping[str, Any], read: Callable[[str], str]) -> dict[str, str]:
    """Return a step's `with` as texts, each read by `read`, names in lower case as GitHub takes them."""
    return {key.lower(): read(value) for key, value in values.items() if isinstance(value, str)}
