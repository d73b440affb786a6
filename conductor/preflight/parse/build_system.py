"""How a Python project is built: its backend, what the build needs, and what its setup.py imports."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

from conductor.preflight.parse.requirements import normalise, parse_requirement

SETUPTOOLS = "setuptools"


@dataclass(frozen=True, slots=True)
class BuildSystem:
    """`backend` is its top-level module; `requires` the distributions that the build asks for, by normalised name."""

    backend: str
    requires: frozenset[str]


def read_build_system(pyproject: str | None) -> BuildSystem | None:
    """Return the build system of a project; without a table it is setuptools (PEP 517). None for a broken file."""
    import tomllib

    try:
        document: dict[str, Any] = tomllib.loads(pyproject or "")
    except (tomllib.TOMLDecodeError, RecursionError):
        return None
    table = document.get("build-system")
    if not isinstance(table, dict):
        return BuildSystem(SETUPTOOLS, frozenset({SETUPTOOLS}))
    if "backend-path" in table:
        return None  # a backend of its own, inside the project
    backend = str(table.get("build-backend", SETUPTOOLS)).partition(":")[0].partition(".")[0]
    asked = [parse_requirement(str(text)) for text in table.get("requires") or ()]
    return BuildSystem(backend, frozenset(normalise(one.name) for one in asked if one is not None and one.name))


def toml_problem(text: str) -> str | None:
    """Return why a text is no TOML, None where it is."""
    import tomllib

    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return str(error)
    except RecursionError:
        return None
    return None


def imported_first(setup_py: str) -> dict[str, int]:
    """Return the top-level modules that a setup.py certainly imports when it is run, each with its line."""
    try:
        tree = ast.parse(setup_py)
    except (SyntaxError, ValueError, RecursionError):
        return {}
    found: dict[str, int] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                found.setdefault(alias.name.partition(".")[0], statement.lineno)
        elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
            found.setdefault(statement.module.partition(".")[0], statement.lineno)
    return found
