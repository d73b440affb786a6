"""`make TARGET`: the target's recipe, what it needs, and what those run."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from conductor.programs import known
from conductor.programs.wrapping import is_assignment
from conductor.sessions.selection.makefile import UNKNOWN, Makefile, read_makefile
from conductor.sessions.selection.pieces import Piece, Trace
from conductor.sessions.selection.trees import join

if TYPE_CHECKING:
    from conductor.sessions.selection.follow import Follower

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
    makefile = read_makefile(follower.tree, folder, named)
    if makefile is None:
        follower.trace.leave(f"make: {named or 'a makefile'} is not there")
        return
    for what in makefile.unread:
        follower.trace.leave(what)
    variables = dict(word.split("=", 1) for word in given.words if is_assignment(word))
    targets = [word for word in given.words if not is_assignment(word)] or [makefile.default or ""]
    for target in targets:
        _Making(follower, makefile, folder, variables).make(target, depth)


class _Making:
    """One call of make: each target is made once."""

    def __init__(self, follower: Follower, makefile: Makefile, folder: str, given: dict[str, str]) -> None:
        self._follower, self._makefile, self._folder, self._given = follower, makefile, folder, given
        self._made: set[str] = set()

    def make(self, target: str, depth: int) -> None:
        """Take the target's recipe in, and follow it and what it needs."""
        rule = self._makefile.find(target)
        if rule is None or target in self._made or depth > DEEPEST:
            if rule is None and not self._made:
                self._follower.trace.leave(f"make {target.replace(UNKNOWN, '…')} (no rule for it is seen)")
            return
        self._made.add(target)
        where = f"{self._folder}/" if self._folder else ""
        text = self._makefile.text_of(target, rule)
        self._follower.trace.add(Piece(f"the recipe of make {where}{target}", rule.path, text))
        for needed in rule.needs:
            # What a target without a recipe needs is what it does; what another one needs may be only the way to it.
            self._need(needed, depth + 1, decides=not rule.recipe or _CHECKING.search(needed) is not None)
        for line in rule.recipe:
            command = self._makefile.expand(line.strip().lstrip("@+-"), self._given, target)
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
