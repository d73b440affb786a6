"""`make TARGET`: the target's recipe, what it needs, and what those run."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from conductor.recipes import UNKNOWN
from conductor.recipes.calls import MakeCall
from conductor.recipes.makefile import Line, Makefile
from conductor.recipes.making import Made, Making
from conductor.sessions.selection.makefile import find_makefile, text_of_rule
from conductor.sessions.selection.pieces import Piece, Trace
from conductor.sessions.selection.places import below, short
from conductor.sessions.selection.trees import join

if TYPE_CHECKING:
    from collections.abc import Callable

    from conductor.sessions.selection.follower import Follower
    from conductor.shell.calls import Call
    from conductor.shell.state import State

_NAMES = frozenset({"make", "gmake", "remake"})
_CHECKING = re.compile(r"(?:^|[^a-z])(?:tests?|checks?|verify|ci|lint|unit|spec|typecheck|qa|smoke)(?:[^a-z]|$)")


def follow(follower: Follower, name: str, argv: list[str], call: Call, state: State) -> bool:
    """Follow a call of make; tell whether it is one."""
    if name not in _NAMES:
        return False
    made, inner = MakeCall(argv[1:]), state.copy()
    for moved in made.folders:
        if UNKNOWN in moved or below(inner.path(moved)) is None:
            follower.trace.leave(f"make in {short(moved)}")
            return True
        inner.change_folder(inner.path(moved))
    named = made.files[0] if made.files else None
    makefile = find_makefile(follower, inner, named, made.variables)
    if makefile is None:
        follower.trace.leave(f"make: {named or 'a makefile'} is not there")
        return True
    for line in makefile.unread:
        follower.trace.leave(_unread(follower.folder(inner), line))
    making = Making(makefile, _Noting(follower, makefile, call, inner))
    for target in made.targets or [makefile.default or ""]:
        making.make(target)
    return True


def _unread(folder: str, line: Line) -> str:
    """Return in words what a line of a makefile leaves open."""
    path, word, names = join(folder, line.path) or line.path, *line.text.partition(" ")[::2]
    return f"what {path} includes as {names}" if word == "include" else f"rules that $(eval …) makes in {path}"


class _Noting:
    """Notes the recipes of one call of make, and follows them."""

    def __init__(self, follower: Follower, makefile: Makefile, call: Call, state: State) -> None:
        self._follower, self._makefile, self._call, self._state = follower, makefile, call, state
        self._folder = follower.folder(state)

    def miss(self, target: str, depth: int) -> None:
        """Note a goal that no rule makes; of what is needed for one it is a file."""
        if depth == 0:
            self._follower.trace.leave(f"make {short(target)} (no rule for it is seen)")

    def begin(self, made: Made) -> None:
        """Take the target's recipe in."""
        path = join(self._folder, made.rule.path) or made.rule.path
        text = text_of_rule(self._makefile, made)
        self._follower.trace.add(Piece(f"the recipe of {self._title(made)}", path, text))

    def _title(self, made: Made) -> str:
        return f"make {self._folder}/{made.target}" if self._folder else f"make {made.target}"

    def need(self, made: Made, target: str, make: Callable[[], None], holds: bool | None) -> None:  # noqa: FBT001
        """Follow a prerequisite; one that runs tests decides, whatever its name.

        What a target without a recipe needs is what it does; what another one needs may be only the way to it. Whether
        a condition holds may depend on the environment, so that what it leaves out here is followed too.
        """
        del holds
        decides = not made.rule.recipe or _CHECKING.search(target) is not None
        outer, inner = self._follower.trace, Trace()
        self._follower.trace = inner
        try:
            make()
        finally:
            self._follower.trace = outer
        outer.runs_tests = outer.runs_tests or inner.runs_tests
        for piece in inner.pieces.values():
            outer.add(replace(piece, decides=piece.decides and (decides or inner.runs_tests)))
        for what in inner.unread:
            outer.leave(what)

    def recipe(self, made: Made) -> None:
        """Follow the lines of a recipe, each in a shell of its own."""
        for _, _, text in made.lines():
            self._follower.text(f"{self._title(made)}: {text}", text, self._call, self._state)
