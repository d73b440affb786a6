"""deploy: the target is configured to run exactly this digest."""

from __future__ import annotations

from dataclasses import dataclass

from conductor.domain.digest import short
from conductor.domain.evidence import Evidence
from conductor.domain.release import digest_of_reference
from conductor.errors import OutsideRefused
from conductor.ports.target import TargetState
from conductor.release.context import Release, StepFailed
from conductor.release.supersession import check_newer_push, superseded


@dataclass(frozen=True, slots=True)
class Deploy:
    """Changes the target's image and nothing else, and reads back what it says then."""

    target: str
    name: str = "deploy"
    locked: bool = True

    def done(self, release: Release) -> Evidence | None:
        """Return the evidence where the target is configured with this digest already."""
        if not has_begun(release):
            found = check_newer_push(release)
            if found is not None and found != release.plan.revision:
                raise superseded(release, found)
        state = release.world.targets[self.target].fetch_state()
        if state.image != release.the_image().reference:
            return None
        return self._evidence(release, state)

    def run(self, release: Release) -> Evidence:
        """Deploy and return the evidence."""
        target, wanted = release.world.targets[self.target], release.the_image().reference
        before = target.fetch_state()
        release.ledger.write(
            "intent",
            step=self.name,
            action="deploy",
            target=self.target,
            image=wanted,
            previous=before.image,
            previous_version=before.version,
        )
        try:
            target.deploy(wanted)
        except OutsideRefused as error:
            # The answer may have been lost on its way: what counts is what the target says now.
            if target.fetch_state().image != wanted:
                raise StepFailed(
                    "DEPLOY_REFUSED", f"target {self.target} did not take the image: {error.message}", hint=error.hint
                ) from error
        after = target.fetch_state()
        release.ledger.write(
            "result", step=self.name, action="deploy", target=self.target, image=after.image, version=after.version
        )
        check_read_back(release, self.target, before, after)
        return self._evidence(release, after)

    def _evidence(self, release: Release, state: TargetState) -> Evidence:
        image = release.the_image()
        intent = release.ledger.last("intent", action="deploy", target=self.target)
        previous = intent["previous"] if intent else state.image
        version = intent["previous_version"] if intent else state.version
        summary = f"endpoint {self.target}: release {version} → {state.version}, was {show_image(previous)}"
        if previous == image.reference:
            summary = f"endpoint {self.target}: release {state.version} has {short(image.digest)} already"
        return release.observe(
            "deployed",
            f"{self.target}@{image.digest}",
            summary,
            image.reference,
            previous=previous,
            previous_version=version,
            version=state.version,
        )


def has_begun(release: Release) -> bool:
    """Tell whether this release has begun to deploy to any target."""
    return release.ledger.last("intent", action="deploy") is not None


def check_read_back(release: Release, name: str, before: TargetState, after: TargetState) -> None:
    """Raise StepFailed where the target does not say that it is a new release with this image."""
    wanted = release.the_image().reference
    if after.image != wanted:
        raise StepFailed(
            "DEPLOY_NOT_KEPT",
            f"target {name} took the image but says {show_image(after.image)} now",
            hint="look who else changes this endpoint, then release again",
        )
    if before.version is not None and after.version is not None and after.version <= before.version:
        raise StepFailed(
            "DEPLOY_NO_RELEASE",
            f"target {name} took the image but made no new release of it (still {after.version})",
            hint="look at the endpoint's releases in RunPod's console",
        )
    newest = next(iter(release.world.targets[name].fetch_releases()), None)
    if newest and newest.new_image is not None and newest.new_image != wanted:
        raise StepFailed(
            "DEPLOY_NOT_KEPT",
            f"target {name}'s newest release brings {show_image(newest.new_image)}, not ours",
            hint="look who else changes this endpoint, then release again",
        )


def show_image(image: str) -> str:
    """Return what a person reads: the digest's beginning, or the whole tag, or `nothing`."""
    digest = digest_of_reference(image)
    return short(digest) if digest else image or "nothing"
