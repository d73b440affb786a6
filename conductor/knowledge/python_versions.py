"""For which Pythons the versions of a package are published."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from conductor.knowledge.entries import Entry, entries


@dataclass(frozen=True, slots=True)
class Publication:
    """One version of a package: `needs` is its Requires-Python, `wheels` the first and last Python with a Linux wheel.

    `compiled`: where no wheel fits, a C compiler is needed. `only`: the system that all its files are for.
    """

    needs: str | None
    wheels: tuple[str, str] | None
    compiled: bool
    only: str | None

    def refuses(self, python: str) -> bool:
        """Tell whether Requires-Python leaves out this Python (`3.10`)."""
        try:
            return self.needs is not None and not SpecifierSet(self.needs).contains(f"{python}.99", prereleases=True)
        except InvalidSpecifier:
            return False

    def has_wheel(self, python: str) -> bool:
        """Tell whether a wheel fits this Python."""
        return self.wheels is not None and Version(self.wheels[0]) <= Version(python) <= Version(self.wheels[1])


@functools.cache
def _packages() -> dict[str, Entry]:
    return {str(entry["name"]): entry for entry in entries("python-versions")}


def publication(name: str, version: str | None = None) -> Publication | None:
    """Return what is known of a version of a package (of its newest one, without); None where nobody looked it up."""
    entry = _packages().get(name)
    if entry is None:
        return None
    try:
        asked = Version(version) if version is not None else None
    except InvalidVersion:
        return None
    rows = [row for row in entry["rows"] if asked is None or Version(row[0]) <= asked]
    needs, wheels = rows[-1][1:] if rows else (None, [])
    if not rows and not entry["only"]:
        return None
    found = (str(wheels[0]), str(wheels[1])) if wheels else None
    return Publication(needs, found, bool(entry["compiled"]), entry["only"])
