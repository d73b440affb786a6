"""image, of a promotion or a return: the digest that was proven is still in the registry, and still what it was."""

from __future__ import annotations

from dataclasses import dataclass

from conductor.domain.digest import short
from conductor.domain.evidence import Evidence
from conductor.domain.release import digest_of_reference
from conductor.release.context import Release, StepFailed
from conductor.release.plan import KnownImage
from conductor.release.run_digest import Tie, require_tie
from conductor.release.steps.deploy import show_image
from conductor.release.steps.image import check_disks, check_image


@dataclass(frozen=True, slots=True)
class ProvenImage:
    """Reads the image by its digest; no tag is asked."""

    known: KnownImage
    name: str = "image"
    locked: bool = False

    def done(self, release: Release) -> Evidence | None:
        """Return None: reading the registry is the whole step."""
        del release
        return None

    def run(self, release: Release) -> Evidence:
        """Check source, registry, labels and disks, and return the evidence."""
        self._check_source(release)
        build, digest = release.plan.build, self.known.digest
        image = release.world.registry.fetch_image(build.image, digest, build.platform)
        if image is None:
            raise StepFailed(
                "IMAGE_NOT_FOUND",
                f"the registry has {short(digest)} no more",
                hint="conductor release builds it anew",
            )
        check_image(release, image)
        check_disks(release, image)
        found = [line.evidence for line in release.world.evidence.lines() if line.evidence.subject == digest]
        tied = any(one.kind == "image" and one.detail.get("tied_to_run") is True for one in found)
        require_tie(release, Tie(tied, "" if tied else "no release saw its run name it"), image)
        release.image = image
        where = f" at {self.known.source.name}" if self.known.source else ""
        summary = f"{image.name}@{short(image.digest)} revision {release.built_revision[:7]}, proven{where} by "
        return release.observe(
            "image",
            image.digest,
            summary + self.known.release,
            image.reference,
            revision=release.built_revision,
            context=release.plan.context_tree,
            index=image.index_digest,
            size_bytes=image.size_bytes,
            tied_to_run=tied,
            proven_by=self.known.release,
        )

    def _check_source(self, release: Release) -> None:
        """Raise StepFailed where the source does not serve what was proven there: somebody has changed it since."""
        source = self.known.source
        if source is None:
            return
        image = release.world.targets[source.name].fetch_state().image
        if digest_of_reference(image) != self.known.digest:
            raise StepFailed(
                "SOURCE_DRIFT",
                f"target {source.name} serves {show_image(image)} now, not {short(self.known.digest)}, which "
                f"{self.known.release} proved there",
                hint=f"conductor verify --target {source.name} tells more",
            )
