"""image: the registry serves what was built from this commit, by digest."""

from __future__ import annotations

from dataclasses import dataclass

from conductor.domain.digest import short
from conductor.domain.evidence import Evidence
from conductor.ports.registry import ImageFacts
from conductor.release.context import Patience, Release, StepFailed
from conductor.release.run_digest import require_tie, tie_to_run

REVISION_LABEL = "org.opencontainers.image.revision"
CONTEXT_LABEL = "io.conductor.context"


@dataclass(frozen=True, slots=True)
class Image:
    """Resolves the tag once; from here on the digest is what is deployed, verified and rolled back to."""

    name: str = "image"
    locked: bool = False

    def done(self, release: Release) -> Evidence | None:
        """Return None: reading the registry is the whole step."""
        del release
        return None

    def run(self, release: Release) -> Evidence:
        """Find the image, check its labels and platform, and return the evidence."""
        image = wait_for_image(release)
        check_image(release, image)
        check_disks(release, image)
        tie = tie_to_run(release, image, candidate_tags(release.built_revision))
        require_tie(release, tie, image)
        release.image = image
        summary = f"{image.name}@{short(image.digest)} revision {release.built_revision[:7]}, {image.platform}, " + (
            "as its run's log says" if tie.is_tied else f"on its tag's word ({tie.why})"
        )
        return release.observe(
            "image",
            image.digest,
            summary,
            image.reference,
            revision=release.built_revision,
            context=release.plan.context_tree,
            index=image.index_digest,
            size_bytes=image.size_bytes,
            tied_to_run=tie.is_tied,
        )


def candidate_tags(revision: str) -> tuple[str, ...]:
    """Return the tags a workflow gives to a commit's image: the full revision, or metadata-action's forms of it."""
    return revision, f"sha-{revision}", f"sha-{revision[:7]}"


def wait_for_image(release: Release) -> ImageFacts:
    """Return the image of the built revision; a registry can lag behind a green run, so a 404 is asked again."""
    world, plan, patience = release.world, release.plan, Patience()
    deadline = world.clock.monotonic() + plan.poll.image_timeout_s
    pause = 0.5
    while True:
        for tag in candidate_tags(release.built_revision):
            found = patience.ask(
                lambda: world.registry.fetch_image(plan.build.image, tag, plan.build.platform)  # noqa: B023
            )
            if found:
                return found
        if world.clock.monotonic() >= deadline:
            raise StepFailed(
                "IMAGE_NOT_FOUND",
                f"{plan.build.image} has no tag {release.built_revision} after {plan.poll.image_timeout_s:.0f} s",
                hint=f"let {plan.build.workflow} push the tag ${{{{ github.sha }}}}; look at "
                f"{release.run.url if release.run else 'the run'}",
            )
        release.observer.step_detail("image", f"waiting for {plan.build.image} to show {release.built_revision[:7]}")
        world.clock.sleep(pause)
        pause = min(pause * 2, 15)


def check_image(release: Release, image: ImageFacts) -> None:
    """Raise StepFailed where the image was not built from this commit, or for another platform."""
    wanted = release.built_revision
    labelled = image.labels.get(REVISION_LABEL)
    context = image.labels.get(CONTEXT_LABEL)
    if labelled != wanted:
        raise _mismatch(
            release, image, "IMAGE_REVISION", f"its label {REVISION_LABEL} is {labelled or 'missing'}, not {wanted}"
        )
    if context is not None and context != release.plan.context_tree:
        raise _mismatch(release, image, "IMAGE_CONTEXT", f"its label {CONTEXT_LABEL} is {context[:12]}…, another tree")
    if image.platform != release.plan.build.platform:
        raise _mismatch(
            release, image, "IMAGE_PLATFORM", f"it is for {image.platform}, not {release.plan.build.platform}"
        )


def check_disks(release: Release, image: ImageFacts) -> None:
    """Raise StepFailed where a target's disk is smaller than the image is packed: unpacked it is larger still.

    The smaller one counts of `container_disk_gb` and of what the target says. Taken as GiB: nothing that might fit is
    stopped.
    """
    for target in release.plan.targets:
        told = release.world.targets[target.name].fetch_state().disk_gb
        known = [size for size in (target.container_disk_gb, told) if size]
        if known and image.size_bytes >= min(known) * 2**30:
            what = (
                f"{image.size_bytes / 2**30:.1f} GiB packed, and target {target.name} has a disk of {min(known)} GB"
                + ("" if min(known) == told else " (container_disk_gb)")
            )
            raise StepFailed(
                "IMAGE_TOO_LARGE",
                f"the image {short(image.digest)} can't be started there: {what}",
                hint="raise the endpoint's container disk to twice the image's size or more (and container_disk_gb in "
                f"CONDUCTOR.md), or make the image smaller; then: conductor release --resume {release.id}",
                evidence=release.refuse("image", image.digest, what, image.reference),
            )


def _mismatch(release: Release, image: ImageFacts, cause: str, what: str) -> StepFailed:
    return StepFailed(
        cause,
        f"the image {short(image.digest)} is not the one of this commit: {what}",
        hint=f"label it in {release.plan.build.workflow} from git rev-parse HEAD of the checkout that is built",
        evidence=release.refuse("image", image.digest, what, image.reference),
    )
