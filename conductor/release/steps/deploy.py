"""deploy: the target is configured to run exactly this digest."""

from __future__ import annotations

from dataclasses import dataclass

from conductor.domain.digest import short
from conductor.domain.evidence import Evidence
from conductor.domain.release import digest_of_reference
from conductor.errors import OutsideRefused
from conductor.ports.target import TargetState
from conductor.release.context import Release, StepFailed
from conductor.release.proven import find_proven, find_replaced
from conductor.release.supersession import check_newer_push, superseded

# How often a target is told that did not answer, and for how long what it says may be from before.
CONFIGURE_TRIES = 4
CONFIGURE_PAUSE_S = 10.0
READ_BACK_S = 30.0
READ_BACK_PAUSE_S = 3.0


@dataclass(frozen=True, slots=True)
class Deploy:
    """Changes the target's image and nothing else, and reads back what it says then."""

    target: str
    name: str = "deploy"
    locked: bool = True

    def done(self, release: Release) -> Evidence | None:
        """Return the evidence where the target is configured with this digest already."""
        if not has_begun(release) and release.plan.known is None:
            found = check_newer_push(release)
            if found is not None and found != release.plan.revision:
                raise superseded(release, found)
        state = release.world.targets[self.target].fetch_state()
        wanted = release.the_image().reference
        if state.image != wanted:
            return None
        if release.ledger.last("intent", action="deploy", target=self.target) is None:
            before = find_replaced(release, self.target, wanted)
            if before != wanted:
                # Configured by a release that never proved it, perhaps by this one: it can be put back.
                note_intent(release, self.target, before, None, recovered=True)
        return self._evidence(release, state)

    def run(self, release: Release) -> Evidence:
        """Deploy and return the evidence."""
        target, wanted = release.world.targets[self.target], release.the_image().reference
        before = target.fetch_state()
        note_intent(release, self.target, find_proven(release, self.target, before.image), before)
        configure(release, self.target, wanted, self.name)
        after = read_back(release, self.target, wanted, before)
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


def note_intent(
    release: Release, target: str, previous: str, before: TargetState | None, *, recovered: bool = False
) -> None:
    """Write down what is about to replace what, before it does (with `recovered`: after an intent was lost)."""
    replaced = {"replaced": before.image} if before is not None and before.image != previous else {}
    release.ledger.write(
        "intent",
        step="deploy",
        action="deploy",
        target=target,
        image=release.the_image().reference,
        previous=previous,
        previous_version=before.version if before is not None else None,
        **({"limits": [before.workers_min, before.workers_max]} if before is not None else {}),
        **replaced,
        **({"recovered": True} if recovered else {}),
    )


def configure(release: Release, name: str, image: str, step: str) -> None:
    """Let the target have this image; raises StepFailed where it refuses it, OutsideRefused where it can't be told.

    An answer may be lost on its way: then the target is asked what it has, and told again only where it has not got it.
    To name the same digest twice changes nothing.
    """
    target = release.world.targets[name]
    for attempt in range(1, CONFIGURE_TRIES + 1):
        try:
            target.deploy(image)
        except OutsideRefused as error:
            if target.fetch_state().image == image:
                return
            if not getattr(error, "passing", False):
                raise StepFailed(
                    "DEPLOY_REFUSED", f"target {name} did not take the image: {error.message}", hint=error.hint
                ) from error
            if attempt == CONFIGURE_TRIES:
                raise
            release.observer.step_detail(step, f"{name} did not answer: telling it again")
            release.world.clock.sleep(CONFIGURE_PAUSE_S * attempt)
        else:
            return


def read_back(release: Release, name: str, wanted: str, before: TargetState) -> TargetState:
    """Return what the target says once it says that it has the image in a new release, or at last what it says.

    What is read right after a change may be from before it.
    """
    world = release.world
    deadline = world.clock.monotonic() + READ_BACK_S
    while True:
        after = world.targets[name].fetch_state()
        if (after.image == wanted and is_newer(before, after)) or world.clock.monotonic() >= deadline:
            return after
        world.clock.sleep(READ_BACK_PAUSE_S)


def is_newer(before: TargetState, after: TargetState) -> bool:
    """Tell whether the target counts a release more than before, as far as it counts."""
    return before.version is None or after.version is None or after.version > before.version


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
    if not is_newer(before, after):
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
