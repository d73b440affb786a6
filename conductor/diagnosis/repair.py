"""The patch that puts a diagnosed cause right, judged by preflight before anybody sees it.

First what preflight says of the same files counts: it knows the image. Where it finds nothing, what the log names does.
A change that brings a finding is taken back, and so is one that leaves the finding that it was for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from conductor.diagnosis.choose import Suspect
from conductor.diagnosis.project_files import NAMES
from conductor.diagnosis.said import remedy_said
from conductor.domain.finding import Finding, Severity
from conductor.ports.tree import Tree
from conductor.preflight.api import find_check
from conductor.preflight.check import Fix
from conductor.preflight.remedied import ways_of
from conductor.preflight.repair import (
    MAX_FILE,
    Judge,
    PatchedTree,
    Plan,
    TakenBack,
    find_brought,
    name_of,
    try_fixes,
)

_MOST_CHANGES = 20


@dataclass(frozen=True, slots=True)
class Change:
    """One change: for which cause, what it does, and whether preflight found the fault before and not after."""

    cause: str
    why: str
    proved: bool


@dataclass(frozen=True, slots=True)
class Patch:
    """What can be done by machine: the plan with its files, each change, and the causes that nothing was done for."""

    plan: Plan
    changes: tuple[Change, ...] = ()
    left: tuple[str, ...] = ()


def plan_patch(suspects: Sequence[Suspect], tree: Tree, dockerfile: str, judge: Judge) -> Patch:
    """Return one patch for all the causes of a log."""
    work = _Work(tree, dockerfile, judge)
    left = []
    for suspect in suspects:
        codes = {find_check(name).meta.code for name in suspect.cause.checks}
        if not (work.follow_findings(suspect.cause.code, codes) or work.follow_log(suspect)):
            left.append(suspect.cause.code)
    return Patch(work.plan, tuple(work.changes), tuple(left))


class _Work:
    """The files as they are so far, and what was tried."""

    def __init__(self, tree: Tree, dockerfile: str, judge: Judge) -> None:
        self._tree, self._dockerfile, self._judge = tree, dockerfile, judge
        self.plan = Plan(findings=tuple(judge(tree)))
        self.changes: list[Change] = []
        self._tried: set[tuple[str, str, str]] = set()

    def follow_findings(self, cause: str, codes: set[str]) -> bool:
        """Follow the remedies of preflight's findings of these codes; tell whether one helped."""
        before = len(self.changes)
        while len(self._tried) < _MOST_CHANGES and (found := self._next(codes)) is not None:
            self._tried.add(name_of(found))
            if self._follow(found, proved=True):
                self.changes.append(Change(cause, f"{found.code} {found.message}", proved=True))
        return len(self.changes) > before

    def follow_log(self, suspect: Suspect) -> bool:
        """Do what the log's own lines say; tell whether it could be done."""
        said = remedy_said(suspect, self._files())
        if said is None or not self._follow(said, proved=False):
            return False
        self.changes.append(Change(suspect.cause.code, said.remedy, proved=False))
        return True

    def _next(self, codes: set[str]) -> Finding | None:
        return next(
            (
                one
                for one in self.plan.findings
                if one.code in codes and one.severity is not Severity.ADVICE and name_of(one) not in self._tried
            ),
            None,
        )

    def _follow(self, found: Finding, *, proved: bool) -> bool:
        for fixes in ways_of(found, self._dockerfile, self._read):
            tried = try_fixes(self._tree, self._judge, self.plan, fixes)
            if tried is None:
                self._take_back(fixes)
            elif tried.changed != self.plan.changed and not (proved and _is_there(found, tried)):
                self.plan = tried
                return True
        return False

    def _take_back(self, fixes: tuple[Fix, ...]) -> None:
        brought = find_brought(self._tree, self._judge, self.plan, fixes)
        self.plan = replace(self.plan, taken_back=(*self.plan.taken_back, TakenBack(fixes[0], brought)))

    def _files(self) -> dict[str, str]:
        """Return the files in which a cause can stand: the Dockerfile, then those of its folder and of the root."""
        paths = {self._dockerfile: None}
        for folder in dict.fromkeys([self._dockerfile.rpartition("/")[0], ""]):
            names = sorted(self._tree.names(folder) or ())
            paths |= dict.fromkeys(
                f"{folder}/{name}".lstrip("/") for pattern in NAMES for name in names if fnmatchcase(name, pattern)
            )
        return {path: text for path in paths if (text := self._read(path)) is not None}

    def _read(self, path: str) -> str | None:
        content = PatchedTree(self._tree, self.plan.changed).read(path, MAX_FILE)
        return None if content is None else content.decode("utf-8", "surrogateescape")


def _is_there(found: Finding, plan: Plan) -> bool:
    """Tell whether a finding is there after a change."""
    return name_of(found) in {name_of(one) for one in plan.findings}
