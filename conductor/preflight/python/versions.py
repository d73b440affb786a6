"""Whether what is installed of a distribution is of some version: by its pin, or because nothing holds it back."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from conductor.preflight.environment.distributions import comes_with, needs_of
from conductor.preflight.environment.homes import user_site
from conductor.preflight.environment.python_effects import UPWARDS
from conductor.preflight.python.installed import why_more

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

    from conductor.preflight.environment.model import Distribution, Environment, Interpreter


class Holds(enum.Enum):
    """`YES` and `NO` can be proved; `LIKELY` unless something that is not seen holds the version back."""

    YES = "yes"
    LIKELY = "likely"
    NO = "no"
    UNKNOWN = "unknown"


def holds(
    wanted: SpecifierSet, name: str, environment: Environment, interpreter: Interpreter, *, through: str | None = None
) -> Holds:
    """Tell whether the version of a distribution (its normalised name) satisfies `wanted`.

    The newest version, which pip takes where nothing holds it back, is supposed to satisfy every wish that only
    bounds from below. `through` is a pinned distribution of which it is known that it does not hold it back.
    """
    own = _own(environment, interpreter)
    found = own.get(name)
    if found is not None and found.version is not None:
        return Holds.YES if wanted.contains(found.version, prereleases=True) else Holds.NO
    if any(one.operator not in UPWARDS for one in wanted) or why_more(environment, interpreter):
        return Holds.UNKNOWN
    if not (comes_with(name, interpreter.version) if found is None else not found.open):
        return _of_the_newest(name, own, through)
    return Holds.UNKNOWN


def _own(environment: Environment, interpreter: Interpreter) -> dict[str, Distribution]:
    """Return what is listed for a Python, by name."""
    keys = {interpreter.path}
    if interpreter.kind != "venv" or interpreter.sees_system:
        keys.add(user_site(environment))
    return {found.name: found for (path, _), found in environment.packages.items() if path in keys}


def _of_the_newest(name: str, own: dict[str, Distribution], through: str | None) -> Holds:
    """Tell whether the newest version of a distribution is there: nothing that is installed may hold it back."""
    bringing = [one for one in own.values() if one.name != name and _brings(one, name)]
    if name not in own and not bringing:
        return Holds.NO
    sure = all(one.open or one.name == through for one in bringing) and all(
        one.project is None and needs_of(one.name, ()) is not None for one in own.values()
    )
    return Holds.YES if sure else Holds.LIKELY


def _brings(package: Distribution, name: str) -> bool:
    """Tell whether a distribution requires another one, directly or through what it requires."""
    pending = [] if package.alone else list(needs_of(package.name, package.extras) or ())
    seen: set[tuple[str, tuple[str, ...]]] = set()
    while pending:
        each = pending.pop()
        if each in seen:
            continue
        if each[0] == name:
            return True
        seen.add(each)
        pending += needs_of(*each) or []
    return False
