"""What the images that workflows push are called and labelled with: tags that stay, tags that move, the revision."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from conductor.workflows import partial
from conductor.workflows.builds import Found
from conductor.workflows.events import find_events
from conductor.workflows.steps import Step, steps_in
from conductor.workflows.used import input_of

REVISION = "org.opencontainers.image.revision"
# Parts of a tag that are the same for many commits: a branch, a setting, a row of a matrix. What somebody types by hand
# is his choice.
_MOVES = re.compile(
    r"(?:vars|secrets|env|matrix)\..+|github\.(?:ref_name|head_ref|base_ref|ref|repository.*|event_name|actor)|"
    r"github\.event\.(?:repository|pull_request\.(?:head|base)\.ref).*"
)
_METADATA_MOVES = re.compile(r"type=(?:ref,event=(?:branch|pr)|edge|schedule|raw,(?:.*,)?value=[^,$]*(?:,|$))|[\w.-]+$")
# What only a git tag gives to an image; `value=` takes it from elsewhere.
_METADATA_TAGGED = re.compile(r"type=(?:semver|pep440|match|ref,event=tag)(?!.*value=)")
_BY_HAND = frozenset({"push", "tag", "release", "dispatch", "schedule", "follows"})


@dataclass(frozen=True, slots=True)
class Pushed:
    """An image that one step pushes for one event: the step, what is built, and its tags as far as they are seen."""

    step: Step
    found: Found

    @property
    def tags(self) -> list[str]:
        """Return the tags, behind the repositories' names."""
        return [tag_of(reference) for reference in self.found.build.references]

    @property
    def only_moves(self) -> bool:
        """Tell whether every tag surely is given to another image by a later run."""
        references = self.found.build.references
        by_digest = "push-by-digest" in str(input_of(self.step.table, "outputs") or "")
        return bool(references) and not by_digest and all(self._moves(one) for one in references)

    def _moves(self, reference: str) -> bool:
        tag = tag_of(reference)
        if "@" in reference or not tag or (":" not in reference and not partial.is_known(reference)):
            return False
        if partial.mark("a tag") == tag:
            return _metadata_moves(self.step)
        names = partial.names(tag)
        if not names:
            return partial.is_known(tag)
        if self.found.event in {"tag", "release"} and "github.ref_name" in names:
            return False
        return all(_MOVES.fullmatch(name) for name in names)


def tag_of(reference: str) -> str:
    """Return the tag of an image's name, `latest` where it has none."""
    colon = reference.find(":", reference.find("/") + 1)
    return reference[colon + 1 :] if colon >= 0 else "latest"


def pushed_images(steps: Iterable[Step], builds: Sequence[Found]) -> list[Pushed]:
    """Return the images that these steps surely push, for each event that is no trial."""
    by_place = {(step.workflow.path, step.here().line): step for step in steps}
    return [
        Pushed(step, found)
        for found in builds
        if found.build.pushed
        and found.event in _BY_HAND
        and (step := by_place.get((found.build.path, found.build.line))) is not None
    ]


def metadata_of(step: Step, steps: Sequence[Step]) -> Step | None:
    """Return the metadata-action of the same job that a build takes its tags or labels from."""
    given = f"{input_of(step.table, 'tags') or ''} {input_of(step.table, 'labels') or ''}"
    named = re.findall(r"steps\.([\w-]+)\.outputs", given)
    return next(
        (
            one
            for one in steps
            if one.used and one.used.name == "docker/metadata-action" and str(one.table.get("id") or "") in named
        ),
        None,
    )


def _metadata_moves(step: Step) -> bool:
    """Tell whether metadata-action gives only moving tags, for whatever starts the workflow."""
    meta = metadata_of(step, list(steps_in(step.workflow, step.job_id, step.job)))
    if meta is None:
        return False
    lines = [line.strip() for line in str(input_of(meta.table, "tags") or "").splitlines()]
    given = [line for line in lines if line and not line.startswith("#")]
    by_tag = {"tag", "release"} & set(find_events(step.workflow.root.get("on"), "main"))
    if by_tag and (not given or any(_METADATA_TAGGED.match(one) for one in given)):
        return False
    return all(_METADATA_MOVES.match(one) or _METADATA_TAGGED.match(one) for one in given)
