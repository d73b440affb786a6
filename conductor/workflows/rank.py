"""Which of a repository's builds is the one that ships: release over development, pushed over tried, GPU over CPU."""

from __future__ import annotations

import re

from conductor.workflows import partial
from conductor.workflows.builds import EVENTS, Build, Found
from conductor.workflows.documents import Files

_WORDS = re.compile(r"[a-z0-9]+")
_SHIPS = frozenset(_WORDS.findall("release releases prod production publish deploy stable ship"))
_TRIES = frozenset(
    _WORDS.findall(
        "ci dev develop development test tests testing nightly pr preview staging canary cache caches experimental "
        "debug snapshot edge beta benchmark lint docs sandbox tmp try"
    )
)
# A Dockerfile, image or tag of these is for another machine than a worker with an NVIDIA GPU.
_OTHER_MACHINES = frozenset(_WORDS.findall("cpu rocm amd intel xpu hpu gaudi neuron arm64 aarch64 mps"))
# Registries that anybody can pull from, before those of one company's network.
_PUBLIC = ("docker.io", "ghcr.io", "quay.io", "public.ecr.aws", "gcr.io")

Rank = tuple[int, ...]


def rank_of(found: Found, files: Files, owner: str) -> Rank:
    """Return how much a build looks like what ships; the larger the better, compared part by part.

    `owner` is the repository's, empty where that is not known.
    """
    build, purpose = found.build, _purpose(found)
    there = build.dockerfile is not None and files.is_file(build.dockerfile)
    return (
        {True: 2, None: 1, False: 0}[build.pushed],
        int(found.event not in {"called", "pull_request"}),
        2 if there else int(build.dockerfile is None),
        int(purpose > 0),
        _machine(build),
        # Of two that are no trials, the one that a release can wait for: the run of the push to the branch.
        int(found.event == "push"),
        int(not _is_left_over(build, owner)),
        purpose,
        len(EVENTS) - EVENTS.index(found.event),
        int(best_repository(build) is not None),
    )


def plainness(build: Build) -> Rank:
    """Return how plain the Dockerfile's place is: high up in the tree, and named Dockerfile."""
    path = build.dockerfile or "?/?/?/?"
    folder, _, name = path.rpartition("/")
    usual = folder in {"", "image", "docker", "worker"}
    return (int(usual) - folder.count("/") - bool(folder), int(name == "Dockerfile"))


def best_repository(build: Build) -> str | None:
    """Return the repository to release from: one that can be seen, public before private, else the first named."""
    from conductor.workflows.builds import repository_of

    settled = [
        name for one in build.repositories() if partial.is_settled(one) and (name := repository_of(partial.fill(one)))
    ]
    named = [name for name in settled if name.partition("/")[0].endswith(_PUBLIC)]
    return next(iter(named or settled), None)


def _purpose(found: Found) -> int:
    """Return 2 for a release, 0 for a trial, 1 for what says neither, or both (`cd` and `latest` say neither).

    An image or a Dockerfile that is named for a trial (`api-test-client`) is one, whatever publishes it.
    """
    built = [partial.fill(one).rpartition("/")[2] for one in found.build.repositories()]
    named = set(_WORDS.findall(f"{found.build.dockerfile or ''} {' '.join(built)}".lower()))
    if named & _TRIES and not named & _SHIPS:
        return 0
    stem = found.workflow.rpartition("/")[2].rpartition(".")[0]
    images = [partial.fill(one).rpartition("/")[2] for one in found.build.references]
    words = set(_WORDS.findall(f"{stem} {found.title} {found.job} {' '.join(images)}".lower()))
    return 1 + bool(words & _SHIPS) - bool(words & _TRIES)


def _is_left_over(build: Build, owner: str) -> bool:
    """Tell whether the image is another owner's by a default that nobody changed: what a fork keeps of its origin."""
    names = [one for one in build.repositories() if partial.is_settled(one)]
    return bool(owner and names) and all(
        not partial.is_known(one) and owner.lower() not in partial.fill(one).lower().split("/") for one in names
    )


def _machine(build: Build) -> int:
    names = [build.dockerfile or "", build.stage, *build.references]
    words = set(_WORDS.findall(partial.fill(" ".join(names)).lower().replace("_", " ")))
    only_arm = bool(build.platforms) and not any("amd64" in one or not partial.is_known(one) for one in build.platforms)
    return int(not words & _OTHER_MACHINES and not only_arm)
