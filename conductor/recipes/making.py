"""Go through what one call of make makes: each target once, and what it needs before it, as far as words tell.

Source: the GNU make manual, "How to Use Variables", "Automatic Variables", "Static Usage".
"""

from __future__ import annotations

from conductor.recipes import UNKNOWN
from conductor.recipes.makefile import Line, Makefile, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Protocol

    class Maker(Protocol):
        """Who looks at what is made."""

        def miss(self, target: str, depth: int) -> None:
            """See a target that no rule makes: a file, or nothing that is known."""

        def begin(self, made: Made) -> None:
            """See a target before what it needs."""

        def need(self, made: Made, target: str, make: Callable[[], None], holds: bool | None) -> None:  # noqa: FBT001
            """Call `make` for what a target needs; `holds` is whether the conditions before it do, None for unknown."""

        def recipe(self, made: Made) -> None:
            """See a target after what it needs."""


DEEPEST = 40


class Made:
    """A target that is made by a `rule`: `stem` is what `%` stands for, `needs` are the targets it needs."""

    __slots__ = ("makefile", "needs", "rule", "stem", "target")

    def __init__(self, makefile: Makefile, target: str, rule: Rule, stem: str) -> None:
        own = makefile.rules.get(target, rule)  # a pattern makes it, and rules of its own may say more of its needs
        self.makefile, self.target, self.rule, self.stem = makefile, target, rule, stem
        lines = [*rule.needs, *(own.needs if own is not rule else ())]
        self.needs = [(line.text.replace("%", stem), line) for line in lines]

    def lines(self) -> Iterator[tuple[Line, bool | None, str]]:
        """Yield the recipe's lines: the line, whether its conditions hold, and its text for the shell."""
        needs = [name for name, _ in self.needs]
        folder, slash, leaf = self.target.rpartition("/")
        automatic = {
            "@": self.target, "<": (needs or [""])[0], "^": " ".join(needs), "+": " ".join(needs),
            "?": " ".join(needs), "*": self.stem, "@D": folder if slash else ".", "@F": leaf,
            "MAKEFILE_LIST": " ".join(self.makefile.paths), "MAKECMDGOALS": self.target,
        }  # fmt: skip
        for line in self.rule.recipe:
            text = self.makefile.expand(line.text, automatic, self.rule)
            bare = "\n".join(each.strip().lstrip("@-+") for each in text.split("\n"))
            yield line, self.makefile.holds(line.conditions), bare


class Making:
    """One call of make."""

    def __init__(self, makefile: Makefile, maker: Maker) -> None:
        self._makefile, self._maker = makefile, maker
        self._made: set[str] = set()

    def make(self, target: str, depth: int = 0) -> None:
        """Go through what making the target runs."""
        found = None if UNKNOWN in target else self._makefile.find(target)
        if found is None:
            self._maker.miss(target, depth)
            return
        if target in self._made or depth > DEEPEST:
            return
        self._made.add(target)
        made = Made(self._makefile, target, *found)
        self._maker.begin(made)
        for name, line in made.needs:
            self._need(made, name, line, depth)
        self._maker.recipe(made)

    def _need(self, made: Made, name: str, line: Line, depth: int) -> None:
        self._maker.need(made, name, lambda: self.make(name, depth + 1), self._makefile.holds(line.conditions))
