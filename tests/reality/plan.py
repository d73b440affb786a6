"""Which projects are tried: plain ones, each with a twist or two that should change nothing, and each with one fault."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass

from tests.reality.faults import FAULTS
from tests.reality.project import Edit, Project
from tests.reality.shapes import make_project
from tests.reality.twists import TWISTS


@dataclass(frozen=True, slots=True)
class Case:
    """A project with its name; a mutant names its parent, its fault and the file that shows it (empty where none does)."""

    name: str
    project: Project
    twists: tuple[str, ...] = ()
    parent: str = ""
    fault: str = ""
    shows: str | None = None


def plan(seed: int, pairs: int) -> list[Case]:
    """Return so many projects that should work, each followed by a mutant of it; the seed decides everything.

    Of the edits that fit, one that was used least comes next, so that a short run sees as many kinds as it can.
    """
    used: Counter[str] = Counter()
    turn = {one.name: random.Random(f"{seed}:{one.name}") for one in TWISTS + FAULTS}
    cases: list[Case] = []
    for number in range(pairs):
        rng = random.Random(f"{seed}:{number}")
        project, twists = make_project(rng), list[str]()
        for _ in range(rng.choice((0, 1, 1, 2))):
            found = _next(project, TWISTS, used, turn, twists)
            if found:
                project = found[1]
                twists.append(found[0].name)
        name = f"{seed}-{number:03}"
        cases.append(Case(name + "-plain", project, tuple(twists)))
        mutant = _next(project, FAULTS, used, turn, [])
        if mutant:
            fault = mutant[0]
            cases.append(
                Case(f"{name}-{fault.name}", mutant[1], tuple(twists), name + "-plain", fault.name, fault.shows)
            )
    return cases


def _next(
    project: Project, edits: tuple[Edit, ...], used: Counter[str], turn: dict[str, random.Random], without: list[str]
) -> tuple[Edit, Project] | None:
    order = sorted(edits, key=lambda one: (used[one.name], turn[one.name].random()))
    for one in order:
        changed = None if one.name in without else one.apply(project)
        if changed is not None:
            used[one.name] += 1
            return one, changed
    return None
