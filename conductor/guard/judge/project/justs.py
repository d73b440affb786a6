"""`just RECIPE`: the recipe with what it depends on."""

from __future__ import annotations

from conductor.guard.judge.ledger import Source
from conductor.guard.judge.project.recipes import run_lines
from conductor.guard.judge.project.scripts import Opened, language_of
from conductor.guard.judge.state import State
from conductor.recipes import JUSTFILES, folders_up
from conductor.recipes.justfile import Justfile, Recipe, read_justfile
from conductor.recipes.serving import Serving
from conductor.shell.expand import UNKNOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from conductor.guard.judge.walker import Walker
    from conductor.recipes.calls import JustCall


def run_just(runner: Walker, state: State, call: JustCall) -> None:
    """Judge a call of just."""
    inner = state.copy()
    found = _find(runner, inner, call.file)
    if found is None:
        return
    place = inner.place()
    source = Source(place.inside(place.path(found.paths[0])) or found.paths[0])
    folder = call.folder
    if folder or (call.file and "/" in call.file):
        inner.cwd = place.path(folder or str(call.file).rpartition("/")[0])
    inner.functions, inner.aliases, inner.arguments = {}, {}, []
    found.variables.update({name: f"'{value}'" for name, value in call.variables.items()})
    for name in found.exported:
        inner.variables[name] = found.value(name, {})
    with Opened(runner, source, inner):
        Serving(found, _Judging(runner, inner)).run(call.words)
        runner.walk.status = None


def _find(runner: Walker, state: State, named: str | None) -> Justfile | None:
    """Return the named justfile, else the nearest one; the state goes to its folder."""

    def read(name: str) -> str | None:
        written = state.files.get(state.place().path(name))
        return written.text if written is not None else runner.read_project(name, state)

    if named:
        return read_justfile(read, (named,))
    for folder in folders_up(state.cwd, state.facts.project):
        state.cwd = folder
        found = read_justfile(read, JUSTFILES)
        if found is not None:
            return found
    return None


class _Judging:
    """Judges the recipes of one call of just."""

    def __init__(self, runner: Walker, state: State) -> None:
        self._runner, self._state = runner, state

    def miss(self, name: str) -> None:
        """Pass over what is no recipe: nothing runs for it."""

    def begin(self, recipe: Recipe) -> None:
        """Wait for the recipe's lines."""

    def body(self, recipe: Recipe, lines: list[tuple[int, str]]) -> None:
        """Judge the lines of a recipe, each in a shell of its own, or the script that they are."""
        if not lines:
            return
        place = self._state.place()
        name = place.inside(place.path(recipe.path)) or recipe.path
        trail = f"just {recipe.name}"
        if not lines[0][1].startswith("#!"):
            plain = [(number, text.lstrip("@-")) for number, text in lines]
            run_lines(self._runner, self._state, name, plain, trail)
            return
        text = "\n".join(text for _, text in lines)
        language = language_of("", text)
        if language == "sh":
            run_lines(self._runner, self._state, name, lines[1:], trail, together=True)
        elif language == "python":
            from conductor.guard.judge.project.programs import run_python

            indent = min((len(text) - len(text.lstrip()) for _, text in lines[1:] if text.strip()), default=0)
            code = "\n" * (lines[0][0]) + "\n".join(text[indent:] for _, text in lines[1:])
            run_python(self._runner, self._state.copy(), code.replace(UNKNOWN, ""), [], "python3")
