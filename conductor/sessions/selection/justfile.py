"""`just RECIPE`: recipes with what they depend on and the variables in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conductor.programs import known
from conductor.programs.wrapping import is_assignment
from conductor.recipes import UNKNOWN
from conductor.recipes.justfile import Justfile, Recipe, read_justfile
from conductor.sessions.selection.pieces import Piece
from conductor.sessions.selection.trees import join, text_of

if TYPE_CHECKING:
    from conductor.sessions.selection.follower import Follower

_NAMES = ("justfile", "Justfile", ".justfile", "JUSTFILE")
_INSIDE = re.compile(r"\{\{\s*(.*?)\s*\}\}")
_NAME = re.compile(r"[A-Za-z_][\w-]*")


def follow_just(follower: Follower, args: list[str], folder: str, depth: int) -> None:
    """Follow a call of just in that folder."""
    given = known("just").parse(args)
    named = given.value("-f", "--justfile")

    def read(name: str) -> str | None:
        path = join(folder, name) if UNKNOWN not in name else None
        content = follower.tree.read(path) if path else None
        return None if content is None else text_of(content)

    found = read_justfile(read, (named,) if named else _NAMES)
    if found is None or not found.recipes:
        follower.trace.leave(f"just ({named or 'a justfile'} is not there)")
        return
    words = [word for word in given.words if not is_assignment(word)]
    moved = given.value("-d", "--working-directory")
    inside = join(folder, moved) or folder if moved else folder
    _Running(follower, found, folder, inside).take(words[0] if words else found.default, depth)


class _Running:
    """One call of just: each recipe is taken once; `folder` is where the justfile is, `inside` where its lines run."""

    def __init__(self, follower: Follower, found: Justfile, folder: str, inside: str) -> None:
        self._follower, self._found, self._folder, self._inside = follower, found, folder, inside
        self._taken: set[str] = set()

    def take(self, name: str, depth: int) -> None:
        """Take a recipe in, and follow it and what it needs."""
        recipe = self._found.find(name)
        if recipe is None or recipe.name in self._taken:
            if recipe is None:
                self._follower.trace.leave(f"just {name.replace(UNKNOWN, '…')} (no recipe of it is seen)")
            return
        self._taken.add(recipe.name)
        path = join(self._folder, recipe.path) or recipe.path
        self._follower.trace.add(Piece(f"the recipe of just {recipe.name}", path, _text_of(self._found, recipe)))
        for needed, *_ in (*recipe.needs, *recipe.later):
            self.take(needed, depth + 1)
        values = {parameter.name: UNKNOWN for parameter in recipe.parameters}
        for line in _lines(recipe):
            self._follower.text(self._found.expand(line, values), self._inside, depth + 1)


def _lines(recipe: Recipe) -> list[str]:
    """Return the texts that a shell runs: each line of its own, or the whole of a script for a shell."""
    lines = [text for _, text in recipe.body]
    if not lines or not lines[0].startswith("#!"):
        return [line.lstrip("@-") for line in lines]
    return ["\n".join(lines[1:])] if re.search(r"\b\w*sh\b", lines[0]) else []


def _text_of(found: Justfile, recipe: Recipe) -> str:
    """Return everything that says what a recipe does: its lines, the settings, and the variables in them."""
    lines = [*(" ".join(line.split()) for line in (recipe.header, *found.settings))]
    lines += [" ".join(text.strip().lstrip("@").split()) for _, text in recipe.body]
    waiting, seen = [" ".join(_INSIDE.findall("\n".join(lines)))], set()
    while waiting:
        for name in _NAME.findall(waiting.pop()):
            if name in found.variables and name not in seen:
                seen.add(name)
                lines.append(f"{name} := {found.variables[name]}")
                waiting.append(found.variables[name])
    return "\n".join(lines)
