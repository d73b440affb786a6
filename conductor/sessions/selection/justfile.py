"""`just RECIPE`: recipes with what they depend on and the variables in them.

Source: the just manual, "Recipes", "Dependencies", "Imports".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from conductor.programs import known
from conductor.programs.wrapping import is_assignment
from conductor.sessions.selection.pieces import Piece
from conductor.sessions.selection.trees import Tree, join, text_of
from conductor.shell.expand import UNKNOWN

if TYPE_CHECKING:
    from conductor.sessions.selection.follow import Follower

_NAMES = ("justfile", "Justfile", ".justfile", "JUSTFILE")
_HEADER = re.compile(r"@?(?P<name>[A-Za-z_][\w-]*)(?P<parameters>[^:]*?):(?!=)(?P<needs>.*)")
_ASSIGNMENT = re.compile(r"(?:export\s+)?(?P<name>[A-Za-z_][\w-]*)\s*:=\s*(?P<value>.*)")
_ALIAS = re.compile(r"alias\s+(?P<name>[\w-]+)\s*:=\s*(?P<target>[\w-]+)")
_IMPORT = re.compile(r"import\??\s+['\"](?P<path>[^'\"]+)['\"]")
_INSIDE = re.compile(r"\{\{\s*(.*?)\s*\}\}")
_LITERAL = re.compile(r"(['\"])([^'\"]*)\1")
_CALL = re.compile(r"\(\s*([\w-]+)[^)]*\)")  # a dependency with arguments
_NAME = re.compile(r"[A-Za-z_][\w-]*")


@dataclass
class _Recipe:
    path: str
    header: str
    needs: list[str]
    body: list[str] = field(default_factory=list)


@dataclass
class _Justfile:
    recipes: dict[str, _Recipe] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    settings: list[str] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)
    paths: set[str] = field(default_factory=set)


def follow_just(follower: Follower, args: list[str], folder: str, depth: int) -> None:
    """Follow a call of just in that folder."""
    given = known("just").parse(args)
    named = given.value("-f", "--justfile")
    found = _Justfile()
    for name in (named,) if named else _NAMES:
        path = join(folder, name) if UNKNOWN not in name else None
        if path and follower.tree.read(path) is not None:
            _read(follower.tree, path, found)
            break
    if not found.recipes:
        follower.trace.leave(f"just ({named or 'a justfile'} is not there)")
        return
    words = [word for word in given.words if not is_assignment(word)]
    wanted = words[0] if words else ("default" if "default" in found.recipes else next(iter(found.recipes)))
    moved = given.value("-d", "--working-directory")
    _take(follower, found, wanted, join(folder, moved) or folder if moved else folder, depth, set())


def _take(follower: Follower, found: _Justfile, name: str, folder: str, depth: int, taken: set[str]) -> None:
    name = found.aliases.get(name, name)
    recipe = found.recipes.get(name)
    if recipe is None or name in taken:
        if recipe is None:
            follower.trace.leave(f"just {name.replace(UNKNOWN, '…')} (no recipe of it is seen)")
        return
    taken.add(name)
    follower.trace.add(Piece(f"the recipe of just {name}", recipe.path, _text_of(found, recipe)))
    for needed in recipe.needs:
        _take(follower, found, needed, folder, depth + 1, taken)
    lines = [line.lstrip("@-") for line in recipe.body]
    if recipe.body and recipe.body[0].startswith("#!"):
        lines = ["\n".join(recipe.body[1:])] if re.search(r"\b\w*sh\b", recipe.body[0]) else []
    for line in lines:
        follower.text(_INSIDE.sub(lambda match: _value(found, match[1]), line), folder, depth + 1)


def _text_of(found: _Justfile, recipe: _Recipe) -> str:
    lines = [recipe.header, *found.settings, *(" ".join(line.lstrip("@").split()) for line in recipe.body)]
    waiting, seen = [" ".join(_INSIDE.findall("\n".join(lines)))], set()
    while waiting:
        for name in _NAME.findall(waiting.pop()):
            if name in found.variables and name not in seen:
                seen.add(name)
                lines.append(f"{name} := {found.variables[name]}")
                waiting.append(found.variables[name])
    return "\n".join(lines)


def _value(found: _Justfile, expression: str) -> str:
    value = found.variables.get(expression, expression)
    literal = _LITERAL.fullmatch(value.strip())
    return literal[2] if literal else UNKNOWN


def _read(tree: Tree, path: str, found: _Justfile) -> None:
    if path in found.paths:
        return
    found.paths.add(path)
    current: _Recipe | None = None
    for line in text_of(tree.read(path)).split("\n"):
        if line[:1] in {" ", "\t"} and current is not None:
            if line.strip() and not (line.strip().startswith("#") and not line.strip().startswith("#!")):
                current.body.append(line.strip())
            continue
        current = current if not line.strip() else _statement(tree, path, line, found)


def _statement(tree: Tree, path: str, line: str, found: _Justfile) -> _Recipe | None:
    """Take a line that begins at the margin in; return the recipe that it opens, None for what opens none."""
    if match := _ALIAS.match(line):
        found.aliases[match["name"]] = match["target"]
    elif match := _IMPORT.match(line):
        inner = join(path.rpartition("/")[0], match["path"])
        if inner:
            _read(tree, inner, found)
    elif line.startswith("set "):
        found.settings.append(" ".join(line.split()))
    elif match := _ASSIGNMENT.match(line):
        found.variables[match["name"]] = match["value"].strip()
    elif match := _HEADER.match(line):
        needs = [word for word in _CALL.sub(r"\1", match["needs"]).split() if _NAME.fullmatch(word)]
        recipe = _Recipe(path, " ".join(line.split()), needs)
        found.recipes.setdefault(match["name"], recipe)
        return recipe
    return None
