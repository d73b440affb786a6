"""`make TARGET`: the recipe of the target and of what it needs."""

from __future__ import annotations

from conductor.guard.judge.ledger import Source
from conductor.guard.judge.project.recipes import run_lines
from conductor.guard.judge.project.scripts import Opened
from conductor.guard.judge.state import State
from conductor.guard.judge.task_files import MAKEFILES
from conductor.programs.options import Parsed
from conductor.recipes import UNKNOWN
from conductor.recipes.makefile import Line, Makefile, Rule, read_makefile
from conductor.shell.expand import UNKNOWN as _SHELLS_UNKNOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from conductor.guard.judge.walker import Walker

assert UNKNOWN == _SHELLS_UNKNOWN  # noqa: S101 - one mark in both rooms

DEEPEST = 40
MOST_LINES = 400


def run_make(runner: Walker, state: State, parsed: Parsed, texts: list[str]) -> None:
    """Judge a call of make; `texts` are makefiles that it gets as text (`--eval`, its input)."""
    inner = state.copy()
    for folder in parsed.values("-C", "--directory"):
        if UNKNOWN in folder:
            return
        inner.cwd = inner.place().path(folder)
    words = parsed.words
    given = {name: value for word in words for name, equals, value in (word.partition("="),) if equals}
    from_shell = {name: str(inner.variables[name]) for name in inner.variables if name in inner.given}
    targets = [word for word in words if "=" not in word]
    names = tuple(parsed.values("-f", "--file", "--makefile")[:1]) or MAKEFILES
    reading = _Reading(runner, inner, texts)
    inner.functions, inner.aliases, inner.arguments = {}, {}, []
    inner.variables.update({f"{name}": value for name, value in given.items() if name != "PATH"})
    with Opened(runner, Source("the makefile"), inner):
        makefile = read_makefile(reading.read, ("\0",) if texts else names, {**from_shell, **given})
        if makefile is None:
            return
        making = _Making(runner, inner, makefile, reading)
        for target in targets or [makefile.default or ""]:
            making.make(target, 0)
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


class _Making:
    """One call of make: each target is made once."""

    def __init__(self, runner: Walker, state: State, makefile: Makefile, reading: _Reading) -> None:
        self._runner, self._state, self._makefile, self._reading = runner, state, makefile, reading
        self._made: set[str] = set()
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

    def make(self, target: str, depth: int) -> None:
        """Judge what making the target runs."""
        found = self._makefile.find(target)
        if found is None or target in self._made or depth > DEEPEST or UNKNOWN in target:
            return
        self._made.add(target)
        rule, stem = found
        own = self._makefile.rules.get(target, rule)
        needs = [*rule.needs, *(own.needs if own is not rule else ())]
        for need in needs:
            self._need(need, stem, depth)
        place = self._state.place()
        inside = place.inside(place.path(target))
        there = target not in self._phony and bool(inside) and inside in self._state.facts.files
        with self._runner.in_doubt(there):  # it is made only if something newer is needed for it
            self._recipe(target, rule, stem, [need.text.replace("%", stem) for need in needs])

    def _need(self, need: Line, stem: str, depth: int) -> None:
        holds = self._makefile.holds(need.conditions)
        if holds is False:
            return
        with self._runner.in_doubt(holds is None):
            self.make(need.text.replace("%", stem), depth + 1)

    def _recipe(self, target: str, rule: Rule, stem: str, needs: list[str]) -> None:
        automatic = {
            "@": target, "<": (needs or [""])[0], "^": " ".join(needs), "+": " ".join(needs), "?": " ".join(needs),
            "*": stem, "@D": target.rpartition("/")[0] or ".", "@F": target.rpartition("/")[2],
            "MAKEFILE_LIST": " ".join(self._makefile.paths), "MAKECMDGOALS": target,
        }  # fmt: skip
        sure: list[tuple[int, str]] = []
        path = ""
        for line in rule.recipe:
            holds = self._makefile.holds(line.conditions)
            self._left -= 1
            if holds is False or self._left < 0:
                continue
            text = self._makefile.expand(line.text, automatic, rule)
            text = "\n".join(each.strip().lstrip("@-+") for each in text.split("\n"))
            if holds is None:
                with self._runner.in_doubt():
                    self._run(line.path, [(line.number, text)], target)
                continue
            if path not in {"", line.path}:
                self._run(path, sure, target)
                sure = []
            path = line.path
            sure.append((line.number, text))
        self._run(path, sure, target)

    def _run(self, path: str, lines: list[tuple[int, str]], target: str) -> None:
        if lines:
            name = self._reading.name(path)
            run_lines(self._runner, self._state, name, lines, f"make {target}", together=self._together)
