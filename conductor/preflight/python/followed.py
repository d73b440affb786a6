"""What following a start found: the files that run, what they import from elsewhere, and what ends them."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from conductor.preflight.python.opened import Use

Kind = Literal["module", "name", "relative", "syntax", "attribute", "main", "file"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that ends the start: where (context path and line; None for the command itself) and what is wrong.

    `module` is what cannot be imported; `sure` is false where a package that nobody listed may bring it. `unless` is a
    variable that the container's settings may give another value; `install` what pip is asked for, where it is not the
    module's distribution.
    """

    kind: Kind
    module: str
    why: str
    path: str | None = None
    line: int = 1
    sure: bool = True
    unless: str = ""
    install: str = ""


@dataclass(slots=True)
class Followed:
    """What was found: the local files that run, what they import from elsewhere, and the problems.

    `files` are context path → (tree, path in the image, whether it is the started program).
    """

    files: dict[str, tuple[ast.Module, str, bool]] = field(default_factory=dict)
    broken: dict[str, SyntaxError] = field(default_factory=dict)
    elsewhere: list[tuple[str, str, int]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    # The start begins with something that nobody can read.
    unknown: bool = False
