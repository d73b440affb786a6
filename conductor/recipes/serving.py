"""Go through what one call of just runs: each recipe with the words that it takes, what it needs before and after it.

Source: the just manual, "Recipe Parameters", "Dependencies", "Running Recipes at the End of a Recipe".
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from conductor.recipes.justfile import Justfile, Recipe

    class Server(Protocol):
        """Who looks at what is run."""

        def miss(self, name: str) -> None:
            """See a name that no recipe has."""

        def begin(self, recipe: Recipe) -> None:
            """See a recipe before what it needs."""

        def body(self, recipe: Recipe, lines: list[tuple[int, str]]) -> None:
            """See a recipe's lines, with their numbers and with everything put in that is known."""


DEEPEST = 20


class Serving:
    """One call of just: a recipe with the same words runs once."""

    def __init__(self, found: Justfile, server: Server) -> None:
        self._found, self._server = found, server
        self._ran: set[tuple[str, ...]] = set()

    def run(self, words: list[str]) -> None:
        """Run the recipes that the words name, the default one where they name none."""
        words = words or [self._found.default]
        while words:
            recipe = self._found.find(words[0])
            if recipe is None:
                self._server.miss(words[0])
                return
            words = self._run(recipe, words[1:], 0)

    def _run(self, recipe: Recipe, words: list[str], depth: int) -> list[str]:
        """Run a recipe with the words that it takes; return those that are left."""
        values, words = self._bind(recipe, words)
        key = (recipe.name, *values.values())
        if key in self._ran or depth > DEEPEST:
            return words
        self._ran.add(key)
        self._server.begin(recipe)
        self._needs(recipe.needs, values, depth)
        self._server.body(recipe, [(number, self._found.expand(text, values)) for number, text in recipe.body])
        self._needs(recipe.later, values, depth)
        return words

    def _bind(self, recipe: Recipe, words: list[str]) -> tuple[dict[str, str], list[str]]:
        """Return the values of a recipe's parameters, and the words that are left."""
        values: dict[str, str] = {}
        for parameter in recipe.parameters:
            if parameter.many and words:
                values[parameter.name], words = " ".join(words), []
            elif words:
                values[parameter.name], words = words[0], words[1:]
            else:
                default = parameter.default
                values[parameter.name] = "" if default is None else self._found.value(default, values)
        return values, words

    def _needs(self, needs: list[list[str]], values: dict[str, str], depth: int) -> None:
        for name, *expressions in needs:
            recipe = self._found.find(name)
            if recipe is None:
                self._server.miss(name)
            else:
                self._run(recipe, [self._found.value(each, values) for each in expressions], depth + 1)
