"""Looks at one target and at the registry, and compares what they say with what the evidence proves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from conductor.config.settings import BuildSettings
from conductor.domain.digest import short
from conductor.domain.evidence import EvidenceLine
from conductor.domain.release import digest_of_reference
from conductor.domain.text import one_line
from conductor.errors import ConductorError
from conductor.ports.registry import ImageFacts
from conductor.ports.target import Target, TargetState
from conductor.records.again import Services
from conductor.release.plan import hash_context
from conductor.release.steps.deploy import show_image
from conductor.release.steps.image import CONTEXT_LABEL, REVISION_LABEL, candidate_tags
from conductor.release.verify.expected import Expected, find_deployment, find_expected, find_image, list_proofs
from conductor.release.verify.verdict import Standing, Verdict

T = TypeVar("T")
PULL = "git pull first, where another clone may have released; then "


class Unanswered(Exception):
    """Somebody who had to be asked did not answer; the text says who and why."""


@dataclass
class Look:
    """One look at the world.

    `lines` is the evidence that counts, `under_way` tells who is changing the targets now (None: nobody); it is asked
    only where something differs.
    """

    services: Services
    build: BuildSettings | None
    lines: Sequence[EvidenceLine]
    under_way: Callable[[], str | None]
    _images: dict[str, ImageFacts | None] = field(default_factory=dict)

    def at(self, name: str) -> Verdict:
        """Return what looking at one target comes to; nothing is raised where somebody does not answer."""
        verdict, expected = Verdict(name), find_expected(self.lines, name)
        if expected is None:
            verdict.note("release", Standing.NOTHING, "no release on record has proven anything here")
            return verdict
        verdict.release, verdict.revision, verdict.context = expected.release, expected.revision, expected.context
        verdict.expected = f"{expected.name}@{expected.digest}" if expected.name else expected.digest
        verdict.note("release", Standing.SAME, f"{expected.told}, revision {short(expected.revision or '?')}")
        try:
            target = self._answer(f"target {name}", lambda: self.services.target(name))
            state = self._answer(f"target {name}", target.fetch_state)
        except Unanswered as reason:
            verdict.note("image", Standing.UNKNOWN, str(reason))
        else:
            verdict.serves = state.image or None
            self._compare_image(verdict, expected, target, state)
            self._compare_workers(verdict, expected, target, state)
        self._compare_registry(verdict, expected)
        self._compare_context(verdict, expected)
        verdict.note("smoke", Standing.SAME, describe_smoke(expected))
        return verdict

    def _answer(self, who: str, question: Callable[[], T]) -> T:
        try:
            return question()
        except ConductorError as error:
            raise Unanswered(one_line(f"{who} does not answer: {error.message}", 300)) from error

    def _compare_image(self, verdict: Verdict, expected: Expected, target: Target, state: TargetState) -> None:
        if digest_of_reference(state.image) == expected.digest:
            verdict.note("image", Standing.SAME, f"{show_image(state.image)}, its release {_number(state.version)}")
            return
        who = self.under_way()
        if who is not None:
            verdict.note("image", Standing.UNDER_WAY, f"{show_image(state.image)} now, and {who} is under way")
            return
        verdict.since = self._since(target, state.image)
        told, remedy = self._explain(verdict.target, expected, state.image)
        since = f", since {verdict.since}" if verdict.since else ""
        verdict.drift(
            "image",
            "DRIFT_IMAGE",
            f"serves {show_image(state.image)}{since}, not {short(expected.digest)}, which {expected.told}; {told}",
            remedy,
        )

    def _since(self, target: Target, image: str) -> str | None:
        """Return since which of its own releases the target serves that image, as far as its history tells."""
        try:
            history = self._answer("", target.fetch_releases)
        except Unanswered:
            return None
        found = next((one for one in history if one.new_image == image), None)
        if found is None:
            return None
        return f"release {_number(found.version)} of it" + (f" ({found.created_at})" if found.created_at else "")

    def _explain(self, target: str, expected: Expected, image: str) -> tuple[str, str]:
        """Return what is known about an image that should not be there, and what to do."""
        back = f"conductor rollback --to {expected.digest[:19]} --target {target}"
        digest = digest_of_reference(image)
        if digest is None:
            return "it was deployed by its tag, or by hand: nothing proves what that is", f"{PULL}{back}"
        proven = [line for line in list_proofs(self.lines, target) if line.evidence.subject == f"{target}@{digest}"]
        if proven:
            return f"{proven[-1].writer} had proven that one before", f"{PULL}{back}"
        deployed = find_deployment(self.lines, target, digest)
        if deployed is not None:
            told = f"{deployed.writer} deployed it and no job has proven it"
            return told, f"conductor release --resume {deployed.writer} goes on with it; to go back: {back}"
        built = find_image(self.lines, digest)
        if built is not None:
            return f"{built.writer} found it in the registry, and did not deploy it here", f"{PULL}{back}"
        return "no release on record knows it", f"{PULL}look who else changes this endpoint; to go back: {back}"

    def _compare_workers(self, verdict: Verdict, expected: Expected, target: Target, state: TargetState) -> None:
        if state.workers_max == 0:
            told = "may have 0 workers: no job would ever run (RunPod sets it so after a week without requests)"
            verdict.drift("workers", "DRIFT_WORKERS", told, "raise the endpoint's max workers in RunPod's console")
            return
        try:
            workers = self._answer(f"target {verdict.target}", target.fetch_workers).workers
        except Unanswered as reason:
            verdict.note("workers", Standing.UNKNOWN, str(reason))
            return
        fresh = [one for one in workers if not one.is_stale]
        other = [one for one in fresh if one.image is not None and digest_of_reference(one.image) != expected.digest]
        as_configured = digest_of_reference(state.image) == expected.digest
        if other and as_configured:
            told = f"worker {other[0].id} runs {show_image(other[0].image or '')}, not {short(expected.digest)}"
            verdict.drift("workers", "DRIFT_WORKERS", told, "restart the endpoint's workers in RunPod's console")
        elif fresh and all(one.status == "UNHEALTHY" for one in fresh):
            told = f"all of its workers ({len(fresh)}) are unhealthy"
            remedy = f"read their log ({target.describe_log(fresh[0].id)}), then conductor release or rollback"
            verdict.drift("workers", "DRIFT_WORKERS", told, remedy)
        else:
            leaving = f", {len(workers) - len(fresh)} stale ones are leaving" if len(fresh) < len(workers) else ""
            told = f"{len(fresh)} of {len(workers)} on what is configured{leaving}" if workers else "none runs now"
            verdict.note("workers", Standing.SAME, told)

    def _compare_registry(self, verdict: Verdict, expected: Expected) -> None:
        """See that the image is still there, by its digest: a worker that starts tomorrow has to pull it."""
        if self.build is None or expected.name != self.build.image:
            told = f"not asked: it is of {expected.name or 'an unknown image'}, and build.image is another one"
            verdict.notes.append(f"registry: {told}")
            return
        try:
            image = self._fetch_image(expected.digest)
        except Unanswered as reason:
            verdict.note("registry", Standing.UNKNOWN, str(reason))
            return
        if image is None:
            told = f"the registry has {short(expected.digest)} no more: a worker that starts now can't pull it"
            verdict.drift("registry", "DRIFT_REGISTRY", told, "conductor release builds and deploys it anew")
            return
        labelled = image.labels.get(REVISION_LABEL)
        if expected.revision is not None and labelled != expected.revision:
            told = f"its label says revision {labelled or 'nothing'}, and the evidence says {expected.revision}"
            verdict.drift("registry", "DRIFT_REGISTRY", told, "conductor release builds and deploys it anew")
            return
        verdict.note("registry", Standing.SAME, f"{image.name}@{short(image.digest)} is there, {image.platform}")
        self._look_at_tag(verdict, expected, image)

    def _look_at_tag(self, verdict: Verdict, expected: Expected, image: ImageFacts) -> None:
        """Note where the commit's tag names another image by now: nothing is wrong with what runs."""
        if expected.revision is None:
            return
        for tag in candidate_tags(expected.revision):
            try:
                tagged = self._fetch_image(tag)
            except Unanswered:
                return
            if tagged is not None:
                if tagged.digest != image.digest:
                    verdict.notes.append(
                        f"registry: the tag {tag} names {short(tagged.digest)} by now: built again, or pushed over"
                    )
                return

    def _fetch_image(self, reference: str) -> ImageFacts | None:
        build = self.build
        if build is None:
            return None
        if reference not in self._images:
            registry = self._answer("the registry", self.services.registry)
            self._images[reference] = self._answer(
                "the registry", lambda: registry.fetch_image(build.image, reference, build.platform)
            )
        return self._images[reference]

    def _compare_context(self, verdict: Verdict, expected: Expected) -> None:
        """Compare the build-context tree on record with the commit's own and the image's label; note what is newer."""
        repository, build, revision = self.services.repository, self.build, expected.revision
        if build is None or revision is None or expected.context is None:
            verdict.notes.append("context: nothing on record says what it was built from")
            return
        there = repository.run("cat-file", "-e", f"{revision}^{{commit}}", check=False).returncode == 0
        label = (self._images.get(expected.digest) or _NO_IMAGE).labels.get(CONTEXT_LABEL)
        ours = hash_context(repository, revision, build) if there else expected.context
        if label is not None and label != expected.context:
            told = f"the image's label says context {label[:12]}…, and the evidence says {expected.context[:12]}…"
            verdict.drift("context", "DRIFT_CONTEXT", told, "conductor release builds and deploys it anew")
            return
        if not there:
            verdict.notes.append(f"context: the commit {short(revision)} is not in this clone: git fetch")
        elif ours != expected.context:
            verdict.notes.append("context: build: in CONDUCTOR.md names other files than when it was built")
        verdict.note("context", Standing.SAME, f"tree {expected.context[:12]}… of {short(revision)}")
        head = repository.head()
        if there and head is not None and hash_context(repository, head, build) != ours:
            verdict.notes.append(f"context: {short(head)}, where you are, builds from other files: it is not released")


_NO_IMAGE = ImageFacts("", "", "")


def describe_smoke(expected: Expected) -> str:
    """Return which job proved the image, and when."""
    evidence = expected.proof.evidence
    what = evidence.source if evidence.kind == "smoke" else "the job of that rollback"
    return f"proven by {one_line(what, 80)} at {evidence.observed_at} (evidence {expected.proof.told})"


def _number(version: int | None) -> str:
    return "?" if version is None else str(version)
