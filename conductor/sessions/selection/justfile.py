"""`just RECIPE`: recipes with what they depend on and the variables in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conductor.recipes import JUSTFILES, folders_up
from conductor.recipes.calls import JustCall
from conductor.recipes.justfile import Justfile, Recipe, read_justfile
from conductor.recipes.serving import Serving
from conductor.sessions.selection.pieces import Piece
from conductor.sessions.selection.places import ROOT, below, short
from conductor.sessions.selection.trees import join

if TYPE_CHECKING:
    from conductor.sessions.selection.follower import Follower
    from conductor.shell.calls import Call
    from conductor.shell.state import State

_INSIDE = re.compile(r"\{\{\s*(.*?)\s*\}\}")
_NAME = re.compile(r"[A-Za-z_][\w-]*")


def follow(follower: Follower, name: str, argv: list[str], call: Call, state: State) -> bool:
    """Follow a call of just; tell whether it is one."""
    if name != "just":
        return False
    given, inner = JustCall(argv[1:]), state.copy()
    found = _find(follower, inner, given.file)
    if found is None or not found.recipes:
        follower.trace.leave(f"just ({given.file or 'a justfile'} is not there)")
        return True
    found.variables.update({variable: f"'{value}'" for variable, value in given.variables.items()})
    folder = follower.folder(inner)
    inside = given.folder or (given.file or "").rpartition("/")[0]
    if inside and below(inner.path(inside)) is not None:
        inner.change_folder(inner.path(inside))
    Serving(found, _Noting(follower, found, call, inner, folder)).run(given.words)
    return True


def _find(follower: Follower, state: State, named: str | None) -> Justfile | None:
    """Return the named justfile, else the nearest one; the state goes to its folder."""

    def read(name: str) -> str | None:
        return follower.read_text(name, state)

    for folder in [state.cwd] if named else folders_up(state.cwd, ROOT):
        state.change_folder(folder)
        found = read_justfile(read, (named,) if named else JUSTFILES)
        if found is not None:
            return found
    return None


class _Noting:
    """Notes the recipes of one call of just, and follows them; `folder` is where the justfile is looked for."""

    def __init__(self, follower: Follower, found: Justfile, call: Call, state: State, folder: str) -> None:
        self._follower, self._found, self._call, self._state, self._folder = follower, found, call, state, folder

    def miss(self, name: str) -> None:
        """Note a name that no recipe has."""
        self._follower.trace.leave(f"just {short(name)} (no recipe of it is seen)")

    def begin(self, recipe: Recipe) -> None:
        """Take a recipe in."""
        path = join(self._folder, recipe.path) or recipe.path
        self._follower.trace.add(Piece(f"the recipe of just {recipe.name}", path, _text_of(self._found, recipe)))

    def body(self, recipe: Recipe, lines: list[tuple[int, str]]) -> None:
        """Follow what a shell runs of a recipe: each line of its own, or the whole of a script for a shell."""
        texts = [text for _, text in lines]
        if texts and texts[0].startswith("#!"):
            texts = ["\n".join(texts[1:])] if re.search(r"\b\w*sh\b", texts[0]) else []
        for text in texts:
            self._follower.text(f"just {recipe.name}: {text}", text.lstrip("@-"), self._call, self._state)


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
