"""R4: containers for RunPod are built by GitHub Actions, where the build is recorded, not on this machine."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from conductor.domain.finding import Confidence, Finding, Severity
from conductor.domain.rule import BY_ID
from conductor.ports.engine import EngineAccess, EngineImage
from conductor.rules.answer import Answer, RuleMeta, Status, from_findings, severity_of
from conductor.rules.context import Decision, RuleContext
from conductor.rules.example import Story
from conductor.rules.recorded import unlawful

META = RuleMeta(
    BY_ID["R4"],
    "Build no container here",
    "No container for RunPod was built on this host.",
    "guard decisions; the Docker engine's images, their labels and history, and its builder cache",
    example="docker build -t owner/worker image/",
)
EXAMPLE = Story(
    "The guard asked, and the build ran all the same.",
    decisions=(Decision("container_build", "block", "docker build image/", "2026-01-05T10:02:00Z", ran=True),),
)
_SLUG = re.compile(r"[:/](?P<slug>[^/:]+/[^/]+?)(?:\.git)?/?$")


def audit(context: RuleContext) -> Iterator[Finding]:
    """Yield a finding for every image and cached build step on this machine that comes from this repository."""
    access = context.engine()
    if access.engine is None:
        return
    severity = severity_of(context.rule(META.rule.name).level)
    steps = _run_lines(context)
    slugs = _slugs(context)
    for image in access.engine.images():
        if reason := _reason(context, image, steps, slugs):
            yield _finding(f"the image {_name(image)} was built on this machine: {reason}", image.id, severity)
    cached = [step for step in access.engine.build_steps() if _has_step(step, steps)]
    if cached:
        message = f"the builder's cache holds {len(cached)} steps of this repository's Dockerfile ({cached[0][:80]})"
        yield _finding(message, "", severity)


def _finding(message: str, image: str, severity: Severity) -> Finding:
    return Finding(
        "R4",
        message,
        f"docker image rm {image[:19]}" if image else "docker builder prune",
        severity,
        Confidence.HIGH if image else Confidence.MEDIUM,
        docs=META.docs,
    )


def _name(image: EngineImage) -> str:
    return image.tags[0] if image.tags else image.id[:19]


def _reason(context: RuleContext, image: EngineImage, steps: Sequence[str], slugs: set[str]) -> str | None:
    """Return why an image points at this repository; None for one that was pulled or is somebody else's."""
    if image.pulled_as:
        return None
    labels = dict(image.labels)
    source = labels.get("org.opencontainers.image.source", "")
    if (match := _SLUG.search(source)) and match["slug"].lower() in slugs:
        return f"its label org.opencontainers.image.source is {source}"
    build = context.settings.build
    if build and any(tag.rpartition(":")[0].removeprefix("docker.io/") == _bare(build.image) for tag in image.tags):
        return f"its tag is build.image, {build.image}"
    folder = labels.get("com.docker.compose.project.working_dir", "")
    if folder and folder == str(context.root):
        return "compose built it in this folder"
    return next((f"its history runs {step[:80]}" for step in image.steps if _has_step(step, steps)), None)


def _bare(image: str) -> str:
    return image.removeprefix("docker.io/")


def _slugs(context: RuleContext) -> set[str]:
    urls = [url for remote in context.repository.remotes() for url in remote.configured_urls]
    return {match["slug"].lower() for url in urls if (match := _SLUG.search(url))}


def _run_lines(context: RuleContext) -> list[str]:
    """Return the Dockerfile's RUN commands, long enough to belong to this repository only."""
    build = context.settings.build
    text = context.read(build.dockerfile if build else "Dockerfile") or ""
    joined = re.sub(r"\\\s*\n", " ", text)
    found = re.findall(r"^\s*RUN\s+(.+)$", joined, re.MULTILINE | re.IGNORECASE)
    commands = [" ".join(re.sub(r"--mount=\S+\s+", "", line).split()) for line in found]
    return [command for command in commands if len(command) >= 30]


def _has_step(text: str, steps: Sequence[str]) -> bool:
    flat = " ".join(text.split())
    return any(step in flat for step in steps)


def report(context: RuleContext) -> Answer:
    """Answer from the guard's log and the engine; a host without an engine's socket cannot have built anything."""
    ran = unlawful(context, META.rule.name)
    if ran:
        return Answer(Status.VIOLATED, tuple(f"guard log {one.at}: {one.command} ran" for one in ran))
    access = context.engine()
    if access.engine is not None:
        return from_findings(list(audit(context)), "the engine holds no image and no build step of this repository")
    return _without_engine(access)


def _without_engine(access: EngineAccess) -> Answer:
    if access.absent:
        return Answer(Status.KEPT, ("no container engine's socket is on this host",))
    return Answer(Status.NOT_OBSERVED, (f"{access.reason}: {access.remedy}",))
