"""`make TARGET`: the recipe of the target and of what it needs."""

from __future__ import annotations

from conductor.guard.judge.ledger import Source
from conductor.guard.judge.project.recipes import run_lines
from conductor.guard.judge.project.scripts import Opened
from conductor.guard.judge.state import State
from conductor.recipes import MAKEFILES, UNKNOWN
from conductor.recipes.makefile import Makefile, Rule, read_makefile
from conductor.recipes.making import Made, Making
from conductor.shell.expand import UNKNOWN as _SHELLS_UNKNOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from conductor.guard.judge.walker import Walker
    from conductor.recipes.calls import MakeCall

assert UNKNOWN == _SHELLS_UNKNOWN  # noqa: S101 - one mark in both rooms

MOST_LINES = 400


def run_make(runner: Walker, state: State, call: MakeCall) -> None:
    """Judge a call of make."""
    inner = state.copy()
    for folder in call.folders:
        if UNKNOWN in folder:
            return
        inner.cwd = inner.place().path(folder)
    given = call.variables
    from_shell = {name: str(inner.variables[name]) for name in inner.variables if name in inner.given}
    names = tuple(call.files[:1]) or MAKEFILES
    reading = _Reading(runner, inner, call.texts)
    inner.functions, inner.aliases, inner.arguments = {}, {}, []
    inner.variables.update({f"{name}": value for name, value in given.items() if name != "PATH"})
    with Opened(runner, Source("the makefile"), inner):
        makefile = read_makefile(reading.read, ("\0",) if call.texts else names, {**from_shell, **given})
        if makefile is None:
            return
        making = Making(makefile, _Judging(runner, inner, makefile, reading))
        for target in call.targets or [makefile.default or ""]:
            making.make(target)
        runner.walk.status = None


class _Reading:
    """Reads makefiles where make looks: beside where it runs; what the same command wrote comes first."""

    def __init__(self, runner: Walker, state: State, texts: list[str]) -> None:
        self._runner, self._state = runner, state
        self._texts = texts

    def read(self, name: str) -> str | None:
        """Return a makefile's text."""
        if name == "\0":
            return "\n".join(self._texts)
        written = self._state.files.get(self._state.place().path(name))
        return written.text if written is not None else self._runner.read_project(name, self._state)

    def name(self, path: str) -> str:
        """Return a makefile's name for a person."""
        place = self._state.place()
        return "the makefile" if path == "\0" else place.inside(place.path(path)) or path


class _Judging:
    """Judges the recipes of one call of make."""

    def __init__(self, runner: Walker, state: State, makefile: Makefile, reading: _Reading) -> None:
        self._runner, self._state, self._makefile, self._reading = runner, state, makefile, reading
        self._left = MOST_LINES
        self._together = ".ONESHELL" in makefile.rules
        self._phony = {need.text for need in makefile.rules.get(".PHONY", Rule()).needs}
        self._export()

    def _export(self) -> None:
        makefile, variables = self._makefile, self._state.variables
        wanted = {name for name, exported in makefile.exported.items() if exported}
        if "*" in wanted:
            wanted |= set(makefile.definitions)
        for name in wanted | ({"PATH"} & set(makefile.definitions)):
            value = makefile.expand(f"$({name})", {"PATH": str(variables.get("PATH", ""))} if name != "PATH" else {})
            if name == "PATH":
                # `$(PATH)` in its own value is what it was before; what stands there is not known to the makefile.
                value = value.replace(UNKNOWN, str(variables.get("PATH", "")))
                folders = (self._state.place().path(each) if each[:1] != "/" else each for each in value.split(":"))
                value = ":".join(folders)
            variables[name] = value

    def miss(self, target: str, depth: int) -> None:
        """Pass over a target without a rule: nothing runs for it."""

    def begin(self, made: Made) -> None:
        """Wait for the recipe."""

    def need(self, made: Made, target: str, make: Callable[[], None], holds: bool | None) -> None:  # noqa: FBT001
        """Judge what a target needs, unless a condition leaves it out."""
        del made, target
        if holds is not False:
            with self._runner.in_doubt(holds is None):
                make()

    def recipe(self, made: Made) -> None:
        """Judge a recipe; that of a file which is there runs only if something newer is needed for it."""
        place = self._state.place()
        inside = place.inside(place.path(made.target))
        there = made.target not in self._phony and bool(inside) and inside in self._state.facts.files
        with self._runner.in_doubt(there):
            self._lines(made)

    def _lines(self, made: Made) -> None:
        sure: list[tuple[int, str]] = []
        path = ""
        for line, holds, text in made.lines():
            self._left -= 1
            if self._left < 0 or holds is False:
                continue
            if holds is None:
                with self._runner.in_doubt():
                    self._run(line.path, [(line.number, text)], made.target)
                continue
            if path not in {"", line.path}:
                self._run(path, sure, made.target)
                sure = []
            path = line.path
            sure.append((line.number, text))
        self._run(path, sure, made.target)

    def _run(self, path: str, lines: list[tuple[int, str]], target: str) -> None:
        if lines:
            name = self._reading.name(path)
            run_lines(self._runner, self._state, name, lines, f"make {target}", together=self._together)
