"""`just RECIPE`: the recipe with what it depends on."""

from __future__ import annotations

from conductor.guard.judge.ledger import Source
from conductor.guard.judge.project.recipes import run_lines
from conductor.guard.judge.project.scripts import Opened, language_of
from conductor.guard.judge.state import State
from conductor.guard.judge.task_files import JUSTFILES
from conductor.programs.options import Parsed
from conductor.recipes.justfile import Justfile, Recipe, read_justfile
from conductor.shell.expand import UNKNOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from conductor.guard.judge.walker import Walker

DEEPEST = 20


def run_just(runner: Walker, state: State, parsed: Parsed) -> None:
    """Judge a call of just."""
    inner = state.copy()
    named = parsed.value("-f", "--justfile")
    words = parsed.after()
    given = {}
    while words and "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        given[name] = value

    def read(name: str) -> str | None:
        written = inner.files.get(inner.place().path(name))
        return written.text if written is not None else runner.read_project(name, inner)

    found = read_justfile(read, (named,) if named else JUSTFILES)
    while found is None and not named and inner.cwd != inner.facts.project and inner.place().inside(inner.cwd):
        inner.cwd = inner.cwd.rpartition("/")[0]
        found = read_justfile(read, JUSTFILES)
    if found is None:
        return
    place = inner.place()
    source = Source(place.inside(place.path(found.paths[0])) or found.paths[0])
    folder = parsed.value("-d", "--working-directory")
    if folder or (named and "/" in named):
        inner.cwd = place.path(folder or str(named).rpartition("/")[0])
    inner.functions, inner.aliases, inner.arguments = {}, {}, []
    found.variables.update({name: f"'{value}'" for name, value in given.items()})
    for name in found.exported:
        inner.variables[name] = found.value(name, {})
    with Opened(runner, source, inner):
        running = _Running(runner, inner, found)
        words = words or [found.default]
        while words:
            recipe = found.find(words.pop(0))
            if recipe is None:
                break
            words = running.run_with(recipe, words)
        runner.walk.status = None


class _Running:
    """One call of just: a recipe with the same words runs once."""

    def __init__(self, runner: Walker, state: State, found: Justfile) -> None:
        self._runner, self._state, self._found = runner, state, found
        self._ran: set[tuple[str, ...]] = set()

    def run_with(self, recipe: Recipe, words: list[str], depth: int = 0) -> list[str]:
        """Run a recipe with the words that it takes; return those that are left."""
        values: dict[str, str] = {}
        taken: list[str] = []
        for parameter in recipe.parameters:
            if parameter.many:
                taken, words = [*taken, *words], []
                many = " ".join(taken[len(values) :])
                values[parameter.name] = many or self._default(parameter.default, values)
            elif words:
                taken.append(words[0])
                values[parameter.name], words = words[0], words[1:]
            else:
                values[parameter.name] = self._default(parameter.default, values)
        key = (recipe.name, *values.values())
        if key in self._ran or depth > DEEPEST:
            return words
        self._ran.add(key)
        self._needs(recipe.needs, values, depth)
        self._body(recipe, values)
        self._needs(recipe.later, values, depth)
        return words

    def _default(self, expression: str | None, values: dict[str, str]) -> str:
        return "" if expression is None else self._found.value(expression, values)

    def _needs(self, needs: list[list[str]], values: dict[str, str], depth: int) -> None:
        for name, *expressions in needs:
            recipe = self._found.find(name)
            if recipe is not None:
                self.run_with(recipe, [self._found.value(each, values) for each in expressions], depth + 1)

    def _body(self, recipe: Recipe, values: dict[str, str]) -> None:
        lines = [(number, self._found.expand(text, values)) for number, text in recipe.body]
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
