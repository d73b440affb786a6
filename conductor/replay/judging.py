"""The judgement of one commit: its images and its workflows, as its own files and its own day have them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conductor.config.settings import Settings, read_settings
from conductor.domain.day import CalendarDay, Day
from conductor.domain.finding import Finding, Location, Severity, sort_findings
from conductor.errors import ConductorError, Problems
from conductor.preflight.api import judge_subject
from conductor.preflight.checks import load_checks
from conductor.preflight.load import read_subject
from conductor.replay.memo import Memo, Trace, TracedDay, TracedTree
from conductor.workflows.documents import Files
from conductor.workflows.events import Facts
from conductor.workflows.runs import find_builds
from conductor.workflows.survey import find_context, find_dockerfiles

if TYPE_CHECKING:
    from conductor.ports.history import RevisionTree
    from conductor.ports.tree import Tree

DOCS = "docs/replay.md"
MAX_IMAGES = 20
_PLACES = ("image/Dockerfile", "Dockerfile")


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found in one commit; `images` are the Dockerfiles that were judged."""

    findings: tuple[Finding, ...]
    images: tuple[str, ...]


class Judge:
    """Judges commits one after another; what is alike is judged once. `paths` limit it to images at or below them."""

    def __init__(self, paths: Sequence[str] = ()) -> None:
        self._paths = tuple(path.strip("/") for path in paths)
        self._memo: Memo[Judged] = Memo()

    def judge(self, tree: RevisionTree, day: CalendarDay) -> Judged:
        """Return what is wrong in this commit on that day."""
        known = self._memo.find(tree, day)
        if known is not None:
            return known
        trace = Trace()
        judged = judge_tree(TracedTree(tree, trace.files), TracedDay(day, trace.days), self._paths)
        self._memo.keep(trace, judged)
        return judged


def judge_tree(tree: Tree, day: Day, paths: Sequence[str] = ()) -> Judged:
    """Judge every image that this tree ships; what can't be read is a finding, never the end."""
    findings: list[Finding] = []
    files = Files(tree)
    try:
        settings = read_settings(tree)
    except ConductorError as error:
        settings = Settings()
        findings += _as_findings(error, "CONDUCTOR.md")
    images = [image for image in find_images(files, settings) if _is_wanted(image[0], paths)][:MAX_IMAGES]
    for dockerfile, context in images:
        try:
            subject = read_subject(tree, settings, dockerfile, context, day=day)
            findings += judge_subject(subject, load_checks()).findings
        except ConductorError as error:
            findings += _as_findings(error, dockerfile)
    # Each image is judged with the repository's workflows: what is wrong with those is told once.
    once = {(one.code, str(one.location), one.message): one for one in findings}
    return Judged(tuple(sort_findings(list(once.values()))), tuple(dockerfile for dockerfile, _ in images))


def find_images(files: Files, settings: Settings) -> list[tuple[str, str]]:
    """Return (Dockerfile, build context) of the images that are shipped, as far as the files tell.

    The configuration says it; else the workflows that build one; else a Dockerfile at a usual place; else every one.
    """
    if settings.build is not None:
        return [(settings.build.dockerfile, settings.build.context)]
    built = {
        one.build.dockerfile: one.build.context or "."
        for one in find_builds(files, Facts(None, "main"))
        if one.build.dockerfile is not None and files.is_file(one.build.dockerfile)
    }
    if built:
        return sorted(built.items())
    usual = [path for path in _PLACES if files.is_file(path)][:1]
    found = usual or list(find_dockerfiles(files.tree))
    return [(path, find_context(path, files) or path.rpartition("/")[0] or ".") for path in found]


def _is_wanted(dockerfile: str, paths: Sequence[str]) -> bool:
    return not paths or any(path in {"", ".", dockerfile} or dockerfile.startswith(f"{path}/") for path in paths)


def _as_findings(error: ConductorError, path: str) -> list[Finding]:
    problems = error.problems if isinstance(error, Problems) else [error]
    return [
        Finding(
            "RP-FILE-001",
            one.message,
            one.hint,
            Severity.ERROR,
            location=Location(one.path or path, one.line, one.column),
            docs=DOCS,
        )
        for one in problems
    ]
