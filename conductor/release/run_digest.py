"""Which image a run says that it pushed: what ties a digest to the run, rather than to who can push a tag.

A tag and its labels are the word of whoever may push to the registry. The log of the run is GitHub's: it names the
digest in the words of buildx (`pushing manifest for NAME:TAG@sha256:…`), of build-push-action's metadata, of `docker
push`, of kaniko (`Pushed NAME@sha256:…`), or as a line that is the reference and nothing else (crane, or an `echo`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conductor.domain.digest import short
from conductor.domain.text import strip_controls
from conductor.errors import OutsideRefused
from conductor.ports.ci import BuildJob, BuildRun
from conductor.ports.registry import ImageFacts
from conductor.release.context import Release, StepFailed

# A matrix may have hundreds of jobs, and each log is a question: those whose steps say that they push come first.
MOST_LOGS = 8
MASK = "***"
# Letters; no tool says in more which image it pushed, and a pattern tries every start of a line.
LONGEST_LINE = 4096
_STAMP = re.compile(r"^\ufeff?\d{4}-\d\d-\d\dT[\d:.]+Z ")
_REFERENCE = r"(?P<name>[\w.*:/-]+?)(?::(?P<tag>[\w.*-]+))?@(?P<digest>sha256:[0-9a-f]{64})"
_PUSHED = re.compile(rf"(?:^|.*\b(?:pushing manifest for|Pushed) ){_REFERENCE}(?: [\d.]+s)?(?: done)?$")
_REPOSITORY = re.compile(r"The push refers to repository \[([^\]\s]+)\]")
_TAGGED = re.compile(r"^(?P<tag>[\w.*-]+): digest: (?P<digest>sha256:[0-9a-f]{64}) size: \d+$")
_BUILT = re.compile(r'"containerimage\.digest": "(sha256:[0-9a-f]{64})"')
_NAMES = re.compile(r'"image\.name": "([^"]+)"')
_PUSHES = re.compile(r"push|docker|image|build", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Pushed:
    """One image that a log says was pushed; `tag` is None where it was pushed by its digest alone."""

    name: str
    tag: str | None
    digest: str


@dataclass(frozen=True, slots=True)
class Tie:
    """Whether the run's own log names the digest; where it doesn't, `why`, in words."""

    is_tied: bool
    why: str = ""


def find_pushed(log: str) -> Iterator[Pushed]:
    """Yield what the log of one job says was pushed, in its order."""
    repository, built = "", ""
    for raw in log.splitlines():
        if len(raw) > LONGEST_LINE:
            continue
        line = strip_controls(_STAMP.sub("", raw)).strip()
        if match := _PUSHED.fullmatch(line):
            yield Pushed(match["name"], match["tag"], match["digest"])
        elif match := _REPOSITORY.search(line):
            repository = match[1]
        elif (match := _TAGGED.fullmatch(line)) and repository:
            yield Pushed(repository, match["tag"], match["digest"])
        elif match := _BUILT.search(line):
            built = match[1]
        elif (match := _NAMES.search(line)) and built:
            for reference in match[1].split(","):
                name, _, tag = reference.rpartition(":")
                yield Pushed(name or tag, tag if name else None, built)
            built = ""


def is_image(told: str, image: str) -> bool:
    """Tell whether the log means that image; what GitHub masked in it (a user's name that is a secret) may be any."""
    pattern = ".*".join(re.escape(part) for part in _full_name(told).split(MASK))
    return re.fullmatch(pattern, _full_name(image)) is not None


def _full_name(image: str) -> str:
    """Return the image's name with its registry: `owner/name` is Docker Hub's."""
    host, slash, rest = image.partition("/")
    if host in {"index.docker.io", "registry-1.docker.io"}:
        return f"docker.io/{rest}"
    if slash and ("." in host or ":" in host or host in {"localhost", MASK}):
        return image
    return f"docker.io/{image if slash else f'library/{image}'}"


def tie_to_run(release: Release, image: ImageFacts, tags: Sequence[str]) -> Tie:
    """Return whether the run says that it pushed this image; raises StepFailed where it says that it pushed another.

    It says so only where it names one of our tags: what else a run pushes is its own affair.
    """
    run = find_built_by(release)
    if run is None:
        return Tie(is_tied=False, why="its run is not known")
    read = 0
    said: list[Pushed] = []
    for job in order_jobs(release.world.builds.fetch_jobs(run))[:MOST_LOGS]:
        try:
            log = release.world.builds.fetch_log(job.id).text
        except OutsideRefused:
            continue
        read += bool(log)
        said += [one for one in find_pushed(log) if is_image(one.name, release.plan.build.image)]
        if any(one.digest in {image.digest, image.index_digest} for one in said):
            return Tie(is_tied=True)
    wrong = [one for one in said if one.tag in tags]
    if wrong:
        raise not_of_run(release, image, run, wrong[-1])
    return Tie(is_tied=False, why="no log of its run names it" if read else "its run's logs can't be had")


def find_built_by(release: Release) -> BuildRun | None:
    """Return the run that built the image: this release's, or that of the earlier commit whose image is used."""
    if release.run is not None:
        return release.run
    try:
        return release.world.builds.find_run(release.built_revision, release.plan.branch)
    except OutsideRefused:
        return None


def order_jobs(jobs: Sequence[BuildJob]) -> list[BuildJob]:
    """Return the jobs that succeeded, those first that look as if they push."""
    done = [job for job in jobs if job.conclusion == "success"]
    return sorted(done, key=lambda job: not any(_PUSHES.search(step.name) for step in job.steps))


def not_of_run(release: Release, image: ImageFacts, run: BuildRun, said: Pushed) -> StepFailed:
    """Return the failure of a tag that names another image than the run pushed under it."""
    what = (
        f"run {run.number} pushed {short(said.digest)} as {said.tag}, and the registry has {short(image.digest)} there"
    )
    return StepFailed(
        "IMAGE_NOT_OF_RUN",
        f"the image is not the one that its run built: {what}",
        hint=f"look who else pushes to {release.plan.build.image}; to build it anew: re-run {run.url}, then: "
        f"conductor release --resume {release.id}",
        evidence=release.refuse("image", image.digest, what, image.reference, run_digest=said.digest),
    )


def require_tie(release: Release, tie: Tie, image: ImageFacts) -> None:
    """Raise StepFailed where a target takes only what its run names (`run_digest: required`), and the run does not."""
    asking = [target.name for target in release.plan.targets if target.run_digest == "required"]
    if tie.is_tied or not asking:
        return
    what = f"{tie.why}, and target {asking[0]} takes no other (run_digest: required)"
    raise StepFailed(
        "IMAGE_NOT_TIED",
        f"nothing ties {short(image.digest)} to the run that built it: {what}",
        hint=f"let {release.plan.build.workflow} print what it pushes, as docker/build-push-action does, or: "
        f"echo {release.plan.build.image}@${{{{ steps.build.outputs.digest }}}}",
        evidence=release.refuse("image", image.digest, what, image.reference),
    )
