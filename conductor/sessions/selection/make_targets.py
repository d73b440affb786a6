"""`make TARGET`: the target's recipe, what it needs, and what those run."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from conductor.programs import known
from conductor.programs.wrapping import is_assignment
from conductor.recipes import UNKNOWN
from conductor.recipes.makefile import Line, Makefile
from conductor.sessions.selection.makefile import AUTOMATIC, find_makefile, text_of_rule
from conductor.sessions.selection.pieces import Piece, Trace
from conductor.sessions.selection.trees import join

if TYPE_CHECKING:
    from conductor.sessions.selection.follower import Follower

DEEPEST = 60
_CHECKING = re.compile(r"(?:^|[^a-z])(?:tests?|checks?|verify|ci|lint|unit|spec|typecheck|qa|smoke)(?:[^a-z]|$)")


def follow_make(follower: Follower, args: list[str], folder: str, depth: int) -> None:
    """Follow a call of make in that folder."""
    given = known("make").parse(args)
    for moved in given.values("-C", "--directory"):
        below = join(folder, moved) if UNKNOWN not in moved else None
        if below is None:
            follower.trace.leave(f"make in {moved.replace(UNKNOWN, '…')}")
            return
        folder = below
    named = given.value("-f", "--file", "--makefile")
    variables = dict(word.split("=", 1) for word in given.words if is_assignment(word))
    makefile = find_makefile(follower.tree, folder, named, variables)
    if makefile is None:
        follower.trace.leave(f"make: {named or 'a makefile'} is not there")
        return
    for line in makefile.unread:
        follower.trace.leave(_unread(folder, line))
    targets = [word for word in given.words if not is_assignment(word)] or [makefile.default or ""]
    for target in targets:
        _Making(follower, makefile, folder).make(target, depth)


def _unread(folder: str, line: Line) -> str:
    """Return in words what a line of a makefile leaves open."""
    path, word, names = join(folder, line.path) or line.path, *line.text.partition(" ")[::2]
    return f"what {path} includes as {names}" if word == "include" else f"rules that $(eval …) makes in {path}"


class _Making:
    """One call of make: each target is made once."""

    def __init__(self, follower: Follower, makefile: Makefile, folder: str) -> None:
        self._follower, self._makefile, self._folder = follower, makefile, folder
        self._made: set[str] = set()

    def make(self, target: str, depth: int) -> None:
        """Take the target's recipe in, and follow it and what it needs."""
        found = self._makefile.find(target)
        if found is None or target in self._made or depth > DEEPEST:
            if found is None and not self._made:
                self._follower.trace.leave(f"make {target.replace(UNKNOWN, '…')} (no rule for it is seen)")
            return
        rule, stem = found
        self._made.add(target)
        where = f"{self._folder}/" if self._folder else ""
        path = join(self._folder, rule.path) or rule.path
        text = text_of_rule(self._makefile, target, rule)
        self._follower.trace.add(Piece(f"the recipe of make {where}{target}", path, text))
        for need in rule.needs:
            # What a target without a recipe needs is what it does; what another one needs may be only the way to it.
            needed = need.text.replace("%", stem)
            self._need(needed, depth + 1, decides=not rule.recipe or _CHECKING.search(needed) is not None)
        for line in rule.recipe:
            bare = line.text.strip().lstrip("@+-")
            command = self._makefile.expand(bare, {**AUTOMATIC, "@": target, "*": stem}, rule)
            self._follower.text(command, self._folder, depth + 1)

    def _need(self, target: str, depth: int, *, decides: bool) -> None:
        """Follow a prerequisite; one that runs tests decides, whatever its name."""
        outer, inner = self._follower.trace, Trace()
        self._follower.trace = inner
        try:
            self.make(target, depth)
        finally:
            self._follower.trace = outer
        outer.runs_tests = outer.runs_tests or inner.runs_tests
        for piece in inner.pieces.values():
            outer.add(replace(piece, decides=piece.decides and (decides or inner.runs_tests)))
        for what in inner.unread:
            outer.leave(what)
