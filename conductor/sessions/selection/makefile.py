"""What of a makefile says what making a target does: its rule, and every variable that its lines name."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from typing import TYPE_CHECKING

from conductor.recipes import MAKEFILES
from conductor.recipes.makefile import Line, Makefile, read_makefile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conductor.recipes.making import Made
    from conductor.sessions.selection.follower import Follower
    from conductor.shell.state import State

_STANDING = {"PWD": "."}  # of the shell that make was called from
# What changes how every recipe is run.
_SPECIAL = (".ONESHELL", ".IGNORE", ".POSIX", ".SECONDEXPANSION", ".RECIPEPREFIX", ".DEFAULT")
_ALWAYS = ("SHELL", ".SHELLFLAGS", "MAKEFLAGS", ".RECIPEPREFIX")
# Exported, these reach into what a recipe starts, whether it names them or not.
_REACHING = re.compile(r"PATH|PYTHONPATH|PYTEST_\w+|NODE_OPTIONS|\w*FLAGS|BASH_ENV|ENV")
_REFERENCE = re.compile(r"\$[({](?:call\s+|value\s+|origin\s+)?([A-Za-z0-9_.%-]+)")


def find_makefile(follower: Follower, state: State, name: str | None, given: dict[str, str]) -> Makefile | None:
    """Return the makefile that make reads in a folder (the named one, or the first of its default names)."""

    def read(path: str) -> str | None:
        return follower.read_text(path, state)

    def match(pattern: str) -> Iterable[str]:
        below, leaf = posixpath.split(pattern)
        where = follower.path(below or ".", state)
        if where is None or not any(letter in leaf for letter in "*?["):
            return (pattern,)
        return [posixpath.join(below, one) for one in follower.tree.names(where) if fnmatch.fnmatchcase(one, leaf)]

    return read_makefile(read, (name,) if name else MAKEFILES, {**_STANDING, **given}, match)


def text_of_rule(makefile: Makefile, made: Made) -> str:
    """Return everything that says what making the target does: needs, recipe, and the variables in them."""
    target, rule, needs = made.target, made.rule, [line for _, line in made.needs]
    lines = [f"needs {' '.join(line.text for line in needs)}"]
    lines += [_conditional(line, normal_line(line.text)) for line in rule.recipe]
    lines += [_conditional(line, line.text) for line in needs if line.conditions]
    lines += [f"own {name} {line.text}" for name, _, line in rule.own]
    waiting = [*lines, *(f"$({name})" for name in _ALWAYS)]
    waiting += [f"$({name})" for name, is_on in makefile.exported.items() if is_on and _REACHING.fullmatch(name)]
    seen: set[str] = set()
    while waiting:
        for name in _REFERENCE.findall(waiting.pop()):
            if name not in seen and name in makefile.definitions:
                seen.add(name)
                given = makefile.definitions[name]
                found = [f"{name} {operator} {_conditional(line, line.text)}" for operator, line in given]
                lines += found
                waiting += found
    return "\n".join([*lines, *(f"special {name}" for name in _SPECIAL if _reaches(makefile, name, target))])


def _reaches(makefile: Makefile, special: str, target: str) -> bool:
    """Tell whether a special target is there for all targets, or for this one."""
    rule = makefile.rules.get(special)
    return rule is not None and (not rule.needs or target in [line.text for line in rule.needs])


def _conditional(line: Line, text: str) -> str:
    """Return the text with the conditions it stands under, so that a new one is a change."""
    return f"{text} # {' & '.join(each.text for each in line.conditions)}" if line.conditions else text


def normal_line(line: str) -> str:
    """Return a recipe line without what only changes how it is shown."""
    stripped = line.strip()
    prefix = re.match(r"[@+-]*", stripped)
    marks = prefix[0] if prefix else ""
    return ("-" if "-" in marks else "") + " ".join(stripped[len(marks) :].split())
