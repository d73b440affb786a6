"""What a step builds: an image with its Dockerfile and the repositories that it goes to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from conductor.workflows import partial

# The events that start a workflow, from the one that a release waits for to those that say least about what ships.
EVENTS = ("push", "tag", "release", "dispatch", "follows", "schedule", "called", "pull_request")


@dataclass(slots=True)
class Build:
    """One image of one step; `references` are its names with tags, partly seen (`partial`).

    `dockerfile` and `context` are paths from the root, None where they can't be seen. `pushed` is None where a
    condition decides that can't be seen. `path` and `line` are where the step stands that builds it (0 where no file
    says it).
    """

    dockerfile: str | None
    context: str | None
    references: list[str] = field(default_factory=list)
    pushed: bool | None = False
    platforms: tuple[str, ...] = ()
    stage: str = ""
    path: str = ""
    line: int = 0

    def repositories(self) -> list[str]:
        """Return the repositories behind the references, in order, once each."""
        return list(dict.fromkeys(name for one in self.references if (name := repository_of(one)) is not None))


@dataclass(frozen=True, slots=True)
class Found:
    """A build with the workflow that does it: its path and name, the job, and the event that starts it."""

    workflow: str
    title: str
    job: str
    event: str
    build: Build


def repository_of(reference: str) -> str | None:
    """Return `registry/owner/name` of an image's name, without tag and digest; None for one that can't be pushed.

    Docker takes a first part without a dot or colon as an owner on docker.io. A part that can't be seen stays.
    """
    text = reference.strip().removeprefix("docker://").removeprefix("https://")
    text = text.partition("@")[0]
    # Behind the first slash a colon begins the tag, whatever the tag holds; before it, a port.
    colon = text.find(":", text.find("/") + 1)
    text = (text if colon < 0 else text[:colon]).strip("/")
    first, slash, rest = text.partition("/")
    if not slash or not rest or re.search(r"\s", text):
        return None
    if partial.is_known(first) and not ("." in first or ":" in first or first == "localhost"):
        text = f"docker.io/{text}"
    elif first in {"index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"}:
        text = f"docker.io/{rest}"
    return partial.lower(text)


def split_lines(text: str) -> list[str]:
    """Return the entries of a list input: one a line, or separated by commas."""
    return [one for one in (piece.strip().strip("\"'") for piece in re.split(r"[\n,]", text)) if one]
